"""Outcomes: labels with maturity, events of a window, treatments; late, partial, repeated, corrected."""

import math
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from tests.places import Place, project

from copml.data import events_in, labels, treatments
from copml.errors import ColumnMissing
from copml.records import Window


def day(month: int, number: int) -> datetime:
    return datetime(2026, month, number, tzinfo=UTC)


@pytest.fixture
def left(place: Place) -> Place:
    """Departures: a on 10 May (told on 1 June), b on 31 May and 5 June (told on 1 July), a again on 20 May (July)."""
    sources = {"left": {"path": "in/left*.csv", "entity": "id", "event_at": "day", "history": "ingest"}}
    treated = {"offers": {"path": "in/offers*.csv", "entity": "id", "event_at": "day"}}
    outcome = {"source": "left", "horizon": "30d"}
    place.project = project(sources=sources | treated, outcome=outcome, treatment={"source": "offers"})
    place.file("left1.csv", "id,day,why\na,2026-05-10,u\na,2026-05-10,u\n")
    place.ingest(now=day(6, 1), source="left")
    place.file("left2.csv", "id,day,why\nb,2026-05-31,u\nb,2026-06-05,u\na,2026-05-20,v\na,2026-05-10,corrected\n")
    place.ingest(now=day(7, 1), source="left")
    return place


def pseudonyms(*names: str) -> pa.Array:
    from tests.places import pseudonym

    return pa.array(pseudonym(names))


def label_of(place: Place, entity: str, as_of: datetime, now: datetime, known_by: datetime | None = None) -> Any:
    table = labels(
        place.lake, place.project, entities=pseudonyms(entity), as_of=pa.array([as_of]), now=now, known_by=known_by
    )
    value = table["label"][0].as_py()
    return None if math.isnan(value) else value


@pytest.mark.parametrize(
    ("entity", "as_of", "now", "known_by", "expected"),
    [
        ("a", day(5, 1), day(6, 1), None, 1),
        ("a", day(5, 1), day(6, 15), day(5, 31), 0),  # matured, but not told yet
        ("a", day(5, 9), day(6, 1), None, 1),
        ("a", day(5, 10), day(7, 1), day(6, 15), 0),  # an event at as_of itself is past
        ("a", day(5, 10), day(7, 1), None, 1),  # the second event, told later
        ("a", day(4, 10), day(7, 1), None, 1),  # exactly at the horizon
        ("a", day(4, 9), day(7, 1), None, 0),
        ("b", day(5, 1), day(5, 30), None, None),  # unmatured
        ("b", day(5, 1), day(7, 1), None, 1),
        ("b", day(5, 1), day(6, 15), None, 0),  # late: learned on 1 July only
        ("c", day(5, 1), day(5, 31), None, 0),  # 30 days are over
        ("c", day(5, 1), day(5, 30), None, None),
        ("a", day(5, 25), day(6, 1), None, None),
    ],
)
def test_a_label(
    left: Place, entity: str, as_of: datetime, now: datetime, known_by: datetime | None, expected: float | None
) -> None:
    assert label_of(left, entity, as_of, now, known_by) == expected


def test_labels_come_in_the_order_given_with_times(left: Place) -> None:
    as_of = pa.array([day(5, 1), day(5, 1), day(5, 15), day(6, 20)])
    table = labels(left.lake, left.project, entities=pseudonyms("b", "a", "a", "b"), as_of=as_of, now=day(7, 1))
    assert [row["outcome_at"] for row in table.to_pylist()] == [day(5, 31), day(5, 10), day(5, 20), None]
    assert table["matures_at"].to_pylist() == [day(5, 31), day(5, 31), day(6, 14), day(7, 20)]
    assert str(table["label"].to_pylist()) == "[1.0, 1.0, 1.0, nan]"


