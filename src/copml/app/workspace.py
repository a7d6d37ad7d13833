"""A workspace: the folder in which a team's projects live, and the door to every use case.

Invariant: a workspace is made whole or not at all; entry 0 of its ledger says what it is, and one that was made to be
simulated can never become real. Every method here is one use case; the files beside this one do the work.
"""

from __future__ import annotations

import secrets
import shutil
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import copml
from copml.clock import Clock, SystemClock
from copml.errors import ProjectUnknown, StateCorrupt, WorkspaceMissing
from copml.keys import Keys
from copml.operations import Stages, keep, no_progress
from copml.records import Revision, SimulatedTime, WorkspaceMark
from copml.store import (
    Blobs,
    Lake,
    State,
    Transaction,
    agree,
    explained,
    forget_state,
    has_state,
    make_folder,
    migrate,
    new_state,
    state_of,
    sync_folder,
)

if TYPE_CHECKING:
    from copml.accounts import Principal
    from copml.app.handle import ProjectHandle
    from copml.operations import Progress

FOLDER = ".copml"
_MARK = "workspace"


class StoredClock:
    """The simulated clock of a workspace: stands where the state database says, whoever looks."""

    def __init__(self, state: State) -> None:
        self._state = state

    def now(self) -> datetime:
        """The simulated time, UTC."""
        with self._state.read() as reader:
            kept = reader.get(SimulatedTime, id=_MARK)
        assert kept is not None, "a simulated workspace has a simulated time"
        return kept.now


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """An open workspace."""

    folder: Path
    stages: Stages
    clock: Clock
    mark: WorkspaceMark
    principal: Principal | None = None
    """Who acts, where that was checked."""

    @staticmethod
    def is_at(folder: Path) -> bool:
        """Whether there is a workspace in a folder."""
        return has_state(folder)

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        simulated_from: datetime | None = None,
        state: str | None = None,
        like: Workspace | None = None,
    ) -> Workspace:
        """Make a workspace in a folder that does not exist yet, and open it. One that is there is opened.

        `state`: where its state is kept if not in the folder: a PostgreSQL URL without a password, or the name of an
        environment variable that holds one. `like`: another one, with whose keys it draws the same entities and gives
        them the same pseudonyms.

        Raises:
            StateAddressWrong, StateForeign, StateRefused, StateUnavailable: when the state cannot be kept there.
            StateDecided: when there is a workspace, which has its state elsewhere.
        """
        if has_state(folder):
            sync_folder(folder.parent)  # whoever made it may have been killed before its name was on the disk
            agree(folder, state)
            return cls.open(folder)
        staged = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
        make_folder(folder.parent)
        with explained(staged):
            staged.mkdir()
        try:
            if like is None:
                Keys.create(staged / "keys")
            else:
                like.stages.keys.copy(staged / "keys")
            with new_state(staged, state) as tx:
                _found(tx, simulated_from)
            moved = _moved(staged, folder)
        except BaseException:
            _discard(staged)
            raise
        if not moved:
            _discard(staged)
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Workspace:
        """Open a workspace.

        Raises:
            WorkspaceMissing: when the folder holds none.
            WorkspaceTooNew: when a newer copml wrote it.
            StateCorrupt: when its database was damaged.
            StateAddressWrong, StateForeign, StateRefused, StateUnavailable: about a state on a database server.
        """
        if not has_state(folder):
            raise WorkspaceMissing(str(folder))
        folder = folder.resolve()
        with ExitStack() as until_opened:
            state = state_of(folder)
            until_opened.callback(state.close)
            migrate(state, new=False)
            mark = _mark(state)
            stages = Stages(
                folder=folder,
                state=state,
                lake=Lake(folder / "lake"),
                blobs=Blobs(folder / "blobs"),
                keys=Keys.open(folder / "keys"),
            )
            until_opened.pop_all()
        clock = StoredClock(state) if mark.simulated else SystemClock()
        return cls(folder=folder, stages=stages, clock=clock, mark=mark)

    def showing(self, progress: Progress) -> Workspace:
        """The same workspace, which reports progress on long work."""
        return replace(self, stages=replace(self.stages, progress=progress))

    def acting(self, principal: Principal) -> Workspace:
        """The same workspace, in which somebody acts whose identity was checked."""
        return replace(self, principal=principal)

    @property
    def identity(self) -> str:
        """How it is known who decides here: `authenticated`, `simulated` or `asserted`."""
        if self.principal is not None:
            return "authenticated"
        return "simulated" if self.mark.simulated else "asserted"

    def quiet(self) -> Workspace:
        """The same workspace, which shows nothing."""
        return self.showing(no_progress)

    def move_clock(self, to: datetime) -> None:
        """Move the simulated clock forward.

        Raises:
            AssertionError: in a workspace that is not simulated.
        """
        assert self.mark.simulated, "only a simulated workspace has a clock that can be moved"
        with self.stages.state.write() as tx:
            kept = tx.get(SimulatedTime, id=_MARK)
            if kept is None or kept.now < to:
                tx.put(SimulatedTime(id=_MARK, now=to))

    def projects(self) -> list[str]:
        """Names of the projects that have a revision."""
        with self.stages.state.read() as reader:
            return sorted({revision.project for revision in reader.find(Revision)})

    def project(self, name: str | None) -> str:
        """The project that is meant: the named one, or the only one.

        Raises:
            ProjectUnknown: when there is none of that name, or none was named and there are several.
        """
        known = self.projects()
        if name is None and len(known) == 1:
            return known[0]
        if name is None or name not in known:
            raise ProjectUnknown(name or "", known)
        return name

    def __getitem__(self, name: str) -> ProjectHandle:
        """A project, with the use cases that programs call.

        Raises:
            ProjectUnknown: when there is none of that name.
        """
        from copml.app.handle import ProjectHandle

        return ProjectHandle(self, self.project(name))

    def __repr__(self) -> str:
        return f"<workspace {self.folder}{', simulated' if self.mark.simulated else ''}>"

    def _repr_html_(self) -> str:
        from copml.reporting import table_html

        rows = [(name,) for name in self.projects()]
        return table_html(f"Workspace {self.folder}", ("projects",), rows, simulated=self.mark.simulated)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the state database and of the query engine."""
        self.stages.state.close()
        self.stages.lake.close()


def _mark(state: State) -> WorkspaceMark:
    with state.read() as reader:
        mark = reader.get(WorkspaceMark, id=_MARK)
    if mark is None:
        raise StateCorrupt(state.place, "it does not say what workspace it is of")
    return mark


def _moved(staged: Path, folder: Path) -> bool:
    """Give a new workspace its name; False when somebody else was faster."""
    with explained(folder):
        sync_folder(staged)  # the names in it, before its own name can be seen
        try:
            staged.rename(folder)
        except OSError:
            if has_state(folder):
                return False
            raise
        sync_folder(folder.parent)
    return True


def _discard(staged: Path) -> None:
    """Take back a workspace that got no name."""
    try:
        forget_state(staged)
    finally:
        shutil.rmtree(staged)


def _found(tx: Transaction, simulated_from: datetime | None) -> None:
    now = simulated_from or SystemClock().now()
    mark = WorkspaceMark(id=_MARK, created_at=now, simulated=simulated_from is not None, copml=copml.__version__)
    keep(tx, [mark], now)
    if simulated_from is not None:
        tx.add(SimulatedTime(id=_MARK, now=simulated_from))


def open_workspace(folder: str | Path = FOLDER) -> Workspace:
    """Open the workspace in a folder; use it in a `with` block, or close it."""
    return Workspace.open(Path(folder))
