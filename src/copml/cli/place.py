"""Options that every command has: which workspace, which project, how to print.

Invariant: a command opens its workspace here and nowhere else.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from copml.app.people import me as me

if TYPE_CHECKING:
    from copml.app import Workspace


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a command works and how it prints."""

    workspace: Annotated[Path, Parameter(env_var="COPML_WORKSPACE")] = Path(".copml")
    """Folder of the workspace."""
    project: Annotated[str | None, Parameter(env_var="COPML_PROJECT")] = None
    """Name of the project; may be left out where there is only one."""
    json: Annotated[bool, Parameter(negative="")] = False
    """Print one JSON document."""

    @contextmanager
    def opened(self) -> "Iterator[tuple[Workspace, str]]":
        """The open workspace, and the name of the project that is meant."""
        with self.open() as workspace:
            yield workspace, workspace.project(self.project)

    def open(self) -> "Workspace":
        """The open workspace.

        Raises:
            WorkspaceMissing: when there is none; it names one that a folder above has.
        """
        from copml.app import Workspace
        from copml.errors import WorkspaceMissing

        try:
            return Workspace.open(self.workspace)
        except WorkspaceMissing as error:
            raise WorkspaceMissing(error.path, above=_above(self.workspace)) from None


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class NewPlace(Place):
    """Where a command works that makes the workspace where there is none."""

    state: Annotated[str | None, Parameter(env_var="COPML_STATE")] = None
    """Where a new workspace keeps its state: a PostgreSQL URL without password, or a variable that holds one."""

    def create(self) -> "Workspace":
        """The open workspace, made where there was none."""
        from copml.app import Workspace

        return Workspace.create(self.workspace, state=self.state)


HERE, NEW = Place(), NewPlace()
"""What holds when no option is given."""


def _above(missing: Path) -> str:
    """The nearest workspace of the same name in a folder above, as seen from here; empty where there is none."""
    from copml.app import Workspace

    folders = missing.absolute().parent.parents
    found = (folder / missing.name for folder in folders if Workspace.is_at(folder / missing.name))
    return next((os.path.relpath(workspace) for workspace in found), "")
