"""Options that every command has: which workspace, which project, how to print.

Invariant: a command opens its workspace here and nowhere else.
"""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

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
        from copml.app import Workspace

        with Workspace.open(self.workspace) as workspace:
            yield workspace, workspace.project(self.project)


HERE = Place()
"""What holds when no option is given."""


def me() -> str:
    """Who runs the command, as asserted: `COPML_USER`, else the login name."""
    return os.environ.get("COPML_USER") or getpass.getuser()
