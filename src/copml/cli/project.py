"""Commands on the project file: init, validate, schema, plan, apply."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from copml.cli.adopt import show_first_check
from copml.cli.output import say, show_json, show_table
from copml.cli.place import HERE, NEW, NewPlace, Place

if TYPE_CHECKING:
    from copml.records import Revision
    from copml.spec import Difference

FILE = Path("copml.yaml")


def init(name: str, *, from_: Annotated[Path | None, Parameter(name="--from")] = None, folder: Path = Path()) -> None:
    """Write a new project: a runnable skeleton, or one inferred from a table with its questions left open.

    Args:
        name: Name of the project, such as telco-churn; also the folder that is made.
        from_: A table, CSV or Parquet, to infer kind, types, checks, personal columns and likely proxies from.
        folder: Where the project's folder is made.
    """
    from copml.app import first_check, init_project

    files = init_project(folder, name, from_)
    for path in files:
        say(f"wrote {path}")
    where = folder / name
    if from_ is not None:
        show_first_check(name, first_check(files[0]))
    say(f"next: cd {where} && copml validate" + (", and answer the questions it lists" if from_ else " && copml apply"))


def validate(file: Path = FILE, *, population: int | None = None, place: Place = HERE) -> None:
    """Check a project file and the code it names; print the smallest effect that the control group can show.

    Args:
        file: The project file.
        population: How many entities the programme reaches; else what the workspace has seen.
    """
    from copml.app import validate as validate_file

    found = validate_file(file, population=population, workspace=place.workspace)
    if place.json:
        show_json(found)
    else:
        say(f"{file} is right: project {found.project}")
        say(found.words)
        for doubt in found.doubts:
            say(f"but {doubt}", "yellow")


def schema() -> None:
    """Print the JSON Schema of the project file, for editors."""
    from copml.spec import json_schema

    show_json(json_schema())


def plan(file: Path = FILE, *, place: NewPlace = NEW) -> None:
    """Show what applying a project file would change, and what of it weakens a requirement.

    Args:
        file: The project file.
    """
    number, changed = _planned_there(file, place) if place.server is not None else _planned_here(file, place)
    if place.json:
        show_json({"revision": number, "differences": changed})
    elif number is None:
        say(f"this would be the first revision of the project; next: {_apply(file)}")
    elif not changed:
        say(f"nothing would change against revision r{number}; next: copml run all")
    else:
        rows = [(item.path, item.before, item.after, item.why if item.weakens else "") for item in changed]
        show_table(f"against revision r{number}", ("what", "before", "after", "weakens"), rows)
        say(f"next: {_apply(file)}")
        if any(item.weakens for item in changed):
            say("then somebody else must approve it, because it weakens a requirement")


def _planned_here(file: Path, place: NewPlace) -> "tuple[int | None, tuple[Difference, ...]]":
    from copml.app import plan as plan_file
    from copml.app import read_project

    read_project(file)  # a file that is refused makes no workspace
    with place.create() as workspace:
        _, active, changed = plan_file(workspace, file)
    return active.number if active else None, changed


def _planned_there(file: Path, place: NewPlace) -> "tuple[int | None, tuple[Difference, ...]]":
    from copml.app import read_project

    with place.client() as client:
        found = client.plan_text(read_project(file).text)
    return found.revision, found.differences


def apply(file: Path = FILE, *, by: str | None = None, place: NewPlace = NEW) -> None:
    """Register a project file as an immutable revision; makes the workspace where there is none.

    Args:
        file: The project file.
        by: Who applies it; the login name unless given; on a server, whoever signed in.
    """
    if place.server is not None:
        from copml.app import read_project

        place.who(by)
        with place.client() as client:
            text = read_project(file).text
            before = client.plan_text(text).revision
            revision = client.apply_text(text, expected=before)
        is_known = before == revision.number
    else:
        revision, is_known = _apply_here(file, by, place)
    if place.json:
        show_json(revision)
    elif is_known:
        say(f"nothing to change: revision r{revision.number}, applied {revision.applied_at:%Y-%m-%d}, is in force")
        say("next: copml run all")
    else:
        _tell_applied(revision)


def _apply_here(file: Path, by: str | None, place: NewPlace) -> "tuple[Revision, bool]":
    """The revision that a file became, and whether it is the one that was in force before."""
    from copml.app import apply as apply_file
    from copml.app import plan as plan_file
    from copml.app import read_project

    read_project(file)  # a file that is refused makes no workspace
    with place.create() as workspace:
        _, before, _ = plan_file(workspace, file)
        who = place.who(by) if workspace.principal is None else workspace.principal.name
        revision = apply_file(workspace, file, by=who)
    return revision, before == revision


def _tell_applied(revision: "Revision") -> None:
    say(f"project {revision.project}: revision r{revision.number} is {revision.state}")
    for reason in revision.weakens:
        say(f"  weakens {reason}")
    if revision.state == "proposed":
        say(f"next: somebody else approves it: copml approve r{revision.number} --by … --reason …")
    else:
        say("next: copml run all")


def _apply(file: Path) -> str:
    return "copml apply" if file == FILE else f"copml apply {file}"
