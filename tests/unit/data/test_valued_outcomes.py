"""Outcomes that an event tells: numbers, classes, yes or no; corrected, repeated, late, and never told."""

import math
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from tests.places import Place, project, pseudonym

from copml.data import events_in, labels
from copml.errors import ColumnMissing, OutcomeNotNumeric
from copml.records import Window


def day(month: int, number: int) -> datetime:
    return datetime(2026, month, number, tzinfo=UTC)


OUTCOMES: dict[str, dict[str, Any]] = {
    "number": {"kind": "regression", "column": "cost"},
    "class": {"kind": "multiclass", "column": "how", "classes": ["lost", "fine"]},
    "yes": {"kind": "binary", "column": "how", "positive": "fine"},
}


@pytest.fixture
def ended(place: Place) -> Place:
    """a ends twice in May, the first end is corrected in July; b ends late; c says what is none of the classes."""
    place.project = project(sources={"ends": {"path": "in/ends*.csv", "entity": "id", "event_at": "day"}})
    place.project = _with(place, "number")
    place.file(
        "ends1.csv",
        "id,day,how,cost\na,2026-05-20,lost,7.5\na,2026-05-10,fine,2\nc,2026-05-11,stolen,\nd,2026-05-12,,4\n",
    )
    place.ingest(now=day(6, 1), source="ends")
    place.file("ends2.csv", "id,day,how,cost\na,2026-05-10,lost,3\nb,2026-06-20,fine,1\n")
    place.ingest(now=day(7, 1), source="ends")
    return place


def _with(place: Place, kind: str) -> Any:
    sources = {"ends": {"path": "in/ends*.csv", "entity": "id", "event_at": "day"}}
    return project(sources=sources, outcome={"source": "ends", "horizon": "30d", **OUTCOMES[kind]})


def label_of(place: Place, entity: str, as_of: datetime, known_by: datetime | None = None) -> float | None:
    given = pa.array(pseudonym([entity]))
    now = day(9, 1)
    table = labels(place.lake, place.project, entities=given, as_of=pa.array([as_of]), now=now, known_by=known_by)
    assert table.column_names == ["entity", "as_of", "label", "outcome_at", "matures_at"]
    value = table["label"][0].as_py()
    return None if math.isnan(value) else value


@pytest.mark.parametrize(
    ("kind", "entity", "as_of", "known_by", "expected"),
    [
        ("number", "a", day(5, 1), day(6, 15), 2),
        ("number", "a", day(5, 1), None, 3),  # corrected in July
        ("number", "a", day(5, 10), None, 7.5),  # an event at as_of itself is past
        ("number", "a", day(4, 1), None, None),  # beyond the horizon
        ("number", "b", day(5, 1), None, None),
        ("number", "b", day(6, 1), None, 1),
        ("number", "c", day(5, 1), None, None),  # the event says nothing
        ("class", "a", day(5, 1), day(6, 15), 1),
        ("class", "a", day(5, 1), None, 0),
        ("class", "c", day(5, 1), None, None),  # none of the classes
        ("class", "d", day(5, 1), None, None),
        ("yes", "a", day(5, 1), day(6, 15), 1),
        ("yes", "a", day(5, 1), None, 0),
        ("yes", "c", day(5, 1), None, 0),  # another value
        ("yes", "b", day(5, 1), None, None),  # no event is no answer
    ],
)
def test_a_label(
    ended: Place, kind: str, entity: str, as_of: datetime, known_by: datetime | None, expected: float | None
) -> None:
    ended.project = _with(ended, kind)
    assert label_of(ended, entity, as_of, known_by) == expected


def test_only_events_that_count_as_yes_are_events_of_a_window(ended: Place) -> None:
    ended.project = _with(ended, "yes")
    summer = Window(starts_at=day(5, 1), ends_at=day(7, 1))
    found = events_in(ended.lake, ended.project, summer, known_by=day(7, 2))
    assert found["entity"].to_pylist() == pseudonym(["b"])
    before = events_in(ended.lake, ended.project, summer, known_by=day(6, 15))
    assert before["entity"].to_pylist() == pseudonym(["a"])


def test_numbers_are_not_read_from_words(ended: Place) -> None:
    ended.project = _with(ended, "class")
    sources = {"ends": {"path": "in/ends*.csv", "entity": "id", "event_at": "day"}}
    outcome = {"source": "ends", "horizon": "30d", "kind": "regression", "column": "how"}
    ended.project = project(sources=sources, outcome=outcome)
    with pytest.raises(OutcomeNotNumeric, match="'how' holds string"):
        label_of(ended, "a", day(5, 1))


def test_a_column_that_is_not_there_is_named(ended: Place) -> None:
    sources = {"ends": {"path": "in/ends*.csv", "entity": "id", "event_at": "day"}}
    outcome = {"source": "ends", "horizon": "30d", "kind": "regression", "column": "price"}
    ended.project = project(sources=sources, outcome=outcome)
    with pytest.raises(ColumnMissing, match="price"):
        label_of(ended, "a", day(5, 1))


def test_before_anything_arrived_all_is_unknown(place: Place) -> None:
    place.project = _with(place, "number")
    assert label_of(place, "a", day(5, 1)) is None
