"""Freshness of sources, as a pure function of their ingests."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.places import project

from copml.data import freshness
from copml.records import Ingest

JUNE = datetime(2026, 6, 1, tzinfo=UTC)
DAY = datetime(2026, 5, 30, tzinfo=UTC)
INGEST = Ingest(
    project="proj",
    source="rows",
    slot=JUNE,
    known_at=JUNE,
    state="new",
    files=(),
    rows_read=1,
    rows_added=1,
    rows_repeated=0,
    rows_quarantined=0,
    reasons={},
    columns_missing=(),
    columns_extra=(),
    missing_ratios={},
    event_at_min=DAY,
    event_at_max=DAY,
    profile={},
    version=0,
    history=False,
)


@pytest.mark.parametrize(("day", "is_late"), [(1, False), (2, False), (3, False), (4, True)])
def test_late_is_after_the_next_period_and_the_delay(day: int, is_late: bool) -> None:
    (found,) = freshness(project(), [INGEST], datetime(2026, 7, day, tzinfo=UTC))
    assert (found.last_event_at, found.last_known_at) == (DAY, JUNE)
    assert (found.expected_by, found.is_late) == (datetime(2026, 7, 3, tzinfo=UTC), is_late)


@pytest.mark.parametrize("ingests", [[], [replace(INGEST, rows_added=0)], [replace(INGEST, source="other")]])
def test_a_source_that_never_brought_rows_is_late(ingests: list[Ingest]) -> None:
    (found,) = freshness(project(), ingests, JUNE)
    assert (found.expected_by, found.is_late) == (None, True)
