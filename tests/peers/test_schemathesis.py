"""Schemathesis over the whole API as each role: no answer of 5xx, none that the description does not have.

It has an environment of its own, and reads the description from the server.
"""

import shutil
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.api.conftest import PASSWORD, ROLES
from tests.commands import done

from copml.accounts import Principal
from copml.app import Workspace, accept_invitation, found_administrator, invite, issue_token
from copml.spec.variant import varied

pytestmark = pytest.mark.peers
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# What would end the caller's own access, or the project, before everything else was tried.
LEFT_OUT = ("sign_out", "revoke_token", "retire", "change_account")
EXAMPLES = 25


@pytest.fixture(scope="module")
def schemathesis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("schemathesis")
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", "schemathesis"], check=True)
    return folder / "bin" / "st"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """A project with a candidate, served; and a token for each role and for the administrator."""
    folder = tmp_path_factory.mktemp("served")
    done(folder, "init", "club")
    file = folder / "club" / "copml.yaml"
    file.write_text(varied(file.read_text(), {("people", role): f"{role}@club.example" for role in ROLES}))
    done(file.parent, "apply", "--by", "science@club.example")
    done(file.parent, "run", "all")
    tokens = {}
    with Workspace.open(file.parent / ".copml") as workspace:
        first = found_administrator(workspace)
        assert first is not None
        for who in ("administrator", *ROLES):
            made = first if who == "administrator" else invite(workspace, f"{who}@club.example", by="admin")
            account = accept_invitation(workspace, made.invitation or "", PASSWORD)
            tokens[who] = issue_token(workspace, by=Principal(account=account)).secret
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "copml.api.server", file.parent / ".copml", "127.0.0.1", str(port)]
    with subprocess.Popen(command) as process:
        try:
            url, until = f"http://127.0.0.1:{port}", time.monotonic() + 60
            while time.monotonic() < until:
                try:
                    httpx.get(f"{url}/livez", timeout=5)
                    break
                except httpx.TransportError:
                    time.sleep(0.2)
            yield url, tokens
        finally:
            process.terminate()
            process.wait(30)


@pytest.mark.parametrize("who", ["nobody", "administrator", *ROLES])
def test_nothing_that_is_sent_breaks_the_server(
    who: str, schemathesis: Path, server: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    url, tokens = server
    signed = ["-H", f"Authorization: Bearer {tokens[who]}"] if who in tokens else []
    left_out = [word for name in LEFT_OUT for word in ("--exclude-operation-id", name)]
    command = [str(schemathesis), "run", f"{url}/api/v1/schema/openapi.json", *signed, *left_out]
    command += ["--checks", CHECKS, "--max-examples", str(EXAMPLES), "--request-timeout", "60"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=1800, check=False)
    shutil.rmtree(tmp_path / ".hypothesis", ignore_errors=True)
    assert ran.returncode == 0, ran.stdout[-4000:]
