"""Checks on every row: what fails is quarantined with its reason, what is blank is null."""

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from tests.places import Place, project, pseudonym

from copml.data.columns import Inference, make_plan
from copml.data.readers import Lines
from copml.data.rows import Sorter


@pytest.mark.parametrize(
    ("declared", "check", "value", "expected"),
    [
        ("number", {}, "1.5", 1.5),
        ("number", {}, " 1.5 ", 1.5),
        ("number", {}, "-1e3", -1000.0),
        ("number", {}, "", None),
        ("number", {}, '" "', None),
        ("number", {}, "NaN", None),
        ("number", {}, "abc", "x: no number"),
        ("number", {}, "1.5.2", "x: no number"),
        ("number", {}, "inf", "x: infinite"),
        ("number", {}, "-Infinity", "x: infinite"),
        ("number", {}, "1e999", "x: infinite"),
        ("number", {"min": 0}, "-0.1", "x: below 0"),
        ("number", {"max": 10}, "10.1", "x: above 10"),
        ("number", {"min": 0, "max": 10}, "10", 10.0),
        ("integer", {}, "12", 12),
        ("integer", {}, "+12", 12),
        ("integer", {}, "12.0", 12),
        ("integer", {}, "12.5", "x: no integer"),
        ("integer", {}, "9007199254740993", 9007199254740993),
        ("integer", {"max": 5}, "6", "x: above 5"),
        ("boolean", {}, "Yes", True),
        ("boolean", {}, "0", False),
        ("boolean", {}, "maybe", "x: no boolean"),
        ("text", {}, "12", "12"),
        ("text", {}, "", None),
        ("text", {"values": ["u", "v"]}, "v", "v"),
        ("text", {"values": ["u", "v"]}, "w", "x: not among the values"),
        ("text", {"values": ["u", "v"]}, "", None),
        ("text", {"pattern": "[a-z]+"}, "abc", "abc"),
        ("text", {"pattern": "[a-z]+"}, "abc1", "x: not of the pattern"),
        ("integer", {"values": ["1", "2"]}, "3", "x: not among the values"),
        ("time", {}, "2026-01-01 12:30", "2026-01-01 12:30:00+00:00"),
        ("time", {}, "2026-01-01T12:30:00+02:00", "2026-01-01 10:30:00+00:00"),
        ("time", {}, "01/02/2026", "x: no time"),
        ("time", {}, "2026-02-30", "x: no time"),
    ],
)
def test_a_value(declared: str, check: dict[str, object], value: str, expected: object) -> None:
    source = {"path": "in/*.csv", "entity": "id", "event_at": "day", "columns": {"x": declared}}
    spec = project(sources={"rows": source}, checks={"x": check})
    delivered = pa.RecordBatch.from_pydict({"id": ["a"], "day": ["2026-05-01"], "x": [value.strip('"')]})
    plan = make_plan(spec.data.sources["rows"], [["id", "day", "x"]], {}, {}, [])
    good, bad = Sorter(spec, "rows", plan, pseudonym).sort("f", Lines(batch=delivered, numbers=np.array([2])))
    if isinstance(expected, str) and expected.startswith("x: "):
        assert [f"{row['column']}: {row['reason']}" for row in bad.to_pylist()] == [expected]
        assert good.num_rows == 0
    else:
        got = good.column("x")[0].as_py()
        assert (str(got) if declared == "time" else got) == expected
        assert bad.num_rows == 0


def test_rows_that_cannot_be_placed(place: Place) -> None:
    failing = {
        ",2026-05-01": "id: missing",
        "  ,2026-05-01": "id: missing",
        "a,": "day: missing",
        "a,soon": "day: no time",
        "a,2026-00-10": "day: no time",
        "a,1066-10-14": "day: absurd time",
        "a,9999-12-31": "day: absurd time",
        "a,0001-01-01": "day: absurd time",
    }
    place.file("1.csv", "id,day,x\nb,2026-05-01,1\n" + "".join(f"{row},1\n" for row in failing))
    place.ingest()
    found = sorted(place.quarantine(), key=lambda row: row["row"])
    assert [f"{row['column']}: {row['reason']}" for row in found] == list(failing.values())
    assert [row["entity"] for row in place.rows()] == ["b"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2.5", ""], "number"),
        (["1", "NaN"], "number"),
        (["0.5", "0"], "number"),
        (["true", "False"], "boolean"),
        (["2026-01-01", "2026-01-02 10:00"], "time"),
        (["007", "008"], "text"),
        (["12345678901234567890"], "text"),
        (["1", "two"], "text"),
        (["true", "1"], "text"),
        ([1, 2], "number"),
        ([1.5, None], "number"),
        ([True], "boolean"),
        ([date(2026, 1, 1)], "time"),
        ([b"x"], "text"),
    ],
)
def test_a_kind_is_inferred(values: list[object], kind: str) -> None:
    inference = Inference(["x"])
    for value in values:
        inference.look(pa.RecordBatch.from_pydict({"x": pa.array([value])}))
    assert inference.kinds == {"x": kind}


def test_a_column_without_values_has_no_kind() -> None:
    inference = Inference(["x"])
    inference.look(pa.RecordBatch.from_pydict({"x": ["", " ", None]}))
    assert inference.kinds == {}


def test_a_kind_is_held(place: Place) -> None:
    place.file("1.csv", "id,day,x\na,2026-05-01,1\n")
    place.ingest()
    place.file("2.csv", "id,day,x\na,2026-05-02,n/a\nb,2026-05-02,2\n")
    result = place.ingest()
    assert result.ingest.reasons == {"x: no number": 1}
    assert result.quarantine is not None
    assert [row["x"] for row in place.rows()] == [1, 2]


def test_a_bad_row_is_kept_once(place: Place) -> None:
    place.file("1.csv", "id,day,x\na,2026-05-01,1\nb,never,1\n")
    place.ingest()
    place.file("1.csv", "id,day,x\na,2026-05-01,1\nb,never,1\nc,never,1\n")
    result = place.ingest().ingest
    assert (result.rows_repeated, result.rows_quarantined) == (2, 1)
    assert len(place.quarantine()) == 2


def test_a_file_of_bad_rows_is_found(place: Place) -> None:
    place.file("1.csv", "id,day,x\na,never,1\nb,never,2\n")
    result = place.ingest()
    assert [finding.what for finding in result.findings] == ["most rows failed their checks"]
    assert result.ingest.state == "new"
    assert place.lake.version("proj/sources/rows") is None


def test_rows_that_cannot_be_split_are_quarantined(place: Place) -> None:
    place.file(
        "1.csv", 'id,day,x\na,2026-05-01,1\nb,2026-05-01\nc,2026-05-01,"u\nv"\nd,2026-05-01,1,2,3\ne,2026-05-01,2\n'
    )
    result = place.ingest().ingest
    assert result.reasons == {"2 values for 3 columns": 1, "5 values for 3 columns": 1}
    assert [(row["row"], row["body"]) for row in place.quarantine()] == [(3, "{}"), (5, "{}")]
    assert [row["entity"] for row in place.rows()] == ["a", "c", "e"]
