"""Options that every command has: which workspace, which project, how to print.

Invariant: a command opens its workspace here and nowhere else.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Concatenate, ParamSpec, TypeVar

from cyclopts import Parameter

from copml.app.people import me

if TYPE_CHECKING:
    from copml.app import Workspace
    from copml.client import Client

P = ParamSpec("P")
T = TypeVar("T")


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
    server: Annotated[str | None, Parameter(env_var="COPML_SERVER")] = None
    """Work in the workspace of a server, such as https://copml.example, in place of a folder."""

    def ask(self, use_case: "Callable[Concatenate[Workspace, str, P], T]", *args: P.args, **kwargs: P.kwargs) -> T:
        """What a use case says of the project that is meant, here or on the server.

        Raises:
            NotOverHttp: when the server does not offer it.
            ServerRefused: when the server refuses.
        """
        return self.answer(use_case, *args, **kwargs)[1]

    def answer(
        self, use_case: "Callable[Concatenate[Workspace, str, P], T]", *args: P.args, **kwargs: P.kwargs
    ) -> tuple[str, T]:
        """The name of the project that is meant, and what a use case says of it; raises as `ask` does."""
        if self.server is not None:
            return self._asked(use_case, args, kwargs)
        with self.opened() as (workspace, project):
            if workspace.principal is not None and "by" in kwargs:
                kwargs["by"] = workspace.principal.name
            return project, use_case(workspace, project, *args, **kwargs)

    def who(self, by: str | None) -> str:
        """Who decides: the one who is named, else who runs this; on a server, whoever signed in.

        Raises:
            NotOverHttp: when somebody is named to a server.
        """
        if by is not None and self.server is not None:
            from copml.errors import NotOverHttp

            raise NotOverHttp("--by", "a server knows who signed in")
        return by or me()

    @contextmanager
    def remote(self) -> "Iterator[tuple[Client, str]]":
        """A client of the server, and the name of the project that is meant there."""
        with self.client() as client:
            yield client, client.project(self.project)

    def client(self) -> "Client":
        """A client of the server, as whoever signed in to it."""
        from copml.client import Client, token_for

        assert self.server is not None, "asked of a place on a server"
        return Client(self.server, token_for(self.server))

    def _asked(self, use_case: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]) -> tuple[str, T]:
        import inspect

        from copml.client import Client
        from copml.errors import NotOverHttp

        name = use_case.__name__
        if not hasattr(Client, name):
            raise NotOverHttp(f"`{name}`", "it reads or writes files of this machine")
        given = inspect.signature(use_case).bind_partial(None, "", *args, **kwargs).arguments
        said = {key: value for key, value in given.items() if key not in ("workspace", "project", "by")}
        with self.remote() as (client, project):
            return project, client.ask(name, project, **said)

    @contextmanager
    def opened(self) -> "Iterator[tuple[Workspace, str]]":
        """The open workspace, and the name of the project that is meant.

        Raises:
            NotOverHttp: where a server is meant.
        """
        with self.open() as workspace:
            yield workspace, workspace.project(self.project)

    def open(self) -> "Workspace":
        """The open workspace.

        Raises:
            WorkspaceMissing: when there is none; it names one that a folder above has.
        """
        from copml.app import Workspace
        from copml.errors import NotOverHttp, WorkspaceMissing

        if self.server is not None:
            raise NotOverHttp("this command", "it works on a folder of this machine")
        try:
            return _acting(Workspace.open(self.workspace))
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

        return _acting(Workspace.create(self.workspace, state=self.state))


HERE, NEW = Place(), NewPlace()
"""What holds when no option is given."""


def _acting(workspace: "Workspace") -> "Workspace":
    """The workspace, with whoever the token in the environment is of, where that is one of its accounts."""
    from copml.client.credentials import TOKEN

    shown = os.environ.get(TOKEN)
    if not shown:
        return workspace
    from copml.app import who_has_token

    return workspace.acting(who_has_token(workspace, shown))


def _above(missing: Path) -> str:
    """The nearest workspace of the same name in a folder above, as seen from here; empty where there is none."""
    from copml.app import Workspace

    folders = missing.absolute().parent.parents
    found = (folder / missing.name for folder in folders if Workspace.is_at(folder / missing.name))
    return next((os.path.relpath(workspace) for workspace in found), "")
