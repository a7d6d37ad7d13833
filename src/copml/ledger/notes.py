"""Signed notes as C2SP defines them (c2sp.org/signed-note), with Ed25519 keys.

Invariant: a note opens only when the asked-for key signed every byte of its text; signatures by other keys are
passed over. What the text says is for `ledger.checkpoints`.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from copml.errors import CheckpointInvalid

NOTE_BYTES_MAX = 1 << 20
ED25519 = b"\x01"
_KEY_ID_BYTES = 4
_PUBLIC_KEY_BYTES = 32
_DASH = "\u2014 "


class Signer(Protocol):
    """Whoever holds an Ed25519 key."""

    @property
    def public_key(self) -> bytes:
        """32 bytes."""
        ...

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        ...


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A key by its name and public half; as text `name+key id+base64`, which other people's verifiers take.

    Raises:
        CheckpointInvalid: when the name is empty or holds blanks or a plus.
    """

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise CheckpointInvalid(f"{self.name!r} is no key name: it must be text without blanks and plus signs")
        if len(self.public_key) != _PUBLIC_KEY_BYTES:
            raise CheckpointInvalid(f"an Ed25519 public key has {_PUBLIC_KEY_BYTES} bytes, not {len(self.public_key)}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name+key id+base64`.

        Raises:
            CheckpointInvalid: when the text is no Ed25519 verifier key, or its parts do not fit.
        """
        name, _, rest = text.strip().partition("+")
        encoded = _decode(rest.partition("+")[2])
        if encoded is None or encoded[:1] != ED25519:
            raise CheckpointInvalid("the verifier key is no Ed25519 key of the form name+id+base64")
        key = cls(name, encoded[1:])
        if str(key) != text.strip():
            raise CheckpointInvalid("the id in the verifier key does not fit its name and key")
        return key

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public_key).decode()}"

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys of one name apart."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public_key).digest()[:_KEY_ID_BYTES]


def sign_note(text: str, name: str, signer: Signer) -> str:
    """A note: the text, which ends in a line feed, a blank line, and the signature line.

    Raises:
        CheckpointInvalid: for a name that is no key name.
    """
    key = VerifierKey(name, signer.public_key)
    signature = base64.b64encode(key.key_id + signer.sign(text.encode())).decode()
    return f"{text}\n{_DASH}{name} {signature}\n"


def open_note(note: str, key: VerifierKey) -> str:
    """The text of a note that the key signed.

    Raises:
        CheckpointInvalid: when it is no note, or the key's signature is missing or wrong.
    """
    if len(note.encode()) > NOTE_BYTES_MAX or any(char < " " and char != "\n" for char in note):
        raise CheckpointInvalid(f"it is larger than {NOTE_BYTES_MAX} bytes or holds control characters")
    body, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise CheckpointInvalid("it has no signature under a blank line")
    text = body + "\n"
    found = [_signature(line) for line in signatures[:-1].split("\n")]
    ours = [signature[_KEY_ID_BYTES:] for name, signature in found if _is_by(key, name, signature)]
    if not ours:
        raise CheckpointInvalid(f"it carries no signature of {key.name} with key id {key.key_id.hex()}")
    if not all(_holds(key, text, signature) for signature in ours):
        raise CheckpointInvalid(f"the signature of {key.name} does not fit the text")
    return text


def _is_by(key: VerifierKey, name: str, signature: bytes) -> bool:
    return name == key.name and signature[:_KEY_ID_BYTES] == key.key_id


def _signature(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    signature = _decode(encoded)
    if not line.startswith(_DASH) or not _is_name(name) or signature is None or len(signature) <= _KEY_ID_BYTES:
        raise CheckpointInvalid(f"{line[:80]!r} is no signature line")
    return name, signature


def _holds(key: VerifierKey, text: str, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(signature, text.encode())
    except InvalidSignature:
        return False
    return True


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and name.isprintable() and not any(char.isspace() for char in name)


def _decode(text: str) -> bytes | None:
    """Bytes of standard base64 in its one exact spelling, else None."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None
