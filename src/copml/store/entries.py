"""The ledger's rows: entries, nodes of the tree, checkpoints.

Invariant: entries are numbered from 0 without a gap, and are only ever added, within the transaction that keeps what
they record. What the hashes mean is for `ledger`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, insert, select

from copml.digest import instant
from copml.records import Entry
from copml.store.state import Reader, Transaction
from copml.store.tables import CHECKPOINTS, MAPPINGS, NODES

ENTRIES_PER_READ = 1000


class LedgerTable:
    """The ledger's tables within one transaction; reading needs a `Reader` only."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def size(self) -> int:
        """How many entries there are."""
        table = MAPPINGS[Entry].table
        last = self._reader.connection.execute(select(func.max(table.c.index))).scalar()
        return 0 if last is None else int(last) + 1

    def entries(self, start: int, stop: int) -> Iterator[Entry]:
        """Entries start … stop − 1 that are there, in order, in bounded memory; to be read to the end."""
        mapping = MAPPINGS[Entry]
        table = mapping.table
        query = select(table).where(table.c.index >= start, table.c.index < stop).order_by(table.c.index)
        for row in self._reader.connection.execute(query, execution_options={"yield_per": ENTRIES_PER_READ}):
            entry = mapping.read(tuple(row))
            assert isinstance(entry, Entry)
            yield entry

    def node(self, level: int, index: int) -> bytes | None:
        """The hash of a node; None where there is none."""
        query = select(NODES.c.hash).where(NODES.c.level == level, NODES.c.index == index)
        found = self._reader.connection.execute(query).scalar()
        return None if found is None else bytes(found)

    def nodes(self, level: int) -> Iterator[tuple[int, bytes]]:
        """Index and hash of every node of a level, in bounded memory."""
        query = select(NODES.c.index, NODES.c.hash).where(NODES.c.level == level).order_by(NODES.c.index)
        for row in self._reader.connection.execute(query, execution_options={"yield_per": ENTRIES_PER_READ}):
            yield int(row[0]), bytes(row[1])

    def add(self, entries: Sequence[Entry], nodes: Mapping[tuple[int, int], bytes]) -> None:
        """Keep entries and the nodes that they complete."""
        mapping = MAPPINGS[Entry]
        rows = [{"level": level, "index": index, "hash": value} for (level, index), value in nodes.items()]
        self._writer.connection.execute(insert(mapping.table), [mapping.row(entry) for entry in entries])
        self._writer.connection.execute(insert(NODES), rows)

    def put_checkpoint(self, size: int, text: str, at: datetime) -> None:
        """Keep a signed checkpoint."""
        self._writer.connection.execute(insert(CHECKPOINTS).values(size=size, text=text, at=instant(at)))

    def checkpoint(self, size: int) -> str | None:
        """The checkpoint of a size."""
        query = select(CHECKPOINTS.c.text).where(CHECKPOINTS.c.size == size)
        found = self._reader.connection.execute(query).scalar()
        return None if found is None else str(found)

    def checkpoints(self) -> list[tuple[int, str, datetime]]:
        """Every checkpoint: size, text, when it was made; smallest first."""
        rows = self._reader.connection.execute(select(CHECKPOINTS).order_by(CHECKPOINTS.c.size))
        return [(int(row.size), str(row.text), datetime.fromisoformat(row.at)) for row in rows]

    @property
    def _writer(self) -> Transaction:
        assert isinstance(self._reader, Transaction), "the ledger grows in a writing transaction only"
        return self._reader
