"""Data quality and service: what came in, what was wrong with it, which batches were missed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.occasions import JANUARY, OCCASION, by_key

from copml.monitoring import quality_measurements, service_measurements
from copml.records import Digest, Ingest, ScoringRun, VersionName

INGEST = Ingest(
    project="telco-churn",
    source="invoices",
    slot=JANUARY.starts_at,
    known_at=JANUARY.starts_at,
    state="new",
    files=(),
    rows_read=100,
    rows_added=90,
    rows_repeated=0,
    rows_quarantined=10,
    reasons={"range": 10},
    columns_missing=(),
    columns_extra=(),
    missing_ratios={"charges": 0.02, "tenure": 0.5},
    event_at_min=None,
    event_at_max=None,
    profile={},
    version=3,
    history=False,
)
TOLERATED = {"charges": 0.05}


def test_quarantined_rows_by_source_and_in_all() -> None:
    other = replace(INGEST, source="customers", rows_read=300, rows_quarantined=0)
    found = quality_measurements(OCCASION, [INGEST, other, INGEST], tolerated=TOLERATED)
    seen = by_key(found.measurements)
    assert {key: (item.value, item.low, item.high, item.n) for key, item in seen.items()} == {
        "quarantined_ratio.invoices": (0.1, 0.1, 0.1, 200),
        "quarantined_ratio.customers": (0, 0, 0, 300),
        "quarantined_ratio.all": (0.04, 0.04, 0.04, 500),
    }
    assert found.upstream == {}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"state": "late", "rows_read": 0}, "nothing arrived by 2026-01-01 00:00 UTC and the accepted delay"),
        ({"state": "empty", "rows_read": 0}, "what arrived for 2026-01-01 has no rows"),
        ({"state": "changed", "columns_missing": ("plan", "fee")}, "columns that are gone: plan, fee"),
        ({"state": "changed", "columns_extra": ("fee",)}, "columns that are new: fee"),
        ({"missing_ratios": {"charges": 0.4}}, "charges is 40.0% missing, 5.0% is tolerated"),
    ],
)
def test_what_a_source_can_do_wrong(changed: dict[str, Any], words: str) -> None:
    found = quality_measurements(OCCASION, [INGEST, replace(INGEST, **changed)], tolerated=TOLERATED)
    assert found.upstream == {"invoices": words}


def test_a_failure_is_told_once() -> None:
    late = replace(INGEST, state="late")
    found = quality_measurements(OCCASION, [late, late, replace(late, columns_missing=("fee",))], tolerated={})
    assert found.upstream["invoices"].count("nothing arrived") == 1
    assert found.upstream["invoices"].endswith("; columns that are gone: fee")


def test_no_rows_no_share() -> None:
    assert quality_measurements(OCCASION, [], tolerated={}).measurements == ()
    assert quality_measurements(OCCASION, [replace(INGEST, rows_read=0)], tolerated={}).measurements == ()


SLOTS = [JANUARY.starts_at + timedelta(weeks=week) for week in range(4)]


def _run(slot: datetime, on_time: bool) -> ScoringRun:
    return ScoringRun(
        project="telco-churn",
        id=f"{slot:%d}",
        slot=slot,
        version=VersionName("v1"),
        deployment="d1",
        rows=10,
        positives=3,
        treated=2,
        control=1,
        table_version=1,
        digest=Digest("0" * 64),
        output="",
        on_time=on_time,
        scored_at=slot + timedelta(days=0 if on_time else 3),
        profile={},
    )


def test_availability_counts_missed_and_late_batches() -> None:
    found = service_measurements(OCCASION, SLOTS, [_run(SLOTS[0], True), _run(SLOTS[1], False), _run(SLOTS[3], True)])
    assert by_key(found.measurements)["availability.all"].value == 0.5
    assert found.failures == (
        "the batch of 2026-01-08 00:00 UTC was scored late, at 2026-01-11 00:00 UTC",
        "the batch of 2026-01-15 00:00 UTC was not scored",
    )


def test_nothing_due_is_not_perfect_service() -> None:
    assert service_measurements(OCCASION, [], [_run(datetime(2026, 1, 1, tzinfo=UTC), True)]).measurements == ()
