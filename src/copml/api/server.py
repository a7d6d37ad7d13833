"""The server of a workspace: its own process, beside the loop.

Invariant: it listens on 127.0.0.1 unless told otherwise. A request's headers must arrive within ten seconds.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from litestar.types import ASGIApp

from copml.api.logs import JSON, VARIABLE

FOLDER = "COPML_SERVED"
HEADERS_MS = 10_000
BACKLOG = 1024
STOP_SECONDS = 10.0
AGAIN_SECONDS, AGAIN_SECONDS_MAX = 1.0, 30.0


def serve(folder: Path, *, address: str, port: int) -> None:
    """Serve a workspace until the process is told to stop."""
    from granian.constants import Interfaces
    from granian.http import HTTP1Settings
    from granian.server import Server

    os.environ[FOLDER] = str(folder.resolve())
    Server(
        "copml.api.server:served",
        factory=True,
        interface=Interfaces.ASGI,
        address=address,
        port=port,
        workers=1,
        backlog=BACKLOG,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_MS),
        log_access=False,
        respawn_failed_workers=True,
    ).serve()


@contextmanager
def beside(folder: Path, *, address: str, port: int, lines: bool = False) -> Iterator[None]:
    """The server in a process beside this one; one that dies is started again, and it ends with the block.

    `lines`: it writes a line of JSON to standard error for every request.
    """
    stop = threading.Event()
    command = [sys.executable, "-m", "copml.api.server", str(folder), address, str(port)]
    environment = {**os.environ, **({VARIABLE: JSON} if lines else {})}
    watcher = threading.Thread(target=_watch, args=(command, environment, stop), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        stop.set()
        watcher.join(STOP_SECONDS + 5)


def _watch(command: list[str], environment: dict[str, str], stop: threading.Event) -> None:
    wait = AGAIN_SECONDS
    while not stop.is_set():
        with subprocess.Popen(command, env=environment) as process:  # noqa: S603 - our own module
            while process.poll() is None and not stop.wait(0.2):
                pass
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(STOP_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
        stop.wait(wait)
        wait = min(2 * wait, AGAIN_SECONDS_MAX)


def served() -> ASGIApp:
    """The application of the workspace that this process serves."""
    from copml.api.assembly import application
    from copml.api.logs import RequestLog, write_lines

    write_lines(os.environ)
    return RequestLog(application(Path(os.environ[FOLDER])))


if __name__ == "__main__":
    serve(Path(sys.argv[1]), address=sys.argv[2], port=int(sys.argv[3]))
