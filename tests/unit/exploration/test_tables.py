"""Tables of every kind: a result or one clear refusal, whatever they hold."""

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from copml.errors import ColumnUnknown, OutcomeUnclear, TableUnusable
from copml.exploration import Question, explore, read_rows, thinned

ASKED = Question(name="t")


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (pa.table({}), "no columns"),
        (pa.table({"a": pa.array([], pa.int64())}), "no rows"),
        (pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), "two of its columns"),
        (pa.table({f"c{number}": [1] for number in range(2001)}), "2,001 columns"),
    ],
)
def test_what_cannot_be_explored_is_refused(table: pa.Table, reason: str) -> None:
    with pytest.raises(TableUnusable, match=reason):
        explore(table, ASKED)


TABLES = {
    "one row": pa.table({"a": [1], "y": ["yes"]}),
    "all missing": pa.table({"a": pa.nulls(5), "b": [None] * 5, "y": pa.array([None] * 5, pa.string())}),
    "one outcome": pa.table({"a": [1, 2, 3], "y": ["no"] * 3}),
    "two rows": pa.table({"a": [1, 2], "y": ["yes", "no"]}),
    "constant": pa.table({"a": [1] * 50, "y": ["yes", "no"] * 25}),
    "not numbers": pa.table({"a": [float("nan"), float("inf"), -float("inf"), None] * 10, "y": ["yes", "no"] * 20}),
    "huge numbers": pa.table({"a": [1e308, -1e308, 1e-308, 0.0] * 10, "y": ["yes", "no"] * 20}),
    "nested": pa.table(
        {"a": [[1], [2, 3]] * 20, "b": [{"x": 1}] * 40, "c": [b"\x00\xff"] * 40, "y": ["yes", "no"] * 20}
    ),
    "times": pa.table(
        {
            "day": [dt.date(2024, 1, 1), dt.date(9999, 12, 31)] * 20,
            "hour": [dt.time(1, 2), None] * 20,
            "span": [dt.timedelta(days=1), dt.timedelta(0)] * 20,
            "y": ["yes", "no"] * 20,
        }
    ),
    "dictionary": pa.table({"a": pa.array(["x", None, "z", "x"] * 10).dictionary_encode(), "y": ["yes", "no"] * 20}),
    "strange names": pa.table({"": [1, 2] * 20, " <b>`x`": ["a", "…"] * 20, "y": ["yes", "no"] * 20}),
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_other_table_has_a_result(table: pa.Table) -> None:
    kind = Question(name="t", outcome="y", positive="yes")
    values = table["y"].drop_null().unique().to_pylist()
    if values and "yes" not in values:
        with pytest.raises(OutcomeUnclear, match="never 'yes'"):
            explore(table, kind)
        return
    result = explore(table, kind)
    assert result.rows == table.num_rows
    assert [item.name for item in result.columns] == table.column_names


def test_two_thousand_columns_are_looked_at() -> None:
    chance = np.random.default_rng(0)
    columns = {f"c{number}": chance.normal(size=60) for number in range(1999)}
    result = explore(pa.table({**columns, "y": chance.random(60) < 0.5}), Question(name="t", outcome="y"))
    assert len(result.columns) == 2000
    assert len(result.associations) == 1999
    assert [item for item in result.findings if item.concern == "leakage"] == []


@pytest.mark.parametrize(
    ("values", "kind", "missing"),
    [
        (["1", " 2 ", "+3", ""], "number", 1),
        (["007", "008"], "category", 0),
        (["1.5"] * 99 + ["x"], "number", 1),
        (["1.5"] * 9 + ["x"], "category", 0),
        (["?", "a", "N/A", "b"], "category", 2),
        (["1/13/2011", "2/1/2011"], "time", 0),
        (["1/2/2011", "2/1/2011"], "category", 0),
        (["2024-01-01", "2024-01-02T03:04:05"], "category", 0),
        (["2024-01-01", "2024-02-30"], "category", 0),
        ([" ", ""], "empty", 2),
    ],
)
def test_text_is_what_nearly_all_of_it_is(values: list[str], kind: str, missing: int) -> None:
    column = explore(pa.table({"a": values}), ASKED).columns[0]
    assert (column.kind, column.missing) == (kind, missing)


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        (Question(name="t", outcome="b"), ColumnUnknown, "no column 'b'; it has a"),
        (Question(name="t", outcome="a"), OutcomeUnclear, "3 different values; name the value .* x, z, w"),
        (Question(name="t", outcome="a", positive="q"), OutcomeUnclear, "never 'q'"),
        (Question(name="t", outcome="n", positive="q"), OutcomeUnclear, "'q' is none"),
        (Question(name="t", time="a"), TableUnusable, "no times"),
        (Question(name="t", entity="e"), ColumnUnknown, "no column 'e'"),
    ],
)
def test_a_question_that_does_not_fit_is_refused(asked: Question, error: type[Exception], words: str) -> None:
    table = pa.table({"a": ["x", "x", "x", "z", "z", "w"], "n": [1, 2, 3, 1, 2, 3]})
    with pytest.raises(error, match=words):
        explore(table, asked)


