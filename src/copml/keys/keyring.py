"""What the keys of a workspace are used for.

Invariant: each purpose has a key of its own, so that what one of them makes tells nothing about another. Pseudonyms,
draws and sealed identifiers are functions of the key and the arguments: the same again gives the same again. Messages
are described in docs/reference/formats.md and are final. Where keys lie is for `keys.files`.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from numpy.typing import NDArray

from copml.digest import macs
from copml.errors import IdentifierUnreadable
from copml.keys import files
from copml.keys.files import Purpose

PSEUDONYM_BYTES = 16
SEPARATOR = "|"
_ID_DIGITS = 16
_ID_MESSAGE = b"copml key id"
_SEALED_VERSION = b"\x01"


class Keys:
    """The keys of one workspace. Shows the ids of its keys, never the keys."""

    __slots__ = ("_draw", "_prediction_id", "_pseudonym", "_signing", "_vault", "folder", "ids", "public_key")

    def __init__(self, folder: Path) -> None:
        keys = files.load(folder)
        self.folder = folder
        self._signing = Ed25519PrivateKey.from_private_bytes(keys[Purpose.SIGNING])
        self._pseudonym = keys[Purpose.PSEUDONYM]
        self._draw = keys[Purpose.DRAW]
        self._prediction_id = keys[Purpose.PREDICTION_ID]
        self._vault = AESSIV(keys[Purpose.VAULT])
        self.public_key: bytes = self._signing.public_key().public_bytes_raw()
        """The Ed25519 public key, 32 bytes."""
        self.ids: dict[str, str] = {str(purpose): self._id(purpose, key) for purpose, key in keys.items()}
        """A public id of each key by purpose, 16 hexadecimal digits: says which key it is, not what it is."""

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Make new keys in a folder that is empty or not there yet: all of them durably, or none.

        Raises:
            KeysExist: when the folder is not empty.
            DiskFull, WorkspaceReadOnly: when it cannot be written.
        """
        files.create(folder)
        return cls(folder)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The keys in a folder.

        Raises:
            KeysMissing: without the folder or one of its files.
            KeysExposed: when other users may read or change them.
            KeyUnusable: when a file was damaged or swapped.
        """
        return cls(folder)

    def copy(self, folder: Path) -> None:
        """Write the same keys into another folder: what is made with them cannot be told apart.

        Raises:
            KeysExist, DiskFull, WorkspaceReadOnly: as `create`.
        """
        files.create(folder, files.load(self.folder))

    def __repr__(self) -> str:
        return f"Keys({', '.join(f'{purpose} {key_id}' for purpose, key_id in self.ids.items())})"

    @property
    def prediction_id_key(self) -> bytes:
        """The key that prediction ids are made with, 32 bytes: for `predictions.prediction_ids`, and nothing else."""
        return self._prediction_id

    def pseudonym(self, project: str, identifiers: Iterable[str]) -> list[str]:
        """A pseudonym for each identifier, 32 hexadecimal digits; the same identifier in two projects has two.

        Identifiers count as they are written: case, blanks and Unicode forms make a difference.
        """
        prefix = f"{_plain(project)}{SEPARATOR}".encode()
        tags = macs(self._pseudonym, (prefix + identifier.encode() for identifier in identifiers))
        return [tag[:PSEUDONYM_BYTES].hex() for tag in tags]

    def draw(self, purpose: str, project: str, epoch: str, entities: Sequence[str]) -> NDArray[np.float64]:
        """A number in [0, 1) for each entity, shape (entities,); another purpose or epoch draws anew.

        Uniform, in steps of 2^-53: the first 53 bits of the MAC.
        """
        prefix = f"{_plain(purpose)}{SEPARATOR}{_plain(project)}{SEPARATOR}".encode()
        suffix = f"{SEPARATOR}{_plain(epoch)}".encode()
        tags = macs(self._draw, (prefix + entity.encode() + suffix for entity in entities))
        numbers = np.frombuffer(b"".join(tag[:8] for tag in tags), dtype=">u8")
        return (numbers >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def seal_identifier(self, project: str, pseudonym: str, identifier: str) -> bytes:
        """Encrypt an identifier for the vault. Opens only under the same project and pseudonym."""
        return _SEALED_VERSION + self._vault.encrypt(identifier.encode(), [project.encode(), pseudonym.encode()])

    def open_identifier(self, project: str, pseudonym: str, sealed: bytes) -> str:
        """The identifier that was sealed.

        Raises:
            IdentifierUnreadable: when it was altered, or belongs to another project, pseudonym or key.
        """
        version, encrypted = sealed[:1], sealed[1:]
        if version != _SEALED_VERSION:
            raise IdentifierUnreadable(project, pseudonym)
        try:
            return self._vault.decrypt(encrypted, [project.encode(), pseudonym.encode()]).decode()
        except (InvalidTag, ValueError) as error:
            raise IdentifierUnreadable(project, pseudonym) from error

    def sign(self, data: bytes) -> bytes:
        """An Ed25519 signature (RFC 8032), 64 bytes."""
        return self._signing.sign(data)

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Whether the signature over the data is of this workspace's signing key."""
        return verify(self.public_key, data, signature)

    def _id(self, purpose: Purpose, key: bytes) -> str:
        public = self.public_key if purpose is Purpose.SIGNING else macs(key, [_ID_MESSAGE])[0]
        return hashlib.sha256(public).hexdigest()[:_ID_DIGITS]


def verify(public_key: bytes, data: bytes, signature: bytes) -> bool:
    """Whether the Ed25519 signature over the data is of the key whose public half this is."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _plain(part: str) -> str:
    """A part of a message before the separator; with one inside it, two messages could be the same bytes."""
    if SEPARATOR in part:
        raise ValueError(f"{part!r} holds {SEPARATOR!r}, which separates the parts of a message")
    return part
