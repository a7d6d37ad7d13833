"""Which files of a source can hold corrections, told from their statistics.

Invariant: no row of a settled file has the entity and event time of another row, so each is known or not by itself;
when in doubt, a file is not called settled. Nothing is imported but PyArrow: the child that builds features uses this.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pyarrow.parquet as pq

Range = tuple[datetime, datetime]
Span = tuple[Range, Range, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Footer:
    """What the end of a Parquet file says: its columns, and its first and last times, None where it does not say."""

    path: str
    columns: tuple[str, ...]
    event_at: Range | None
    known_at: Range | None


def read_footer(path: str) -> Footer:
    """The footer of a source's file."""
    with pq.ParquetFile(path) as file:
        columns, leaves = tuple(file.schema_arrow.names), file.metadata.schema.names
        event_at, known_at = (_range(file.metadata, leaves.index(name)) for name in ("event_at", "known_at"))
    return Footer(path=path, columns=columns, event_at=event_at, known_at=known_at)


def settled(footers: Iterable[Footer]) -> frozenset[str]:
    """Those files whose rows became known together, and whose event times lie apart from those of all other files.

    Rows that became known together differ in entity or event time, which ingest sees to.
    """
    spans = [(footer.event_at, footer.known_at, footer.path) for footer in footers]
    known = [(event_at, known_at, path) for event_at, known_at, path in spans if event_at and known_at]
    if len(known) < len(spans):
        return frozenset()
    alone = (group[0] for group in _overlapping(sorted(known)) if len(group) == 1)
    return frozenset(path for _, known_at, path in alone if known_at[0] == known_at[1])


def _overlapping(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """Groups of files whose event times overlap, one through the other; `spans` by their first times."""
    group: list[Span] = []
    for span in spans:
        if group and span[0][0] > max(event_at[1] for event_at, _, _ in group):
            yield group
            group = []
        group.append(span)
    if group:
        yield group


def _range(metadata: pq.FileMetaData, place: int) -> Range | None:
    found = [metadata.row_group(group).column(place).statistics for group in range(metadata.num_row_groups)]
    if not found or not all(item is not None and item.has_min_max for item in found):
        return None
    return min(item.min for item in found), max(item.max for item in found)
