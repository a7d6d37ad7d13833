"""The hash tree of RFC 6962 (and 9162), over SHA-256, and the salted commitments that are its leaves.

Invariant: a root depends on the leaves and their order alone, not on how they arrived. Node (level, index) is the hash
over the leaves index·2^level up to (index + 1)·2^level; only complete nodes have a number. Where nodes are kept is for
`ledger`, how a prediction becomes bytes for `predictions`.
"""

import hashlib
from collections.abc import Iterable, Sequence

HASH_BYTES = 32
SALT_BYTES = 32
LEAF_VERSION = b"\x01"
LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
EMPTY_ROOT = hashlib.sha256(b"").digest()


def commitment(salt: bytes, data: bytes) -> bytes:
    """The 33 bytes of a leaf: a version byte, then SHA-256 over 32 bytes of salt and the data.

    Raises:
        ValueError: for a salt of another length, which would leave open where the salt ends and the data begin.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, this one has {len(salt)}")
    return LEAF_VERSION + hashlib.sha256(salt + data).digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of a leaf: node (0, index)."""
    return hashlib.sha256(LEAF_PREFIX + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two nodes of one level, as one node of the level above."""
    return hashlib.sha256(NODE_PREFIX + left + right).digest()


def peaks(size: int) -> list[tuple[int, int]]:
    """The largest complete nodes, as (level, index), that together hold a tree of this size, from the left.

    >>> peaks(6)
    [(2, 0), (1, 2)]
    """
    return [(level, (size >> level) - 1) for level in reversed(range(size.bit_length())) if size >> level & 1]


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over peaks, given from the left; of none, the root of the empty tree."""
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for left in reversed(hashes[:-1]):
        root = node_hash(left, root)
    return root


class Frontier:
    """A root over leaves that arrive in any portions, in memory that grows with the logarithm of their number."""

    def __init__(self) -> None:
        self.size = 0
        self._waiting: list[bytes | None] = []

    def extend(self, hashes: Iterable[bytes]) -> None:
        """Add leaf hashes at the right. On each level a left node waits until its right one is there."""
        nodes, level, new = list(hashes), 0, hashlib.sha256
        self.size += len(nodes)
        while nodes:
            if level == len(self._waiting):
                self._waiting.append(None)
            if (left := self._waiting[level]) is not None:
                nodes.insert(0, left)
            self._waiting[level] = nodes[-1] if len(nodes) % 2 else None
            pairs = zip(nodes[::2], nodes[1::2], strict=False)
            nodes = [new(NODE_PREFIX + left + right).digest() for left, right in pairs]  # node_hash, without a call
            level += 1

    def root(self) -> bytes:
        """The root over all leaves added so far."""
        return fold([node for node in reversed(self._waiting) if node is not None])
