"""What an archive may unpack to.

Invariant: an archive is judged by its table of contents and by the heads of its arrays, before anything of it is
unpacked; Python's zip reader never gives more of a member than that table says. Nothing is ever unpacked to a disk.
"""

import io
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

import numpy as np

from copml.errors import ModelFileRefused

# Models of the libraries that are read have at most some hundred MB; four times what a training may take by default
# would not fit beside it.
UNPACKED_BYTES_MAX = 2 << 30
MEMBERS_MAX = 200_000
# What a model holds shrinks to a tenth; zeros to a thousandth. Below this size a bomb does no harm.
RATIO_MAX, RATIO_BYTES_MIN = 200, 64 << 20
_NESTED_MAX = 2


def check_zip(path: Path | io.BytesIO, name: str = "", nested: int = 0) -> int:
    """Refuse a zip file that unpacks to too much, or out of its place; returns the bytes that it unpacks to.

    Raises:
        ModelFileRefused: with the reason.
        zipfile.BadZipFile, OSError: when it is no zip file or cannot be read.
    """
    called = name or getattr(path, "name", "")
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if len(members) > MEMBERS_MAX:
            raise ModelFileRefused(called, f"it has {len(members)} members, and {MEMBERS_MAX} are read at most")
        total = sum(member.file_size for member in members)
        _check_size(called, total, sum(member.compress_size for member in members))
        for member in members:
            _check_name(called, member.filename)
            if member.filename.endswith(".npy"):
                _check_array(called, archive, member)
            elif member.filename.endswith((".npz", ".zip", ".skops")) and nested < _NESTED_MAX:
                inner = io.BytesIO(archive.read(member))
                if zipfile.is_zipfile(inner):
                    total += check_zip(inner, f"{called}/{member.filename}", nested + 1)
    _check_size(called, total, total)
    return total


def _check_size(name: str, unpacked: int, packed: int) -> None:
    if unpacked > UNPACKED_BYTES_MAX:
        limit = UNPACKED_BYTES_MAX >> 20
        raise ModelFileRefused(name, f"it would unpack to {unpacked >> 20} MB, and {limit} MB are read at most")
    if unpacked > RATIO_BYTES_MIN and unpacked > RATIO_MAX * packed:
        raise ModelFileRefused(name, f"{packed >> 10} kB of it would unpack to {unpacked >> 20} MB")


def _check_name(name: str, member: str) -> None:
    posix, windows = PurePosixPath(member), PureWindowsPath(member)
    if posix.is_absolute() or windows.is_absolute() or windows.drive or ".." in windows.parts:
        raise ModelFileRefused(name, f"its member {member!r} lies outside of it")


def _check_array(name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """An array's head says how much memory is taken before its values are read."""
    with archive.open(member) as file:
        try:
            wanted = array_bytes(file)
        except ValueError as error:
            raise ModelFileRefused(name, f"its member {member.filename} is no array: {error}") from error
    if wanted > member.file_size:
        reason = f"its member {member.filename} claims {wanted} bytes of values and has {member.file_size}"
        raise ModelFileRefused(name, reason)


def array_bytes(file: IO[bytes]) -> int:
    """The bytes of values that the head of a .npy file announces.

    Raises:
        ValueError: when there is no such head.
    """
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = read(file)
    count = 1
    for length in shape:
        count *= int(length)
    return 0 if kind.hasobject else count * int(kind.itemsize)
