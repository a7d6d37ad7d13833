"""The child that runs one function of project code and reports how it went.

Invariant: what is written to the result pipe is one frame, by this process only, however the code ends; whatever else
the code does is left to the supervisor. This is a fence: project code may raise anything, so everything is caught here.
"""

import errno
import faulthandler
import gc
import json
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TextIO

from copml.errors import CodeReturnedWrong, CopmlError, DiskFull
from copml.sandbox.entries import load_entry
from copml.sandbox.frames import framed
from copml.sandbox.limits import RESULT_BYTES_MAX
from copml.sandbox.linux import data_bytes, die_with_parent, leave_network
from copml.sandbox.presence import enter
from copml.sandbox.request import Request

WHERE_LINES_MAX = 5
MESSAGE_CHARACTERS_MAX = 2000
NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


def work(request: Request, parent: int, *, result: int, log: int) -> NoReturn:
    """Run the request, write the report to the pipe `result`, all output to the pipe `log`; never returns."""
    _settle(request, parent, log)
    own = os.getpid()
    report = _attempt(request)
    if os.getpid() != own:
        os._exit(1)  # the code forked and came back twice: only the first process may report
    _write(result, framed(report))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _settle(request: Request, parent: int, log: int) -> None:
    os.setsid()
    die_with_parent(parent)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    enter(offline=not request.limits.network and leave_network())
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    sys.stdout, sys.stderr = _text(1), _text(2)
    faulthandler.enable()
    os.environ.clear()
    os.environ.update(request.environment)
    # A byte-code file is taken for fresh by its time and size, which quick edits defeat: write none.
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(request.root))
    gc.enable()


def _text(descriptor: int) -> TextIO:
    return open(descriptor, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def _attempt(request: Request) -> bytes:
    """The report as JSON: a value, or what was raised."""
    try:
        os.chdir(request.root)
        _set_threads(request.limits.threads)
        _set_memory(request.limits.memory_mb)
        value = load_entry(request.function, request.root)(request.argument)
        _set_memory(None)
        return _encode(request.called, value)
    except CopmlError as error:
        return json.dumps(_refused(error)).encode()
    except OSError as error:
        _set_memory(None)
        if error.errno in NO_SPACE:
            return json.dumps(_refused(DiskFull(str(error.filename or request.root)))).encode()
        return json.dumps(_raised(error, request.root)).encode()
    except MemoryError as error:
        _set_memory(None)
        return json.dumps(_raised(error, request.root) | {"out_of_memory": True}).encode()
    except BaseException as error:  # noqa: BLE001 - the fence around project code, which may raise anything
        _set_memory(None)
        return json.dumps(_raised(error, request.root)).encode()


def _encode(function: str, value: object) -> bytes:
    try:
        body = json.dumps({"value": value}).encode()
    except (TypeError, ValueError, RecursionError) as error:
        found = f"a {type(value).__name__} that cannot be written as JSON ({error})"
        raise CodeReturnedWrong(function, found, "plain values: numbers, text, lists, dicts") from error
    if len(body) > RESULT_BYTES_MAX:
        raise CodeReturnedWrong(function, f"{len(body)} bytes", f"at most {RESULT_BYTES_MAX}; write the rest to a file")
    return body


def _refused(error: CopmlError) -> dict[str, object]:
    return {
        "error": type(error).__name__,
        "message": str(error),
        "facts": json.loads(json.dumps(vars(error), default=str)),
    }


def _raised(error: BaseException, root: Path) -> dict[str, object]:
    traceback.print_exception(error)
    parts = traceback.format_exception_only(error)
    said = parts[-1] if isinstance(error, SyntaxError) else parts[0]
    return {"exception": " ".join(said.split())[:MESSAGE_CHARACTERS_MAX], "where": _where(error, root)}


def _where(error: BaseException, root: Path) -> list[str]:
    """The last lines of the traceback that lie in the project's own files, outermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [(frame.filename, frame.lineno, frame.name, frame.line) for frame in frames]
    if isinstance(error, SyntaxError):
        places.append((error.filename or "", error.lineno, "<module>", (error.text or "").strip()))
    return [
        f"{Path(file).relative_to(root)}:{line} in {name}: {text}"
        for file, line, name, text in places
        if Path(file).is_relative_to(root) and "site-packages" not in file
    ][-WHERE_LINES_MAX:]


def _set_memory(memory_mb: int | None) -> None:
    """Limit private memory to what the process has now and `memory_mb`; None lifts the limit, to report."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    limit = hard if memory_mb is None else data_bytes() + (memory_mb << 20)
    if hard == resource.RLIM_INFINITY or limit <= hard:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _set_threads(threads: int) -> None:
    """Raise the number of threads of libraries that the server loaded with one."""
    if threads > 1:
        limit: Callable[[int], object] = load_entry("threadpoolctl:threadpool_limits", Path("/"))
        limit(threads)


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
