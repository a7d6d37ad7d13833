"""The process from which every child is forked: small, with one thread, and without any project code in it.

Invariant: it loads copml's own modules that children ask for, so that the next child has them at once, and nothing of
a project, so that every child sees the project's files as they are now. It ends when its caller does: then the other
end of its socket closes.
"""

import contextlib
import gc
import os
import signal
import socket
from importlib import import_module
from typing import NoReturn

from copml.sandbox.frames import receive
from copml.sandbox.limits import REQUEST_BYTES_MAX
from copml.sandbox.request import Request
from copml.sandbox.supervisor import supervise

READY = b"r"


def serve(descriptor: int) -> NoReturn:
    """Fork a supervisor for every socket that arrives over the socket `descriptor`, until that closes."""
    control = socket.socket(fileno=descriptor)
    control.set_inheritable(False)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.disable()
    control.sendall(READY)
    while True:
        _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not descriptors:
            os._exit(0)
        with socket.socket(fileno=descriptors[0]) as channel:
            _answer(control, channel)


def _answer(control: socket.socket, channel: socket.socket) -> None:
    body = receive(channel, REQUEST_BYTES_MAX)
    if body is None:
        return
    request = Request.decode(body)
    _preload(request.function)
    if os.fork() == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        control.close()
        supervise(channel, request)


def _preload(function: str) -> None:
    """Load copml's own module with all that it needs. If that fails, the child fails likewise, and reports it."""
    module = function.partition(":")[0]
    if module.startswith("copml."):
        with contextlib.suppress(ImportError):
            import_module(module)
        gc.freeze()
