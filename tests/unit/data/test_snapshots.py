"""Rows for people who explore: features beside outcomes of every kind of problem, corrections unseen until known."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from tests.places import NOW, Place, project, pseudonym

from copml.data import Cut, rows_of

DAY = datetime(2026, 5, 1, tzinfo=UTC)
OUTCOMES: dict[str, tuple[dict[str, object], list[object]]] = {
    "binary": ({"column": "kind", "positive": "b"}, [0.0, 1.0, None]),
    "multiclass": ({"column": "kind", "kind": "multiclass", "classes": ["a", "b"]}, ["a", "b", None]),
    "regression": ({"column": "amount", "kind": "regression"}, [1.5, 2.5, None]),
}


def place(tmp_path: Path, **outcome: object) -> Place:
    made = Place(tmp_path, project(outcome={"source": "rows", **outcome}))
    made.file("rows.csv", "id,day,kind,amount\na,2026-04-01,a,1.5\nb,2026-04-01,b,2.5\nc,2026-04-01,,\n")
    made.ingest()
    return made


def cut(table: str, **changes: object) -> Cut:
    fields = {"version": 0, "as_of": None, "known_by": None, "outcome": False, "now": NOW, **changes}
    return Cut(table=table, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", OUTCOMES)
def test_features_stand_beside_outcomes_of_their_kind(tmp_path: Path, kind: str) -> None:
    outcome, expected = OUTCOMES[kind]
    made = place(tmp_path, **outcome)
    entities = pseudonym(["a", "b", "c"])
    features = pa.table(
        {"entity": entities, "as_of": pa.array([NOW] * 3, pa.timestamp("us", "UTC")), "x": [1.0, 2.0, 3.0]}
    )
    made.lake.write("proj/features", features.to_batches(), features.schema, transaction="t")
    found = rows_of(made.lake, made.project, cut("features", outcome=True)).to_arrow_table().to_pylist()
    by_entity = {row["entity"]: row["outcome"] for row in found}
    assert [by_entity[entity] for entity in entities] == expected


def test_a_correction_is_not_seen_before_it_is_known(tmp_path: Path) -> None:
    made = place(tmp_path, horizon="30d")
    later = datetime(2026, 6, 20, tzinfo=UTC)
    made.file("more.csv", "id,day,kind,amount\na,2026-04-01,b,9\n")
    made.ingest(now=later)
    version = made.lake.version("proj/sources/rows")
    for known_by, expected in ((NOW, 1.5), (later, 9.0)):
        asked = cut("rows", version=version, as_of=DAY, known_by=known_by)
        rows = rows_of(made.lake, made.project, asked).filter("amount is not null").to_arrow_table().to_pylist()
        assert {row["entity"]: row["amount"] for row in rows}[pseudonym(["a"])[0]] == expected


def test_an_outcome_is_missing_until_its_horizon_is_over_also_where_the_event_came(tmp_path: Path) -> None:
    made = place(tmp_path, horizon="30d")
    stayed, left = pseudonym(["z", "a"])
    as_of = datetime(2026, 3, 15, tzinfo=UTC)
    features = pa.table(
        {"entity": [stayed, left], "as_of": pa.array([as_of] * 2, pa.timestamp("us", "UTC")), "x": [1.0, 2.0]}
    )
    made.lake.write("proj/features", features.to_batches(), features.schema, transaction="t")
    for now, expected in ((datetime(2026, 4, 2, tzinfo=UTC), [None, None]), (NOW, [0.0, 1.0])):
        asked = cut("features", outcome=True, now=now)
        found = rows_of(made.lake, made.project, asked).to_arrow_table().to_pylist()
        assert [{row["entity"]: row["outcome"] for row in found}[entity] for entity in (stayed, left)] == expected
