"""`copml up` as a process of its own: the loop and the server beside it, on a free port of this machine."""

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from copml.cli import EXIT_INTERRUPTED

READY_SECONDS, STOP_SECONDS = 120, 60
INVITATION = re.compile(r"^([\w-]{43})$", re.MULTILINE)


@dataclass(frozen=True)
class Upright:
    """A running `copml up`: where its server is, and what both have said so far."""

    url: str
    log: Path

    @property
    def invitation(self) -> str:
        """The first administrator's, which the first start prints."""
        (found,) = INVITATION.findall(self.log.read_text())
        return str(found)


@contextmanager
def upright(folder: Path, log: Path, *, seconds: float = 1) -> Iterator[Upright]:
    """Run `copml up` in a project's folder; with the block's end nothing is left. `seconds`: between looks."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [Path(sys.executable).with_name("copml"), "up", "--port", str(port), "--seconds", str(seconds)]
    with log.open("w") as told, subprocess.Popen(command, cwd=folder, stdout=told, stderr=told) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url)
            yield Upright(url=url, log=log)
        finally:
            process.terminate()
            assert process.wait(STOP_SECONDS) == EXIT_INTERRUPTED
            with pytest.raises(httpx.TransportError):
                httpx.get(f"{url}/livez", timeout=5)


def _wait_until_ready(url: str) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"{url} is not ready after {READY_SECONDS} seconds")
