"""Find whatever was altered in a ledger, and say it in plain words.

Invariant: when no problem is reported, every record and salt gives its leaf, every two nodes give the one above, no
node is missing or too many, and the tree has the root that each checkpoint signs. An edit of anything breaks one of
those links. Entries after the newest checkpoint are linked, not signed: whoever holds the database could have replaced
them.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from copml.digest import instant
from copml.errors import CheckpointInvalid, LedgerIncomplete
from copml.ledger.checkpoints import Checkpoint, open_checkpoint
from copml.ledger.log import LedgerStore, leaf, root
from copml.ledger.notes import VerifierKey
from copml.merkle import SALT_BYTES, leaf_hash, node_hash
from copml.records import Digest, Entry

PROBLEMS_MAX = 100
"""Problems reported of each sort; a ledger that was replaced altogether has one at every entry."""
LEVELS_MAX = 64

Level = dict[int, bytes]
"""Hashes of one level of the tree, by index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found.

    `root` is that of all entries, empty when nodes of it are missing; `signed` is the number of entries, from the
    first, that stand under a valid checkpoint.
    """

    size: int
    root: Digest
    signed: int
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was found altered."""
        return not self.problems


def verify(store: LedgerStore, checkpoints: Iterable[str], key: VerifierKey) -> Verification:
    """Recompute everything, and compare it with what is kept and with the texts of checkpoints.

    Those held outside count most. The key must come from whoever asks, not from the workspace that is verified.
    """
    size = store.size()
    inside = list(islice(_broken_links(store, size), PROBLEMS_MAX))
    signed, outside = _compare(store, checkpoints, key, size)
    return Verification(size=size, root=_root(store, size), signed=signed, problems=(*inside, *outside[:PROBLEMS_MAX]))


def _broken_links(store: LedgerStore, size: int) -> Iterator[str]:
    lower: Level = dict(store.nodes(0))
    yield from _strays(0, lower, size)
    yield from _entry_problems(store, size, lower)
    for level in range(1, LEVELS_MAX):
        upper: Level = dict(store.nodes(level))
        yield from _strays(level, upper, size)
        yield from _node_problems(level, lower, upper, size >> level)
        lower = upper


def _strays(level: int, nodes: Level, size: int) -> Iterator[str]:
    for index in nodes:
        if not 0 <= index < size >> level:
            yield f"node {index} of level {level} belongs to an entry that the ledger does not have"


def _entry_problems(store: LedgerStore, size: int, leaves: Level) -> Iterator[str]:
    following = 0
    for entry in store.entries(0, size):
        yield from _gap(following, entry.index)
        yield from _faults(entry, leaves)
        following = entry.index + 1
    yield from _gap(following, size)


def _gap(first: int, end: int) -> Iterator[str]:
    if first < end:
        yield f"entry {first} is missing" if end == first + 1 else f"entries {first} to {end - 1} are missing"


def _faults(entry: Entry, leaves: Level) -> Iterator[str]:
    if len(entry.salt) != SALT_BYTES:
        yield f"the salt of entry {entry.index} was altered: it has {len(entry.salt)} bytes, not {SALT_BYTES}"
    elif entry.index not in leaves:
        yield f"the leaf of entry {entry.index} is missing from the tree"
    elif leaf_hash(leaf(entry)) != leaves[entry.index]:
        yield f"entry {entry.index} ({entry.kind}) was altered: its record and salt do not give the leaf in the tree"
    if (wrong := _columns(entry)) is not None:
        yield f"the {wrong} of entry {entry.index} was altered: its record says otherwise"


def _columns(entry: Entry) -> str | None:
    """The first column beside the record that contradicts it, if there is one."""
    try:
        record = json.loads(entry.record)
    except ValueError:
        return "record"
    said = record if isinstance(record, dict) else {}
    shown = {"kind": entry.kind, "project": entry.project, "at": instant(entry.at)}
    return next((name for name, value in shown.items() if said.get(name) != value), None)


def _node_problems(level: int, lower: Level, upper: Level, count: int) -> Iterator[str]:
    for index in sorted({below >> 1 for below in lower} | upper.keys()):
        value, left, right = upper.get(index), lower.get(2 * index), lower.get(2 * index + 1)
        if value is None and index < count:
            yield f"node {index} of level {level} is missing from the tree"
        elif left is not None and right is not None and value != node_hash(left, right):
            yield f"node {index} of level {level} was altered: it is not the hash of the two nodes below it"


def _root(store: LedgerStore, size: int) -> Digest:
    try:
        return Digest(root(store, size).hex())
    except LedgerIncomplete:
        return Digest("")


def _compare(store: LedgerStore, texts: Iterable[str], key: VerifierKey, size: int) -> tuple[int, list[str]]:
    """How many entries are signed for, and what contradicts the checkpoints."""
    signed, problems = 0, []
    for number, text in enumerate(texts, start=1):
        try:
            head = open_checkpoint(text, key)
        except CheckpointInvalid as error:
            problems.append(f"checkpoint {number} of those given cannot be trusted: {error.reason}")
            continue
        problem = _contradiction(store, head, size)
        if problem is None:
            signed = max(signed, head.size)
        else:
            problems.append(problem)
    return signed, problems


def _contradiction(store: LedgerStore, head: Checkpoint, size: int) -> str | None:
    if head.size > size:
        return (
            f"the ledger has {size} entries, and a checkpoint was signed when it had {head.size}: "
            f"the last {head.size - size} were removed"
        )
    found = _root(store, head.size)
    if not found:
        return f"the checkpoint of size {head.size} cannot be compared, because nodes of its tree are missing"
    if found != head.root.hex():
        return f"the first {head.size} entries are not those that the checkpoint of size {head.size} was signed over"
    return None
