"""Run a function of project code in a child and turn every way in which that can end into a value or one error.

Invariant: the calling process imports nothing of the project, starts no thread, and is left without child or open
descriptor of the call. The server that forks the children is started at the first call and ends with this process.
"""

import errno
import json
import os
import signal
import socket
from pathlib import Path

from copml import errors
from copml.errors import CodeFailed, CodeKilled, CodeOutOfMemory, CodeTimedOut, CopmlError, DiskFull, WorkspaceReadOnly
from copml.sandbox.frames import receive, receive_object, send, unframed
from copml.sandbox.limits import REPORT_BYTES_MAX, RESULT_BYTES_MAX, Limits, child_settings
from copml.sandbox.request import Request
from copml.sandbox.serverhandle import SERVER

# How long past its time limit an answer is waited for: in it the server loads what children need, the first time, and
# the supervisor kills and drains the pipes. It only ends the wait for a supervisor that is stuck itself.
GRACE_SECONDS = 120.0


def run_child(
    function: str, argument: object, *, root: Path, limits: Limits, log: Path, called: str | None = None
) -> object:
    """Call `function` (`module:function`) with `argument` in a child; argument and return value are of JSON types.

    The child has `root` as its folder and first on its path, the environment of this process, one thread unless the
    limits say otherwise, and `log` for its output: the first and last half megabyte. `called` is what errors call it.

    Raises:
        CodeFailed, CodeTimedOut, CodeOutOfMemory, CodeKilled, CodeReturnedWrong, EntryInvalid: as the names say.
        CopmlError: any other one that the function itself raised.
        SandboxUnavailable: when no child can be started.
        DiskFull, WorkspaceReadOnly: when there can be no log.
    """
    _begin_log(log)
    environment = dict(os.environ) | child_settings(limits.threads)
    request = Request(
        function=function,
        called=called or function,
        argument=argument,
        root=root.resolve(),
        limits=limits,
        log=log.resolve(),
        environment=environment,
    )
    body = request.encode()
    with SERVER.channel() as channel:
        return _value(request, *_ask(channel, body, limits))


def _begin_log(log: Path) -> None:
    """An empty log, so that a place that cannot be written is found out before anything runs."""
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(str(log.parent)) from error
        raise WorkspaceReadOnly(str(log.parent), error.strerror or str(error)) from error


def _ask(channel: socket.socket, body: bytes, limits: Limits) -> tuple[dict[str, object] | None, bytes]:
    """How the child ended, and its report; None if whoever watched it is gone too."""
    try:
        send(channel, body)
        channel.settimeout(limits.seconds + GRACE_SECONDS)
        answer = receive_object(channel, RESULT_BYTES_MAX)
        report = receive(channel, REPORT_BYTES_MAX)
    except TimeoutError:
        return {"ending": "timed out"}, b""
    except ConnectionError:
        return None, b""
    return answer, report or b""


def _value(request: Request, answer: dict[str, object] | None, report: bytes) -> object:
    function, log = request.called, str(request.log)
    match answer:
        case None:
            raise CodeKilled(function, "was ended from outside, with the process that watched it", log)
        case {"ending": "timed out"}:
            raise CodeTimedOut(function, request.limits.seconds, log)
        case {"ending": "processes"}:
            raise CodeKilled(function, f"started more than {request.limits.processes} processes and was ended", log)
    body = unframed(report)
    if body is None:
        raise CodeKilled(function, _silence(answer["status"], request.limits.memory_mb), log)
    return _result(request, json.loads(body))


def _silence(status: object, memory_mb: int) -> str:
    """Why a worker ended without a report: `status` is an exit status, or minus a signal's number."""
    assert isinstance(status, int)
    if status >= 0:
        return f"ended its own process with exit status {status} instead of returning; take out os._exit"
    name = signal.Signals(-status).name
    if name == "SIGKILL":
        return f"was killed (SIGKILL), which the system does when memory is short (it may use {memory_mb} MB)"
    return f"crashed the interpreter ({name}) in compiled code; the last lines of its output say where"


def _result(request: Request, report: dict[str, object]) -> object:
    if "value" in report:
        return report["value"]
    function, log = request.called, str(request.log)
    if "error" in report:
        raise _same_error(report, log)
    lines = report["where"]
    assert isinstance(lines, list)
    where = tuple(str(line) for line in lines)
    if "out_of_memory" in report:
        raise CodeOutOfMemory(function, request.limits.memory_mb, where, log)
    raise CodeFailed(function, str(report["exception"]), where, log)


def _same_error(report: dict[str, object], log: str) -> CopmlError:
    """The error of copml's own that the child raised, with its message and facts."""
    kind = getattr(errors, str(report["error"]), CopmlError)
    assert issubclass(kind, CopmlError)
    error: CopmlError = kind.__new__(kind)
    error.args = (report["message"],)
    facts = report["facts"]
    assert isinstance(facts, dict)
    for name, value in facts.items():
        setattr(error, name, value)
    error.add_note(f"its output is in {log}")
    return error
