"""Commands before there is a model: explore, trials, promote-notebook."""

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from copml.cli.output import note, progress, say, show_json, show_table, shown_path
from copml.cli.place import HERE, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from copml.app import Explored
    from copml.app.notebooks import PromotedNotebook
    from copml.records import Trial

STRONGEST_SHOWN = 10
DIFFERENT_SHOWN = 4


def explore(
    file: Path | None = None,
    *,
    table: str = "features",
    as_of: str | None = None,
    outcome: str | None = None,
    positive: str | None = None,
    time: str | None = None,
    entity: str | None = None,
    output: Path | None = None,
    place: Place = HERE,
) -> None:
    """Show what a table holds before anything is built on it: leaks, gaps, drift, what goes with the outcome.

    Args:
        file: A table: CSV, JSON lines or Parquet. Without it, a table of the project.
        table: Which table of the project: a source, or features, which come with their outcomes.
        as_of: Of the project's table, only what was known at this time.
        outcome: Of a file, the column to be predicted.
        positive: The value of the outcome that counts as the event; guessed where it has two, or by the project file.
        time: Of a file, the column that says when a row is of; a single column of times is taken unless given.
        entity: Of a file, the column that says whose rows they are.
        output: Write the whole exploration as one HTML page.
    """
    found = (
        _file(file, place, outcome, positive, time, entity)
        if file is not None
        else _project(table, as_of, positive, place)
    )
    written = found.page(output) if output is not None else None
    if place.json:
        shown = {field.name: getattr(found.found, field.name) for field in fields(found.found)}
        show_json(shown if written is None else {**shown, "page": written})
        return
    _tell(found)
    say(f"wrote {shown_path(written)}" if written is not None else "next: `--output PAGE.html` draws all of it")


def _file(
    file: Path, place: Place, outcome: str | None, positive: str | None, time: str | None, entity: str | None
) -> "Explored":
    from copml.app import explore_file
    from copml.exploration import Question

    asked = Question(name=file.name, outcome=outcome, positive=positive, time=time, entity=entity)
    with progress(enabled=not place.json) as shown:
        return explore_file(file, asked, shown)


def _project(table: str, as_of: str | None, positive: str | None, place: Place) -> "Explored":
    from copml.app import explore as explore_project

    with place.opened() as (workspace, project), progress(enabled=not place.json) as shown:
        return explore_project(workspace.showing(shown), project, table, as_of=as_of, positive=positive)


def _tell(explored: "Explored") -> None:
    from copml.reporting import headline_explored as headline

    found = explored.found
    for line in found.notes:
        note(line)
    say(f"{found.name}: {headline(found)}")
    say("")
    for number, item in enumerate(found.findings, start=1):
        say(f"{number}. {item.concern}: {item.text}")
    if not found.findings:
        say("nothing stands out")
    if found.associations:
        rows = [
            (item.column, f"{item.strength.value:.3f}", f"{item.strength.low:.3f} to {item.strength.high:.3f}")
            for item in found.associations[:STRONGEST_SHOWN]
        ]
        say("")
        show_table("how well a column alone tells the outcome (0.5: not)", ("column", "strength", "95 %"), rows)


def trials(*ids: str, place: Place = HERE) -> None:
    """List trials, what differs between them and what came out; with ids, set those side by side.

    Args:
        ids: Trials to compare, as the list names them.
    """
    from copml.app import trials as trials_of

    with place.opened() as (workspace, project):
        found = trials_of(workspace, project, *ids)
    if place.json:
        show_json(found)
    elif not found:
        say(f"{project} has no trials; `project.trial(…)` in a notebook logs one")
    elif ids:
        _compare(found)
    else:
        _list(project, found)


def _list(project: str, found: "Sequence[Trial]") -> None:
    from copml.reporting import with_interval

    differing = [
        name
        for name in dict.fromkeys(name for item in found for name in item.params)
        if len({repr(item.params.get(name)) for item in found}) > 1
    ]
    rows = [
        (
            item.id,
            f"{item.started_at:%Y-%m-%d}",
            item.state,
            ", ".join(f"{name}={item.params.get(name, '–')}" for name in differing[:DIFFERENT_SHOWN]) or "–",
            "; ".join(f"{name} {with_interval(seen)}" for name, seen in item.metrics.items()) or "–",
        )
        for item in found
    ]
    show_table(f"{project}: trials", ("trial", "started", "state", "differs in", "came out"), rows)
    say("next: `copml trials ID ID` sets trials side by side")


def _compare(found: "Sequence[Trial]") -> None:
    from copml.reporting import with_interval

    params = dict.fromkeys(name for item in found for name in item.params)
    metrics = dict.fromkeys(name for item in found for name in item.metrics)
    rows: list[tuple[object, ...]] = [
        ("from", *(f"{item.source}, {item.by}" for item in found)),
        ("started", *(f"{item.started_at:%Y-%m-%d %H:%M}" for item in found)),
        ("state", *(item.state for item in found)),
        ("seed", *("–" if item.seed is None else item.seed for item in found)),
        ("rows of", *(", ".join(f"{k} {v}" for k, v in item.snapshots.items()) or "–" for item in found)),
        *((name, *(item.params.get(name, "–") for item in found)) for name in params),
        *((name, *(with_interval(item.metrics.get(name)) for item in found)) for name in metrics),
        ("note", *(item.note or "–" for item in found)),
    ]
    show_table("side by side", ("", *(item.id for item in found)), rows)


def promote_notebook(
    notebook: Path,
    *,
    as_: Annotated[str, Parameter(name="--as")],
    root: Path = Path(),
    replace: bool = False,
    json: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Make a module of a notebook's tagged cells: copml:imports, copml:features, copml:train.

    Args:
        notebook: The notebook file.
        as_: The module and its training function, such as churn.model:train.
        root: The project's folder.
        replace: Write over a module that is there with another content.
        json: Print one JSON document.
    """
    from copml.app import promote_notebook as promote

    made = promote(notebook, as_, root=root, replace=replace)
    show_json(made) if json else _tell_made(made)


def _tell_made(made: "PromotedNotebook") -> None:
    told = "; ".join(f"{tag}: cell {', '.join(map(str, numbers))}" for tag, numbers in made.cells.items())
    say(f"wrote {made.module} ({told})")
    for item in made.changes:
        say(f"change line {item.line} of {item.file}:")
        say(f"  from: {item.before.strip()}")
        say(f"  to:   {item.after.strip()}")
    if not made.changes:
        keys = {"train": "training.entry", "build": "features"}
        say("name in the project file " + ", ".join(f"{keys[role]}: {entry}" for role, entry in made.entries.items()))
    say("next: copml validate")
