"""Point-in-time joins and labels against oracles that look at every row, with late corrections and duplicates."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.places import project

from copml.data import as_of_join, labels
from copml.data.corrections import read_footer, settled
from copml.data.tables import SourceFiles, Tables
from copml.data.visibility import latest, visible
from copml.records import Window
from copml.store import Lake

START = datetime(2026, 1, 1, tzinfo=UTC)
TABLE = "proj/sources/rows"
SCHEMA = pa.schema(
    [
        ("entity", pa.string()),
        ("event_at", pa.timestamp("us", "UTC")),
        ("known_at", pa.timestamp("us", "UTC")),
        ("x", pa.int64()),
    ]
)


class Row(NamedTuple):
    entity: str
    event_at: datetime
    known_at: datetime
    x: int


class Ask(NamedTuple):
    entity: str
    as_of: datetime
    known_by: datetime


entities = st.sampled_from(["a", "b", "c"])
moments = st.integers(0, 6).map(lambda day: START + timedelta(days=day))
asks = st.lists(st.builds(Ask, entities, moments, moments), min_size=4, max_size=20)


@st.composite
def histories(draw: st.DrawFn) -> list[Row]:
    """Rows in any order; no two of one entity and time became known at once, which ingest sees to."""
    keys = draw(st.lists(st.tuples(entities, moments, moments), min_size=4, max_size=30, unique=True))
    return [Row(*key, number) for number, key in enumerate(keys)]


@st.composite
def batches(draw: st.DrawFn) -> list[list[Row]]:
    """Rows in files as ingests write them: what comes without a time of its own becomes known together."""
    files: dict[int, list[Row]] = {}
    for number, row in enumerate(draw(histories())):
        file = draw(st.sampled_from([row.known_at.day, 100]))
        files.setdefault(file, []).append(row._replace(x=number))
    return list(files.values())


def best(rows: list[Row], ask: Ask) -> Row | None:
    seen = [
        row for row in rows if row.entity == ask.entity and row.event_at <= ask.as_of and row.known_at <= ask.known_by
    ]
    return max(seen, key=lambda row: (row.event_at, row.known_at), default=None)


@contextmanager
def lake_with(rows: list[Row]) -> Iterator[Lake]:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        half = len(rows) // 2
        for number, part in enumerate((rows[:half], rows[half:])):
            table = pa.Table.from_pylist([row._asdict() for row in part], SCHEMA)
            lake.write(TABLE, table.to_batches(), SCHEMA, transaction=str(number))
        yield lake


@settings(max_examples=10, deadline=None)
@given(histories(), asks)
def test_the_join_finds_what_was_known(rows: list[Row], asked: list[Ask]) -> None:
    with lake_with(rows) as lake:
        joined = as_of_join(
            lake,
            TABLE,
            entities=pa.array([ask.entity for ask in asked], pa.string()),
            as_of=pa.array([ask.as_of for ask in asked], SCHEMA.field("event_at").type),
            known_by=pa.array([ask.known_by for ask in asked], SCHEMA.field("event_at").type),
        )
    expected = [None if (row := best(rows, ask)) is None else row.x for ask in asked]
    assert joined["x"].to_pylist() == expected
    assert joined["entity"].to_pylist() == [ask.entity for ask in asked]


@settings(max_examples=15, deadline=None)
@given(histories(), moments, moments)
def test_views_show_each_event_as_it_was_known(rows: list[Row], as_of: datetime, known_by: datetime) -> None:
    table = pa.Table.from_pylist([row._asdict() for row in rows], SCHEMA)
    values = {"a": as_of, "k": known_by}
    with duckdb.connect(":memory:") as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.register("source", table)
        seen = connection.sql(visible("source", "$a", "$k"), params=values).to_arrow_table()
        newest = connection.sql(latest("source", "$a", "$k"), params=values).to_arrow_table()
    events: dict[tuple[str, datetime], Row] = {}
    for row in sorted(rows, key=lambda row: row.known_at):
        if row.event_at <= as_of and row.known_at <= known_by:
            events[row.entity, row.event_at] = row
    assert sorted(seen["x"].to_pylist()) == sorted(row.x for row in events.values())
    found = {best(rows, Ask(row.entity, as_of, known_by)) for row in events.values()}
    assert sorted(newest["x"].to_pylist()) == sorted(row.x for row in found if row is not None)


@settings(max_examples=25, deadline=None)
@given(batches(), moments, moments)
def test_tables_of_many_files_show_what_was_known(files: list[list[Row]], as_of: datetime, known_by: datetime) -> None:
    rows = [row for file in files for row in file]
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / f"it's {number}.parquet") for number in range(len(files))]
        for path, file in zip(paths, files, strict=True):
            pq.write_table(pa.Table.from_pylist([row._asdict() for row in file], SCHEMA), path)
        source = SourceFiles(files=tuple(paths), columns={})
        with Tables({"rows": source}, as_of=as_of, known_by=known_by) as tables:
            seen = tables.sql("select entity, x from rows")
    newest: dict[tuple[str, datetime], Row] = {}
    for row in sorted(rows, key=lambda row: row.known_at):
        if row.event_at <= as_of and row.known_at <= known_by:
            newest[row.entity, row.event_at] = row
    assert sorted(seen["x"]) == sorted(row.x for row in newest.values())


def test_only_files_that_cannot_hold_corrections_are_settled(tmp_path: Path) -> None:
    def file(name: str, *rows: tuple[str, int, int]) -> str:
        table = [
            {
                "entity": entity,
                "event_at": START + timedelta(days=at),
                "known_at": START + timedelta(days=known),
                "x": 0,
            }
            for entity, at, known in rows
        ]
        pq.write_table(pa.Table.from_pylist(table, SCHEMA), tmp_path / name)
        return str(tmp_path / name)

    apart = file("apart", ("a", 1, 9), ("b", 2, 9))
    first, touching = file("first", ("a", 4, 9), ("a", 5, 9)), file("touching", ("b", 5, 9), ("b", 6, 9))
    corrected = file("corrected", ("a", 8, 9), ("a", 8, 10))
    assert settled(map(read_footer, [apart, first, touching, corrected])) == {apart}
    assert settled(map(read_footer, [apart, file("empty")])) == frozenset()


@settings(max_examples=10, deadline=None)
@given(histories(), asks, moments)
def test_labels_are_what_an_oracle_says(rows: list[Row], asked: list[Ask], now: datetime) -> None:
    spec = project(outcome={"source": "rows", "horizon": "2d"})
    with lake_with(rows) as lake:
        got = labels(
            lake,
            spec,
            entities=pa.array([ask.entity for ask in asked], pa.string()),
            as_of=pa.array([ask.as_of for ask in asked], SCHEMA.field("event_at").type),
            now=now,
        )
    assert [str(label) for label in got["label"].to_pylist()] == [str(truth(rows, ask, now)) for ask in asked]


def truth(rows: list[Row], ask: Ask, now: datetime) -> float:
    window = Window(starts_at=ask.as_of, ends_at=ask.as_of + timedelta(days=2))
    hit = any(
        row.entity == ask.entity and window.starts_at < row.event_at <= window.ends_at and row.known_at <= now
        for row in rows
    )
    return 1.0 if hit else 0.0 if window.ends_at <= now else float("nan")
