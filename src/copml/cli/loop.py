"""Commands on the loop: run, up, status, retry."""

import sys
from typing import TYPE_CHECKING, Literal

from copml.cli import EXIT_FAILED_TASKS
from copml.cli.output import note, progress, say, show_json, show_table
from copml.cli.place import HERE, Place

if TYPE_CHECKING:
    from copml.operations import Step


def run(
    part: Literal["ingest", "features", "train", "score", "monitor", "all"] = "all",
    *,
    place: Place = HERE,
) -> None:
    """Do what is due now, all of it or one part.

    Args:
        part: Which part of the loop.
    """
    from copml.app import Part, failures
    from copml.app import run as run_part

    with place.opened() as (workspace, project), progress(enabled=not place.json) as shown:
        steps = [_told(step, quiet=place.json) for step in run_part(workspace.showing(shown), project, Part(part))]
        failed = failures(workspace, project) if part == "all" else []
    if place.json:
        show_json(steps)
    elif failed:
        say(f"failed: {', '.join(task.key for task in failed)}; mend the cause, then `copml retry` and `copml run all`")
    elif not steps:
        say("nothing is due; `copml status` says what comes next")
    if failed or any(step.outcome == "failed" for step in steps):
        sys.exit(EXIT_FAILED_TASKS)


def up(*, seconds: float = 10.0, place: Place = HERE) -> None:
    """Run every project of the workspace by its schedules, until interrupted.

    Args:
        seconds: How often to look when nothing is due.
    """
    from copml.app import up as keep_running

    with place.open() as workspace:
        if not workspace.projects():
            note("nothing to run: this workspace has no project yet; `copml apply` registers one, and `up` takes it up")
        for project, step in keep_running(workspace, seconds=seconds):
            show_json({"project": project, "step": step}) if place.json else say(f"{project or 'all'}: {_words(step)}")


def status(*, place: Place = HERE) -> None:
    """Show where a project stands: what is due, what waits for people, what failed."""
    from copml.app import status as where_it_stands

    with place.opened() as (workspace, project):
        found = where_it_stands(workspace, project)
    if place.json:
        show_json(found)
        return
    show_table(f"{found.project} at {found.now:%Y-%m-%d %H:%M} UTC{found.mark}", ("what", "state"), found.rows)


def retry(*, place: Place = HERE) -> None:
    """Let failed tasks be tried again, after their cause was mended."""
    from copml.app import retry as try_again

    with place.opened() as (workspace, project):
        keys = try_again(workspace, project)
    if place.json:
        show_json(keys)
    else:
        say(f"tasks that `copml run all` will try again: {', '.join(keys) or 'none failed'}")


def _told(step: "Step", *, quiet: bool) -> "Step":
    if not quiet:
        say(_words(step), "red" if step.outcome == "failed" else "")
    return step


def _words(step: "Step") -> str:
    return f"{step.outcome:8} {step.key}" + (f"  {step.detail.splitlines()[0]}" if step.detail else "")
