"""Check the entries of a project file in children, before anything depends on them.

Invariant: every entry is tried in a child of its own, so that one that hangs or crashes hides no other; all problems
come at once. It says how copml calls each entry; which entries there are is for the caller.
"""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from copml.errors import CopmlError, EntriesInvalid
from copml.sandbox.client import run_child
from copml.sandbox.entries import load_entry
from copml.sandbox.limits import Limits

CHECK_LIMITS = Limits(seconds=60.0, memory_mb=2048)
CALLS: dict[str, tuple[str, ...]] = {"features": ("tables", "as_of"), "training": ("data", "params", "seed")}
"""The arguments of each kind of entry, given by position."""


def check_entries(root: Path, entries: Mapping[str, str], limits: Limits = CHECK_LIMITS) -> None:
    """Import each entry (kind of `CALLS` → `module:function`) and see that it can be called; output is kept on failure.

    Raises:
        EntryInvalid, CodeFailed, CodeTimedOut, …: what is wrong with the one that does not work.
        EntriesInvalid: when several do not.
    """
    logs = Path(tempfile.mkdtemp(prefix="copml-check-"))
    tried = [_problem(root, entry, CALLS[kind], limits, logs / f"{kind}.log") for kind, entry in entries.items()]
    problems = tuple(problem for problem in tried if problem is not None)
    if not problems:
        shutil.rmtree(logs)
        return
    raise problems[0] if len(problems) == 1 else EntriesInvalid(problems)


def try_entry(argument: tuple[str, list[str]]) -> None:
    """In the child: import the entry's module and check that the function can be called."""
    entry, parameters = argument
    load_entry(entry, Path.cwd(), tuple(parameters))


def _problem(root: Path, entry: str, parameters: tuple[str, ...], limits: Limits, log: Path) -> CopmlError | None:
    try:
        run_child(
            "copml.sandbox.checks:try_entry", [entry, list(parameters)], root=root, limits=limits, log=log, called=entry
        )
    except CopmlError as error:
        return error
    return None
