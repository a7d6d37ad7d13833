"""What performing a task needs, and what it hands back.

Invariant: performing writes files and lake tables only, each idempotently; what it hands back is kept in one
transaction by `operations.commit`.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from copml.errors import ProjectFolderMissing
from copml.keys import Keys
from copml.records import Record, Revision
from copml.store import Blobs, Lake, State

Progress = Callable[[str, int, int | None], None]
"""Called with what is done, how much of it, and of how much (None: unknown)."""


def no_progress(_: str, __: int, ___: int | None) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The concrete parts of a workspace, joined by `app`."""

    folder: Path
    state: State
    lake: Lake
    blobs: Blobs
    keys: Keys
    progress: Progress = no_progress

    def staging(self, key: str) -> Path:
        """A folder for a task's unfinished files; the same for every attempt at it."""
        return self.folder / "staging" / key.replace("/", "-").replace(":", "")

    def root(self, revision: Revision) -> Path:
        """The folder that the project's paths are relative to.

        Raises:
            ProjectFolderMissing: when it is not there.
        """
        root = Path(os.path.normpath(self.folder.resolve() / revision.root))
        if not root.is_dir():
            raise ProjectFolderMissing(revision.project, str(root))
        return root

    def place_of(self, root: Path) -> str:
        """What a revision calls its folder: relative to the workspace where that lies within it, so both may move."""
        folder = self.folder.resolve()
        return os.path.relpath(root, folder) if folder.is_relative_to(root) else str(root)

    def log(self, project: str, key: str) -> Path:
        """Where project code that a task runs writes its output."""
        return self.folder / "logs" / project / f"{key.replace('/', '-').replace(':', '')}.log"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a performed task wants kept: records, sealed identifiers for the vault."""

    records: tuple[Record, ...] = ()
    identifiers: Mapping[str, bytes] = field(default_factory=dict)
    note: str = ""
    """What is worth telling whoever watches, beside that the task is done."""
    failed: bool = False
    """Set when what is recorded is a failure, such as a training that raised; nobody tries again by himself."""
    not_before: datetime | None = None
    """Set when the task's time has not come: its records are kept, and it is looked at again from then on."""
