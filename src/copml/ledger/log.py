"""Append records to the ledger, and take the root of its tree.

Invariant: entry i is leaf i of an RFC 6962 tree over salted commitments, and an append adds the entry together with
every node that it completes, so that the work grows with the logarithm of the size. The caller's transaction makes all
of it one step. Signing a root is for `ledger.checkpoints`, finding fault for `ledger.verification`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from copml.access import AccessRecord
from copml.digest import canonical
from copml.errors import LedgerIncomplete
from copml.ledger.kinds import kind_of
from copml.merkle import commitment, fold, leaf_hash, node_hash, peaks
from copml.records import Entry, Record

PROJECT_NONE = ""
"""The project of entries that are of the workspace."""
Place = tuple[int, int]
"""Level and index of a node."""


class LedgerStore(Protocol):
    """Where entries and nodes are kept; one transaction of the state database."""

    def size(self) -> int:
        """Number of entries: one more than the index of the last."""
        ...

    def entries(self, start: int, stop: int) -> Iterator[Entry]:
        """Entries with start ≤ index < stop, in the order of their indexes; those that are there."""
        ...

    def node(self, level: int, index: int) -> bytes | None:
        """Hash of a node, 32 bytes; None where there is none."""
        ...

    def nodes(self, level: int) -> Iterator[tuple[int, bytes]]:
        """Index and hash of every node of a level, in any order."""
        ...

    def add(self, entries: Sequence[Entry], nodes: Mapping[Place, bytes]) -> None:
        """Keep entries, at least one, and the nodes that they complete."""
        ...


def append(store: LedgerStore, records: Iterable[tuple[Record | AccessRecord, bytes]], *, at: datetime) -> list[Entry]:
    """Append records, each with 32 bytes of salt that were drawn at random for it alone, in this order.

    Raises:
        LedgerIncomplete: when the store lacks a node; nothing may be committed then.
        TypeError: for a record that has no kind.
    """
    entries = [_entry(index, record, salt, at) for index, (record, salt) in enumerate(records, start=store.size())]
    new: dict[Place, bytes] = {}
    for entry in entries:
        new |= _completed(store, entry, new)
    if entries:
        store.add(entries, new)
    return entries


def leaf(entry: Entry) -> bytes:
    """The 33 bytes of an entry's leaf: version byte, SHA-256(salt ‖ record)."""
    return commitment(entry.salt, entry.record)


def root(store: LedgerStore, size: int) -> bytes:
    """The root of the tree over the first `size` entries, 32 bytes.

    Raises:
        LedgerIncomplete: when the store lacks a node of it.
    """
    return fold([present(store, level, index) for level, index in peaks(size)])


def present(store: LedgerStore, level: int, index: int) -> bytes:
    """A node that must be there.

    Raises:
        LedgerIncomplete: when it is not.
    """
    value = store.node(level, index)
    if value is None:
        raise LedgerIncomplete(level, index)
    return value


def _entry(index: int, record: Record | AccessRecord, salt: bytes, at: datetime) -> Entry:
    kind = kind_of(record)
    if kind is None:
        raise TypeError(f"{type(record).__name__} is no entry of the ledger; ledger.kinds says which records are")
    project = getattr(record, "project", PROJECT_NONE)
    text = canonical({"at": at, "kind": kind, "project": project, "record": record})
    return Entry(index=index, kind=kind, project=project, record=text, salt=salt, at=at)


def _completed(store: LedgerStore, entry: Entry, new: Mapping[Place, bytes]) -> dict[Place, bytes]:
    """The nodes that an entry completes when it is the last: its leaf, and upward while it is a right child.

    Left siblings are among the new ones, or in the store.
    """
    level, index = 0, entry.index
    value = leaf_hash(leaf(entry))
    nodes = {(level, index): value}
    while index % 2:
        left = new.get((level, index - 1)) or present(store, level, index - 1)
        value = node_hash(left, value)
        level, index = level + 1, index // 2
        nodes[level, index] = value
    return nodes
