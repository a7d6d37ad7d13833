"""The server itself: signing in from a command line, many clients at once, slow ones, and what a stopped one leaves."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.api.conftest import PASSWORD
from tests.commands import done
from tests.upright import upright

from copml.app import Workspace, verify_ledger
from copml.client import Client

pytestmark = pytest.mark.slow
CLIENTS, NOTES_EACH = 20, 5


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str, str]]:
    """`copml up` on a fresh project: the folder, the server's address, the first administrator's invitation."""
    folder = tmp_path_factory.mktemp("up")
    done(folder, "init", "club")
    done(folder / "club", "apply", "--by", "operations@example.org")
    with upright(folder / "club", folder / "up.log") as server:
        yield folder, server.url, server.invitation


@pytest.fixture(scope="module")
def administrator(started: tuple[Path, str, str]) -> str:
    """The first administrator's token, after signing in as the first start says."""
    folder, url, invitation = started
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}
    told = subprocess.run(
        [Path(sys.executable).with_name("copml"), "login", url, "--invitation"],
        input=f"{invitation}\n{PASSWORD}\n", env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "as admin" in told.stdout
    kept = folder / "config" / "copml" / "credentials.json"
    assert kept.stat().st_mode & 0o077 == 0
    listed = subprocess.run(
        [Path(sys.executable).with_name("copml"), "accounts", "list", "--server", url],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "admin" in listed.stdout
    with Client(url) as client:
        return client.sign_in_for_token("admin", PASSWORD).secret


def test_many_people_write_at_once_and_nothing_is_lost(started: tuple[Path, str, str], administrator: str) -> None:
    folder, url, _ = started
    with Client(url, administrator) as admin:
        invitation = admin.invite("operations@example.org").invitation or ""
        admin.accept_invitation(invitation, PASSWORD)
        token = admin.sign_in_for_token("operations@example.org", PASSWORD).secret

    def write(number: int) -> None:
        with Client(url, token) as client:
            for note in range(NOTES_EACH):
                client.note("club", f"{number}/{note}")

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(write, range(CLIENTS)))
    with Client(url, token) as client:
        texts = [item.text for item in client.notes("club")]
        assert client.ledger("club").problems == ()
    assert sorted(texts) == sorted(f"{number}/{note}" for number in range(CLIENTS) for note in range(NOTES_EACH))
    with Workspace.open(folder / "club" / ".copml") as workspace:
        assert verify_ledger(workspace).problems == ()


def test_who_sends_slowly_holds_nobody_up(started: tuple[Path, str, str]) -> None:
    _, url, _ = started
    port = int(url.rpartition(":")[2])
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
    for number, connection in enumerate(slow):
        head = (
            b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{" if number % 2 else b"GET / HT"
        )
        connection.sendall(head)
    assert httpx.get(f"{url}/livez", timeout=10).text == "ok\n"
    for connection in slow:
        connection.settimeout(60)
        answer = connection.recv(64)
        assert answer == b"" or b"408" in answer.split(b"\r\n")[0], answer
        connection.close()
