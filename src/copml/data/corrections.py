"""Which files of a source can hold corrections, told from their statistics.

Invariant: no row of a settled file has the entity and event time of another row, so each is known or not by itself;
when in doubt, a file is not called settled. Nothing is imported but PyArrow: the child that builds features uses this.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import pyarrow.parquet as pq

Range = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    path: str
    event_at: Range
    known_at: Range


def settled(paths: Iterable[str]) -> frozenset[str]:
    """Those files whose rows became known together, and whose event times lie apart from those of all other files.

    Rows that became known together differ in entity or event time, which ingest sees to.
    """
    spans = [_span(path) for path in paths]
    known = [span for span in spans if span is not None]
    if len(known) < len(spans):
        return frozenset()
    alone = (group[0] for group in _overlapping(known) if len(group) == 1)
    return frozenset(span.path for span in alone if span.known_at[0] == span.known_at[1])


def _overlapping(spans: list[_Span]) -> Iterator[list[_Span]]:
    """Groups of files whose event times overlap, one through the other."""
    group: list[_Span] = []
    for span in sorted(spans, key=lambda span: span.event_at):
        if group and span.event_at[0] > max(other.event_at[1] for other in group):
            yield group
            group = []
        group.append(span)
    if group:
        yield group


def _span(path: str) -> _Span | None:
    """First and last times in a file; None where its statistics do not say."""
    with pq.ParquetFile(path) as file:
        event_at, known_at = _range(file.metadata, "event_at"), _range(file.metadata, "known_at")
    return None if event_at is None or known_at is None else _Span(path=path, event_at=event_at, known_at=known_at)


def _range(metadata: pq.FileMetaData, column: str) -> Range | None:
    place = metadata.schema.names.index(column)
    found = [metadata.row_group(group).column(place).statistics for group in range(metadata.num_row_groups)]
    if not found or not all(item is not None and item.has_min_max for item in found):
        return None
    return min(item.min for item in found), max(item.max for item in found)