@pytest.mark.parametrize(("values", "words"), [(["no", "yes", "yes"], "y is yes"), (["b", "a", "b"], "y is a")])
def test_of_two_values_the_one_like_yes_or_the_rarer_is_the_event(values: list[str], words: str) -> None:
    result = explore(pa.table({"y": values}), Question(name="t", outcome="y"))
    assert result.outcome is not None
    assert result.outcome.positive == words


def test_an_outcome_of_many_numbers_is_cut_at_its_median() -> None:
    result = explore(pa.table({"y": [1.0, 2.0, 3.0, 10.0, None]}), Question(name="t", outcome="y"))
    assert result.outcome is not None
    assert (result.outcome.positive, result.outcome.positives) == ("y is above 2, its median", 2)


def test_a_history_too_long_for_windows_keeps_its_newest_years() -> None:
    table = pa.table({"t": [dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in range(1900, 2025)]})
    result = explore(table, ASKED)
    assert result.history is not None
    assert (result.history.every, len(result.history.windows), result.history.rows[-1]) == ("year", 36, 1)
    assert any("89 rows have no usable t" in note for note in result.notes)


FILES = {
    "a.csv": b"a;b\n1;x\n2;y\n",
    "utf16.csv": "a,b\n1,ä\n2,y\n".encode("utf-16"),
    "latin.csv": b"a,b\n1,\xe4\n2,y\n",
    "bom.csv": b"\xef\xbb\xbfa,b\n1,x\n2,y\n",
    "lines.jsonl": b'{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n',
    "quoted.csv": b'a,b\n1,"x\nz"\n2,y\n',
}


@pytest.mark.parametrize("name", FILES)
def test_files_are_read_as_they_come(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    rows = read_rows(tmp_path / name)
    assert rows.table.column_names == ["a", "b"]
    assert rows.table["a"].to_pylist() == [1, 2]
    assert bool(rows.notes) == (name in ("utf16.csv", "latin.csv"))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("none.csv", None, "no such file"),
        ("empty.csv", b"", "it is empty"),
        ("blank.csv", b"\n\n", "first line is blank"),
        ("broken.csv", b"a,b\n1\n2,3,4\n", "columns"),
        ("no.parquet", b"PAR1nonsense", "Parquet"),
        ("no.jsonl", b'{"a": 1}\n[1', "JSON"),
        ("zeros.csv", b"\0" * 100, "no text"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(TableUnusable, match=reason):
        read_rows(tmp_path / name)


def test_a_column_that_changes_its_kind_far_down_is_read_as_text(tmp_path: Path) -> None:
    lines = ["a"] + ["1"] * 5_000_000 + ["x"]
    (tmp_path / "late.csv").write_text("\n".join(lines) + "\n")
    column = explore(read_rows(tmp_path / "late.csv").table, ASKED).columns[0]
    assert (column.kind, column.unread) in {("number", 1), ("number", 0)}


def test_more_rows_than_are_kept_are_thinned_evenly(tmp_path: Path) -> None:
    schema = pa.schema([("a", pa.int64())])
    batches = [pa.record_batch([np.arange(start, start + 700)], schema=schema) for start in range(0, 7000, 700)]
    rows = thinned(batches, schema, most=1000)
    step = np.unique(np.diff(rows.table["a"].to_numpy()))
    assert (rows.whole, step.tolist()) == (7000, [8])
    assert "Every 8th row" in rows.notes[0]
    pq.write_table(pa.table({"a": range(10)}), tmp_path / "a.parquet")
    assert read_rows(tmp_path / "a.parquet").notes == ()
