"""Commands on the loop: run, up, status, retry."""

import sys
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Literal

from copml.cli import EXIT_FAILED_TASKS
from copml.cli.output import note, progress, say, show_json, show_line, show_table
from copml.cli.place import HERE, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from copml.app import Workspace
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

    with progress(enabled=not place.json) as shown:
        if place.server is not None:
            with place.remote() as (client, project):
                steps = [_told(step, quiet=place.json) for step in client.run(project, part=part, progress=shown)]
                failed = client.failures(project) if part == "all" else []
        else:
            with place.opened() as (workspace, project):
                done = run_part(workspace.showing(shown), project, Part(part))
                steps = [_told(step, quiet=place.json) for step in done]
                failed = failures(workspace, project) if part == "all" else []
    if place.json:
        show_json(steps)
    elif failed:
        say(f"failed: {', '.join(task.key for task in failed)}; mend the cause, then `copml retry` and `copml run all`")
    elif not steps:
        say("nothing is due; `copml status` says what comes next")
    if failed or any(step.outcome == "failed" for step in steps):
        sys.exit(EXIT_FAILED_TASKS)


def up(
    *, seconds: float = 10.0, address: str = "127.0.0.1", port: int = 8470, api: bool = True, place: Place = HERE
) -> None:
    """Run every project of the workspace by its schedules, and its API, until interrupted.

    The first start makes an administrator, and prints how to sign in. With --json, every step of the loop is a line of
    JSON on standard output, and every request a line on standard error.

    Args:
        seconds: How often to look when nothing is due.
        address: Where the API listens; anything but this machine itself needs TLS in front.
        port: On which port.
        api: Whether there is an API; without one, only the loop runs.
    """
    from copml.app import up as keep_running

    with _until_stopped(), place.open() as workspace:
        if not workspace.projects():
            note("nothing to run: this workspace has no project yet; `copml apply` registers one, and `up` takes it up")
        with _served(workspace, address, port, lines=place.json) if api else nullcontext():
            for project, step in keep_running(workspace, seconds=seconds):
                if place.json:
                    show_line(_logged(project, step))
                else:
                    say(f"{project or 'all'}: {_words(step)}")


@contextmanager
def _until_stopped() -> "Iterator[None]":
    """Stop in good order when a supervisor or a terminal says so, even where whoever started this ignored that."""
    import signal

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _served(workspace: "Workspace", address: str, port: int, *, lines: bool) -> "Iterator[None]":
    """The API in a process of its own, while the loop runs in this one."""
    from copml.api import beside
    from copml.app import found_administrator

    first = found_administrator(workspace)
    url = f"http://{address}:{port}"
    if first is not None and first.invitation is not None:
        note(f"the first start made the administrator {first.account.name}; this invitation is shown once:")
        note(first.invitation)
        note(f"next: `copml login {url} --invitation`, and choose a password")
    note(f"the API listens on {url}/api/v1 (described at {url}/api/v1/schema)")
    with beside(workspace.folder, address=address, port=port, lines=lines):
        yield


def status(*, place: Place = HERE) -> None:
    """Show where a project stands: what is due, what waits for people, what failed."""
    from copml.app import status as where_it_stands

    found = place.ask(where_it_stands)
    if place.json:
        show_json(found)
        return
    show_table(
        f"{found.project} at {found.now:%Y-%m-%d %H:%M} UTC{found.mark}",
        ("what", "state"),
        [(item.what, item.state) for item in found.rows],
    )


def retry(*, place: Place = HERE) -> None:
    """Let failed tasks be tried again, after their cause was mended."""
    from copml.app import retry as try_again

    keys = place.ask(try_again)
    if place.json:
        show_json(keys)
    else:
        say(f"tasks that `copml run all` will try again: {', '.join(keys) or 'none failed'}")


def _told(step: "Step", *, quiet: bool) -> "Step":
    if not quiet:
        say(_words(step), "red" if step.outcome == "failed" else "")
    return step


def _logged(project: str, step: "Step") -> dict[str, object]:
    """A step as a line of a log."""
    from copml.clock import SystemClock

    failed = step.outcome == "failed"
    told = {"outcome": step.outcome, "task": step.key, "detail": step.detail}
    return {
        "at": SystemClock().now(),
        "level": "error" if failed else "info",
        "event": "step",
        "project": project,
        **told,
    }


def _words(step: "Step") -> str:
    return f"{step.outcome:8} {step.key}" + (f"  {step.detail.splitlines()[0]}" if step.detail else "")
