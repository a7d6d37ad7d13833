"""A ledger in memory, which tests may fill, alter and verify; and keys that are always the same."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from copml.keys import Keys
from copml.ledger import append, checkpoint, root
from copml.records import Entry, Record, Retirement

GOLDEN = Path(__file__).parent / "golden"
ORIGIN = "copml.example/telco"
AT = datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC)


class MemoryLedger:
    """The `LedgerStore` of tests: its dicts are open to be tampered with."""

    def __init__(self) -> None:
        self.kept: dict[int, Entry] = {}
        self.hashes: dict[tuple[int, int], bytes] = {}

    def size(self) -> int:
        return max(self.kept, default=-1) + 1

    def entries(self, start: int, stop: int) -> Iterator[Entry]:
        return (self.kept[index] for index in sorted(self.kept) if start <= index < stop)

    def node(self, level: int, index: int) -> bytes | None:
        return self.hashes.get((level, index))

    def nodes(self, level: int) -> Iterator[tuple[int, bytes]]:
        return ((index, value) for (of, index), value in self.hashes.items() if of == level)

    def add(self, entries: Sequence[Entry], nodes: Mapping[tuple[int, int], bytes]) -> None:
        assert [entry.index for entry in entries] == list(range(self.size(), self.size() + len(entries)))
        assert not nodes.keys() & self.hashes.keys()
        self.kept |= {entry.index: entry for entry in entries}
        self.hashes |= nodes


def retirement(number: int, project: str = "telco-churn") -> Record:
    return Retirement(project=project, by=f"person {number}", reason="no longer needed", at=AT)


def salt(number: int) -> bytes:
    return number.to_bytes(32, "big")


def filled(size: int) -> MemoryLedger:
    store = MemoryLedger()
    for number in range(size):
        append(store, [(retirement(number), salt(number))], at=AT + timedelta(seconds=number))
    return store


def signed(store: MemoryLedger, size: int, keys: Keys) -> str:
    return checkpoint(ORIGIN, size, root(store, size), keys)


def golden_keys(folder: Path) -> Keys:
    """Keys that were written once and for all; a checkout does not keep their mode, so they are copied."""
    copy = folder / "keys"
    shutil.copytree(GOLDEN / "keys", copy)
    for file in copy.iterdir():
        file.chmod(0o600)
    copy.chmod(0o700)
    return Keys.open(copy)
