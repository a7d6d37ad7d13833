"""Watch over one worker: its time, its processes, its output; end all of it, and tell the caller how it ended.

Invariant: when the caller has its answer, or is gone, no process that the worker started is left, not even one that
left its session. It decides nothing about what the worker reported: that is for `client`.
"""

import json
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from copml.sandbox.boundedlog import BoundedLog
from copml.sandbox.frames import send
from copml.sandbox.limits import REPORT_BYTES_MAX
from copml.sandbox.linux import adopt_orphans, children, session_size
from copml.sandbox.request import Request
from copml.sandbox.worker import work

TICK_SECONDS = 0.25
KILL_SECONDS_MAX = 5.0
READ_BYTES = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ends:
    """The read ends of what the worker writes to, and of the pipe that a signal writes to."""

    result: int
    log: int
    wake: int


def supervise(channel: socket.socket, request: Request) -> NoReturn:
    """Run one request to its end and answer on the channel: a JSON object, then the worker's report; never returns."""
    adopt_orphans()
    wake = _wake_on_child()
    (result, result_in), (output, output_in) = os.pipe(), os.pipe()
    own = os.getpid()
    worker = os.fork()
    if worker == 0:
        channel.close()
        work(request, own, result=result_in, log=output_in)
    os.close(result_in)
    os.close(output_in)
    watch = _Watch(worker, channel, _Ends(result=result, log=output, wake=wake), request)
    ending = watch.until_end()
    status = _kill_all(worker)
    watch.drain()
    answer = {"ending": ending, "status": os.waitstatus_to_exitcode(status)}
    if ending != "cancelled":
        send(channel, json.dumps(answer).encode())
        send(channel, bytes(watch.report))
    os._exit(0)


class _Watch:
    """Collects what the worker writes until it ends or must be ended."""

    def __init__(self, worker: int, channel: socket.socket, ends: _Ends, request: Request) -> None:
        self.report = bytearray()
        self._worker, self._limits = worker, request.limits
        self._log = BoundedLog(request.log)
        self._select = selectors.DefaultSelector()
        self._takers: dict[int, Callable[[bytes], None]] = {
            ends.result: self._take_report,
            ends.log: self._log.write,
            ends.wake: _ignore,
        }
        for descriptor in self._takers:
            os.set_blocking(descriptor, False)
            self._select.register(descriptor, selectors.EVENT_READ)
        self._channel = channel.fileno()
        self._select.register(self._channel, selectors.EVENT_READ)

    def until_end(self) -> str:
        """`exited`, `timed out`, `processes` or `cancelled` (the caller is gone)."""
        now = time.monotonic()
        deadline, count_at = now + self._limits.seconds, now + TICK_SECONDS
        while not _has_ended(self._worker):
            now = time.monotonic()
            if now >= deadline:
                return "timed out"
            if now >= count_at:
                if session_size(self._worker) > self._limits.processes:
                    return "processes"
                count_at = now + TICK_SECONDS
            for key, _ in self._select.select(min(deadline - now, TICK_SECONDS)):
                if key.fd == self._channel:
                    return "cancelled"
                self._read(key.fd)
        return "exited"

    def drain(self) -> None:
        """Take what is left in the pipes once every writer has ended, and close the log."""
        for descriptor in self._takers:
            while self._read(descriptor):
                pass
        self._log.close()

    def _read(self, descriptor: int) -> bool:
        """Take one chunk; False if there is none now."""
        try:
            data = os.read(descriptor, READ_BYTES)
        except BlockingIOError:
            return False
        if not data and descriptor in self._select.get_map():
            self._select.unregister(descriptor)
        self._takers[descriptor](data)
        return bool(data)

    def _take_report(self, data: bytes) -> None:
        self.report += data[: max(0, REPORT_BYTES_MAX - len(self.report))]


def _ignore(data: bytes) -> None:
    """A wake-up carries no message."""


def _wake_on_child() -> int:
    """A descriptor that becomes readable when a child ends."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    return read


def _has_ended(worker: int) -> bool:
    """Whether the worker has ended; it stays unreaped, so that its group's number is not given to others."""
    while (info := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
        if info.si_pid == worker:
            return True
        os.waitpid(info.si_pid, 0)
    return False


def _kill_all(worker: int) -> int:
    """End the worker, its group, and what it orphaned. Returns the worker's wait status."""
    for end in (os.killpg, os.kill):
        try:
            end(worker, signal.SIGKILL)
        except ProcessLookupError:
            continue  # it has not become the leader of its group yet, or all of it has ended
    _, status = os.waitpid(worker, 0)
    deadline = time.monotonic() + KILL_SECONDS_MAX
    while (orphans := children()) and time.monotonic() < deadline:
        for orphan in orphans:
            os.kill(orphan, signal.SIGKILL)
        for orphan in orphans:
            os.waitpid(orphan, 0)
    return status
