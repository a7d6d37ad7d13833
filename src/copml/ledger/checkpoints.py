"""Checkpoints as C2SP defines them (c2sp.org/tlog-checkpoint): origin, size and root of the ledger, signed.

Invariant: two checkpoints of one origin contradict each other only if the ledger was rewritten between them; one held
outside therefore fixes all entries before it. When they are made and where they go is for `operations`.
"""

import base64
from dataclasses import dataclass

from copml.errors import CheckpointInvalid
from copml.ledger.notes import Signer, VerifierKey, open_note, sign_note
from copml.merkle import HASH_BYTES

SIZE_DIGITS_MAX = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The head of a ledger: its name, number of entries, and root hash (32 bytes)."""

    origin: str
    size: int
    root: bytes


def checkpoint(origin: str, size: int, root: bytes, signer: Signer) -> str:
    """The signed text of a checkpoint; the key's name is the origin.

    Raises:
        CheckpointInvalid: for an origin that is empty or holds blanks or a plus.
    """
    return sign_note(_text(Checkpoint(origin=origin, size=size, root=root)), origin, signer)


def open_checkpoint(text: str, key: VerifierKey) -> Checkpoint:
    """What a checkpoint says, after its signature was verified; its origin must be the key's name.

    Raises:
        CheckpointInvalid: when it is no checkpoint, of another origin, or not signed by the key.
    """
    lines = open_note(text, key)[:-1].split("\n")
    if len(lines) < 3 or "" in lines:
        raise CheckpointInvalid("a checkpoint has at least three lines: origin, size, root")
    found = Checkpoint(origin=lines[0], size=_size(lines[1]), root=_root(lines[2]))
    if found.origin != key.name:
        raise CheckpointInvalid(f"it is of the ledger {found.origin}, not of {key.name}")
    return found


def _text(head: Checkpoint) -> str:
    return f"{head.origin}\n{head.size}\n{base64.b64encode(head.root).decode()}\n"


def _size(line: str) -> int:
    plain = line.isascii() and line.isdecimal() and len(line) <= SIZE_DIGITS_MAX
    if not plain or str(int(line)) != line:
        raise CheckpointInvalid(f"its size {line[:40]!r} is no plain number")
    return int(line)


def _root(line: str) -> bytes:
    try:
        data = base64.b64decode(line, validate=True)
    except ValueError as error:
        raise CheckpointInvalid("its root is not base64") from error
    if len(data) != HASH_BYTES:
        raise CheckpointInvalid(f"its root has {len(data)} bytes, not {HASH_BYTES}")
    return data
