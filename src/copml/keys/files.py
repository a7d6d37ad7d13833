"""Key files: one line of text for each purpose, in a folder that nobody else may enter.

Invariant: the folder appears with all its keys or not at all, and is never written again. A file that was damaged,
swapped with another or opened to other users is refused, because a key that is silently another one would give every
entity a new pseudonym. What the keys are used for is for `keys.keyring`. The line is described in
docs/reference/formats.md and stays readable for ever.
"""

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from copml.errors import KeysExist, KeysExposed, KeysMissing, KeyUnusable
from copml.store import sync_file, sync_folder, write_bytes

FOLDER_MODE = 0o700
FILE_MODE = 0o600
_FORMAT = "copml-key 1"
_CHECK_DIGITS = 16
_LINE_BYTES_MAX = 1024


class Purpose(StrEnum):
    """What a key is for; also the name of its file."""

    SIGNING = "signing"
    PSEUDONYM = "pseudonym"
    DRAW = "draw"
    PREDICTION_ID = "prediction-id"
    VAULT = "vault"

    @property
    def size(self) -> int:
        """Bytes of such a key: AES-256-SIV takes two keys of 32, all others one."""
        return 64 if self is Purpose.VAULT else 32


def create(folder: Path, keys: Mapping[Purpose, bytes] | None = None) -> None:
    """Make a folder with a key for each purpose: the given ones, else new random ones.

    Raises:
        KeysExist: when the folder is there and not empty.
        DiskFull, WorkspaceReadOnly: when it cannot be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for purpose in Purpose:
            key = os.urandom(purpose.size) if keys is None else keys[purpose]
            _write(draft / _file_name(purpose), line(purpose, key))
        _publish(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def load(folder: Path) -> Mapping[Purpose, bytes]:
    """The key for each purpose.

    Raises:
        KeysMissing: without the folder or one of its files.
        KeysExposed: when others may read or change the folder or a file.
        KeyUnusable: when a file cannot be read or does not hold such a key.
    """
    _refuse_exposed(folder, FOLDER_MODE)
    return {purpose: _read(folder / _file_name(purpose), purpose) for purpose in Purpose}


def line(purpose: Purpose, key: bytes) -> str:
    """The text of a key file: format, purpose, key and check digits, with a line feed at the end."""
    body = f"{_FORMAT} {purpose} {key.hex()}"
    return f"{body} {_check(body)}\n"


def _check(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:_CHECK_DIGITS]


def _file_name(purpose: Purpose) -> str:
    return f"{purpose}.key"


def _write(path: Path, text: str) -> None:
    write_bytes(path, text.encode())
    path.chmod(FILE_MODE)
    sync_file(path)


def _publish(draft: Path, folder: Path) -> None:
    try:
        draft.rename(folder)
    except OSError as error:
        if folder.exists():
            raise KeysExist(str(folder)) from error
        raise
    sync_folder(folder.parent)


def _read(path: Path, purpose: Purpose) -> bytes:
    _refuse_exposed(path, FILE_MODE)
    try:
        with path.open("rb") as file:
            text = file.read(_LINE_BYTES_MAX).decode("ascii", errors="replace")
    except OSError as error:
        raise KeyUnusable(str(path), os.strerror(error.errno or 0)) from error
    return _parse(text, path, purpose)


def _parse(text: str, path: Path, purpose: Purpose) -> bytes:
    body, _, check = text.removesuffix("\n").rpartition(" ")
    if not text.startswith(f"{_FORMAT} "):
        raise KeyUnusable(str(path), f"it does not begin with `{_FORMAT}`")
    if check != _check(body):
        raise KeyUnusable(str(path), "its check digits do not fit, so it was damaged")
    name, _, digits = body.removeprefix(f"{_FORMAT} ").partition(" ")
    if name != purpose:
        raise KeyUnusable(str(path), f"it holds the key for {name}, not for {purpose}")
    if len(digits) != 2 * purpose.size:
        raise KeyUnusable(str(path), f"it holds {len(digits) // 2} bytes, not {purpose.size}")
    return bytes.fromhex(digits)


def _refuse_exposed(path: Path, wanted: int) -> None:
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise KeysMissing(str(path)) from error
    if mode & 0o077:
        raise KeysExposed(str(path), mode, wanted)
