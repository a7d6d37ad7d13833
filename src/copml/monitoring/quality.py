"""Data quality: what came in from the sources in a window, and what was wrong with it.

Invariant: shares are of all rows that were read, counted, not estimated. That features of a scored batch are missing is
seen in `monitoring.drift`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from copml.monitoring.counted import counted
from copml.records import SEGMENT_ALL, Ingest, Measurement, Occasion

LATE, EMPTY, CHANGED = "late", "empty", "changed"
"""States of an ingest that are a failure of its source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityFound:
    """Measurements of a window, and what is wrong with each source that failed, in words."""

    measurements: tuple[Measurement, ...]
    upstream: Mapping[str, str]


def quality_measurements(
    occasion: Occasion, ingests: Sequence[Ingest], *, tolerated: Mapping[str, float]
) -> QualityFound:
    """`quarantined_ratio` by source and on `all`, and the sources that were late, empty, changed or had gaps.

    `tolerated`: share of missing values by column that the project accepts; a column without an entry is not checked.
    """
    read = {source: sum(item.rows_read for item in group) for source, group in _by_source(ingests).items()}
    bad = {source: sum(item.rows_quarantined for item in group) for source, group in _by_source(ingests).items()}
    read[SEGMENT_ALL], bad[SEGMENT_ALL] = sum(read.values()), sum(bad.values())
    measurements = tuple(
        occasion.measurement("quarantined_ratio", source, counted(bad[source] / rows, rows))
        for source, rows in read.items()
        if rows
    )
    wrong = {
        source: "; ".join(dict.fromkeys(words for item in group for words in _failures(item, tolerated)))
        for source, group in _by_source(ingests).items()
    }
    return QualityFound(measurements=measurements, upstream={source: words for source, words in wrong.items() if words})


def _by_source(ingests: Sequence[Ingest]) -> dict[str, list[Ingest]]:
    groups: dict[str, list[Ingest]] = {}
    for item in ingests:
        groups.setdefault(item.source, []).append(item)
    return groups


def _failures(ingest: Ingest, tolerated: Mapping[str, float]) -> Iterator[str]:
    if ingest.state == LATE:
        yield f"nothing arrived by {ingest.slot:%Y-%m-%d %H:%M} UTC and the accepted delay"
    if ingest.state == EMPTY:
        yield f"what arrived for {ingest.slot:%Y-%m-%d} has no rows"
    if ingest.columns_missing:
        yield f"columns that are gone: {', '.join(ingest.columns_missing)}"
    if ingest.state == CHANGED and ingest.columns_extra:
        yield f"columns that are new: {', '.join(ingest.columns_extra)}"
    for column, share in ingest.missing_ratios.items():
        if column in tolerated and share > tolerated[column]:
            yield f"{column} is {share:.1%} missing, {tolerated[column]:.1%} is tolerated"
