"""This process's end of the server from which children are forked.

Invariant: at most one server per process, started at the first need, started anew if it has ended, never shared with
a forked copy of this process, and gone when this process is, however that ends.
"""

import atexit
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from copml.errors import SandboxUnavailable
from copml.sandbox.limits import child_settings

START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 5.0

# -P keeps the caller's folder off the path; the path of copml itself is added where it is not installed.
_PROGRAM = """
import sys
if {path!r} not in sys.path: sys.path.append({path!r})
from copml.sandbox.server import serve
serve({descriptor})
"""


class ServerHandle:
    """Starts the server and hands it one end of a socket for each child."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    @contextlib.contextmanager
    def channel(self) -> Iterator[socket.socket]:
        """A socket to a new child's supervisor, which ends the child when the socket closes.

        Raises:
            SandboxUnavailable: when the server does not start.
        """
        ours, theirs = socket.socketpair()
        with ours:
            with theirs, self._lock:
                self._hand_over(theirs)
            yield ours

    def stop(self) -> None:
        """End the server and wait for that."""
        with self._lock:
            if self._process is not None and self._control is not None:
                self._control.close()
                try:
                    self._process.wait(STOP_SECONDS_MAX)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
            self._process = self._control = None

    def abandon(self) -> None:
        """Leave the server to the process that this one was forked from."""
        if self._process is not None and self._control is not None:
            self._control.close()
            self._process.returncode = 0  # not ours to wait for
        self._lock = threading.Lock()
        self._process = self._control = None

    def _hand_over(self, theirs: socket.socket) -> None:
        if self._control is not None:
            try:
                socket.send_fds(self._control, [b"j"], [theirs.fileno()])
            except ConnectionError:
                self._discard()
            else:
                return
        control = self._start()
        socket.send_fds(control, [b"j"], [theirs.fileno()])

    def _discard(self) -> None:
        """Forget a server that has ended."""
        assert self._process is not None
        assert self._control is not None
        self._control.close()
        self._process.wait()
        self._process = self._control = None

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        program = _PROGRAM.format(path=str(Path(__file__).parents[2]), descriptor=theirs.fileno())
        with theirs, tempfile.TemporaryFile() as complaints:
            process = subprocess.Popen(  # noqa: S603 - this interpreter, our own program
                [sys.executable, "-P", "-X", "utf8", "-c", program],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                env=dict(os.environ) | child_settings(),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
            theirs.close()
            self._process, self._control = process, ours
            if not _is_ready(ours):
                self._discard_unready(process)
                complaints.seek(0)
                raise SandboxUnavailable(_last_line(complaints.read()))
        return ours

    def _discard_unready(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        self._discard()


def _is_ready(control: socket.socket) -> bool:
    control.settimeout(START_SECONDS_MAX)
    try:
        return control.recv(1) != b""
    except (TimeoutError, ConnectionError):
        return False
    finally:
        control.settimeout(None)


def _last_line(complaints: bytes) -> str:
    lines = complaints.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


SERVER = ServerHandle()
atexit.register(SERVER.stop)
os.register_at_fork(after_in_child=SERVER.abandon)