def test_the_horizon_is_counted_on_the_calendar(left: Place) -> None:
    place = left
    place.project = project(
        zone="Europe/Berlin",
        sources={"left": {"path": "in/left*.csv", "entity": "id", "event_at": "day"}},
        outcome={"source": "left", "horizon": "1 month"},
    )
    as_of = datetime(2026, 3, 14, 23, tzinfo=UTC)  # midnight of 15 March in Berlin, before summer time starts
    table = labels(place.lake, place.project, entities=pseudonyms("a"), as_of=pa.array([as_of]), now=day(7, 1))
    assert table["matures_at"][0].as_py() == datetime(2026, 4, 14, 22, tzinfo=UTC)


def test_pinned_versions_are_what_is_seen(left: Place) -> None:
    pinned = {"left": 0}
    table = labels(
        left.lake,
        left.project,
        entities=pseudonyms("b"),
        as_of=pa.array([day(5, 15)]),
        now=day(7, 1),
        versions=pinned,
    )
    assert table["label"].to_pylist() == [0]


def test_events_of_a_window(left: Place) -> None:
    may = Window(starts_at=day(5, 10), ends_at=day(5, 31))
    june = Window(starts_at=day(5, 31), ends_at=day(7, 1))
    first = events_in(left.lake, left.project, may, known_by=day(7, 1))
    assert first.to_pylist() == [{"entity": pseudonyms("a")[0].as_py(), "event_at": day(5, 10)}]
    assert events_in(left.lake, left.project, june, known_by=day(7, 1))["event_at"].to_pylist() == [day(5, 31)]
    assert events_in(left.lake, left.project, june, known_by=day(6, 1)).num_rows == 0


def test_treatments(left: Place) -> None:
    assert treated(left).num_rows == 0
    left.file("offers.csv", "id,day,kind\na,2026-05-01,x\na,2026-05-01,y\na,2026-05-03,x\nb,2026-06-01,x\n")
    left.ingest(source="offers")
    assert treated(left)["event_at"].to_pylist() == [day(5, 1), day(5, 3)]
    left.project = project()
    assert treated(left).num_rows == 0


def treated(place: Place) -> pa.Table:
    return treatments(place.lake, place.project, since=day(5, 1), until=day(6, 1), known_by=day(7, 1))


def test_no_rows_yet_are_no_outcomes(place: Place) -> None:
    assert label_of(place, "a", day(5, 1), day(7, 1)) == 0
    window = Window(starts_at=day(5, 1), ends_at=day(6, 1))
    assert events_in(place.lake, place.project, window, known_by=day(7, 1)).num_rows == 0


@pytest.mark.parametrize(
    ("values", "positive", "expected"),
    [
        (["Yes", "No", ""], "Yes", [1, 0, None]),
        (["1", "0", ""], "1", [1, 0, None]),
        (["true", "false", ""], "yes", [1, 0, None]),
    ],
)
def test_an_outcome_that_is_a_column(
    place: Place, values: list[str], positive: str, expected: list[float | None]
) -> None:
    place.project = project(
        sources={"rows": {"path": "in/all.csv", "entity": "id"}},
        outcome={"source": "rows", "column": "churn", "positive": positive},
    )
    place.file(
        "all.csv", "id,x,churn\n" + "".join(f"{name},1,{value}\n" for name, value in zip("abc", values, strict=True))
    )
    place.ingest()
    as_of = pa.array([day(6, 1)] * 4)
    table = labels(place.lake, place.project, entities=pseudonyms(*"abcd"), as_of=as_of, now=day(6, 1))
    assert [None if math.isnan(value) else value for value in table["label"].to_pylist()] == [*expected, None]


def test_an_outcome_column_that_is_not_there(place: Place) -> None:
    place.project = project(
        sources={"rows": {"path": "in/all.csv", "entity": "id"}},
        outcome={"source": "rows", "column": "gone", "positive": "1"},
    )
    place.file("all.csv", "id,x\na,1\n")
    place.ingest()
    with pytest.raises(ColumnMissing, match="source rows has no column 'gone'"):
        label_of(place, "a", day(6, 1), day(6, 1))
