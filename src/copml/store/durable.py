"""Writing that survives a power cut, not only a killed process.

Invariant: when a function here returns, the bytes, the name and every new folder on the way are on the disk; and no
name is visible before the bytes under it are. All files of the lake and the blobs are written through this one, so that
a fault layer below it sees each of them. What is written, and when, is for the other files of the store.
"""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import BinaryIO

from copml.errors import DiskFull, WorkspaceReadOnly

_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Draft:
    """A file under a temporary name, open for writing."""

    path: Path
    file: BinaryIO


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file; until it is on the disk, the name keeps what was there.

    Raises:
        DiskFull: when no space is left.
        WorkspaceReadOnly: when the folder cannot be written.
    """
    with draft(path.parent, path.name) as new:
        new.file.write(data)
        publish(new, path)


def append_line(path: Path, line: str) -> None:
    """Add a line to a text file; what a power cut left of an unfinished one stays on a line of its own.

    Raises:
        DiskFull: when no space is left.
        WorkspaceReadOnly: when the folder cannot be written.
    """
    make_folder(path.parent)
    with explained(path):
        with path.open("a+b") as file:
            file.seek(max(0, file.tell() - 1))
            torn = file.read() not in (b"", b"\n")
            file.write(b"\n" * torn + line.encode() + b"\n")
        sync_file(path)
    sync_folder(path.parent)


def write_new(path: Path, data: bytes) -> bool:
    """Write a whole file under a name that must be free; False, and nothing done, when it is taken.

    Of several writers exactly one gets True.

    Raises:
        DiskFull: when no space is left.
        WorkspaceReadOnly: when the folder cannot be written.
    """
    with draft(path.parent, path.name) as new:
        new.file.write(data)
        _close(new)
        try:
            os.link(new.path, path)
        except FileExistsError:
            return False
        sync_folder(path.parent)
        return True


@contextmanager
def draft(folder: Path, prefix: str) -> Iterator[Draft]:
    """A temporary file in a folder (made when missing), to be published; removed on leaving if it was not.

    Raises:
        DiskFull: when no space is left.
        WorkspaceReadOnly: when the folder cannot be written.
    """
    with explained(folder):
        make_folder(folder)
        handle, name = tempfile.mkstemp(prefix=f".{prefix[:128]}.", suffix=".tmp", dir=folder)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, 0o644)
            try:
                yield Draft(Path(name), file)
            finally:
                with suppress(FileNotFoundError):
                    Path(name).unlink()


def publish(new: Draft, path: Path) -> None:
    """Give a draft its name, in the folder where it lies, once its bytes are on the disk."""
    _close(new)
    new.path.replace(path)
    sync_folder(path.parent)


def _close(new: Draft) -> None:
    new.file.close()
    sync_file(new.path)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, each durably."""
    if path.is_dir():
        _settle(path)
        return
    make_folder(path.parent)
    with explained(path):
        path.mkdir(exist_ok=True)
    sync_folder(path.parent)


@cache
def _settle(path: Path) -> None:
    """A folder that is there may be from a process that was killed before it could sync the name: sync it, once."""
    with suppress(WorkspaceReadOnly):  # a folder above the workspace may be one that we can pass and cannot read
        sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Put a file's bytes on the disk."""
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Put the names in a folder on the disk."""
    _sync(path, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))


def _sync(path: Path, flags: int) -> None:
    with explained(path):
        handle = os.open(path, flags)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the operating system says about a full or read-only disk into a message for people.

    Raises:
        DiskFull: when no space is left.
        WorkspaceReadOnly: when the path cannot be written.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(str(path)) from error
        if error.errno in _READ_ONLY:
            raise WorkspaceReadOnly(str(path), os.strerror(error.errno or 0)) from error
        raise
