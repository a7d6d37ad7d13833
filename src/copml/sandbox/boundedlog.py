"""Keep the first and the last part of an output of any length.

Invariant: the file never holds more than `head` + `tail` bytes and one line that says how many were left out. The head
is on disk as it comes, the tail when the log is closed. A full disk cuts the log short and disturbs nobody.
"""

import contextlib
from collections import deque
from pathlib import Path

from copml.sandbox.limits import LOG_HEAD_BYTES, LOG_TAIL_BYTES


class BoundedLog:
    """A file that takes bytes without end and stays small. The folder must exist; an older file is replaced."""

    def __init__(self, path: Path, head: int = LOG_HEAD_BYTES, tail: int = LOG_TAIL_BYTES) -> None:
        self._file = path.open("wb", buffering=0)
        self._room, self._tail_max = head, tail
        self._tail: deque[bytes] = deque()
        self._kept = self._left_out = 0

    def write(self, data: bytes) -> None:
        """Take output."""
        now, later = data[: self._room], data[self._room :]
        if now:
            self._put(now)
            self._room -= len(now)
        if later:
            self._tail.append(later)
            self._kept += len(later)
            self._drop()

    def close(self) -> None:
        """Write the tail and close the file."""
        if self._left_out:
            self._put(f"\n… {self._left_out} bytes left out …\n".encode())
        self._put(b"".join(self._tail))
        self._file.close()

    def _put(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            self._file.write(data)

    def _drop(self) -> None:
        while (over := self._kept - self._tail_max) > 0:
            first = self._tail.popleft()
            if len(first) > over:
                self._tail.appendleft(first[over:])
            dropped = min(over, len(first))
            self._kept -= dropped
            self._left_out += dropped
