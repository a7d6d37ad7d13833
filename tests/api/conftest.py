"""Two projects in one workspace, people of every role with tokens, and the application over it, in this process."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.commands import done

from copml.access import AccountKind
from copml.accounts import Principal
from copml.api import application
from copml.app import Workspace, accept_invitation, found_administrator, invite, issue_token
from copml.spec.variant import varied

PASSWORD = "four green apples fall"
ROLES = ("business", "data", "science", "operations", "review", "audit")


@dataclass(frozen=True)
class Plane:
    """The workspace's folder, the application's client, and a token for each kind of caller."""

    folder: Path
    http: TestClient[Any]
    tokens: dict[str, str]

    def ask(self, method: str, path: str, who: str | None = None, **request: Any) -> Any:
        headers = dict(request.pop("headers", {}))
        if who is not None:
            headers["Authorization"] = f"Bearer {self.tokens[who]}"
        self.http.cookies.clear()
        return self.http.request(method, f"/api/v1{path}", headers=headers, **request)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a trained candidate in `club`, and another project with people of its own."""
    folder = tmp_path_factory.mktemp("plane")
    people = {("people", role): f"{role}@club.example" for role in ROLES}
    done(folder, "init", "club")
    file = folder / "club" / "copml.yaml"
    file.write_text(varied(file.read_text(), people))
    done(folder / "club", "apply", "--by", "science@club.example", "--workspace", str(folder / ".copml"))
    done(folder / "club", "run", "all", "--workspace", str(folder / ".copml"))
    done(folder, "init", "other")
    file = folder / "other" / "copml.yaml"
    file.write_text(varied(file.read_text(), {("people", role): f"{role}@other.example" for role in ROLES}))
    done(folder / "other", "apply", "--by", "science@other.example", "--workspace", str(folder / ".copml"))
    return folder


@pytest.fixture
def plane(prepared: Path, tmp_path: Path) -> Iterator[Plane]:
    """A workspace of its own, in which each role of `club` has an account and a token."""
    folder = tmp_path / "plane"
    shutil.copytree(prepared, folder)
    tokens = {}
    with Workspace.open(folder / ".copml") as workspace:
        first = found_administrator(workspace)
        assert first is not None
        names = {"administrator": "admin"} | {role: f"{role}@club.example" for role in ROLES}
        for who, name in names.items():
            made = first if who == "administrator" else invite(workspace, name, by="admin")
            account = accept_invitation(workspace, made.invitation or "", PASSWORD)
            tokens[who] = issue_token(workspace, by=Principal(account=account)).secret
        stranger = invite(workspace, "stranger@else.example", by="admin")
        account = accept_invitation(workspace, stranger.invitation or "", PASSWORD)
        tokens["stranger"] = issue_token(workspace, by=Principal(account=account)).secret
        invite(workspace, "operations@club.example.bot", by="admin", kind=AccountKind.SERVICE)
    with TestClient(application(folder / ".copml")) as http:
        yield Plane(folder=folder, http=http, tokens=tokens)
