"""The lake: versions, transactions, partitions, schema growth, other readers."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

from copml.errors import TableConflict, TableDamaged, TableMissing
from copml.store import Lake, delta, parquet

SCHEMA = pa.schema(
    [("id", pa.binary(4)), ("entity", pa.string()), ("at", pa.timestamp("us", "UTC")), ("x", pa.float64())]
)


def rows(*values: float, entity: str = "e") -> list[pa.RecordBatch]:
    at = datetime(2026, 1, 1, 12, 30, 0, 123456, tzinfo=UTC)
    data = [{"id": b"abcd", "entity": entity, "at": at, "x": value} for value in values]
    batches: list[pa.RecordBatch] = pa.Table.from_pylist(data, SCHEMA).to_batches()
    return batches


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def values(lake: Lake, table: str = "t", version: int | None = None) -> list[float]:
    return sorted(lake.read(table, version=version)["x"].to_pylist())


def test_versions_are_immutable(lake: Lake) -> None:
    first = lake.write("t", rows(1, 2), SCHEMA, transaction="a")
    second = lake.write("t", rows(3), SCHEMA, transaction="b")
    assert (first.version, first.rows_added, first.rows) == (0, 2, 2)
    assert (second.version, second.rows_added, second.rows) == (1, 1, 3)
    assert first.digest != second.digest
    assert values(lake, version=0) == [1, 2]
    assert values(lake, version=1) == values(lake) == [1, 2, 3]
    assert lake.version("t") == 1
    assert len(lake.files("t", 0)) == 1


def test_a_transaction_happens_once(lake: Lake) -> None:
    first = lake.write("t", rows(1), SCHEMA, transaction="a")
    lake.write("t", rows(2), SCHEMA, transaction="b")
    assert lake.write("t", rows(9, 9), SCHEMA, transaction="a") == first
    assert values(lake) == [1, 2]


def test_files_are_named_by_their_bytes(lake: Lake) -> None:
    commit = lake.write("t", rows(1), SCHEMA, transaction="a")
    (path,) = lake.files("t")
    assert commit.files[0].digest in path.name
    assert hashlib.sha256(path.read_bytes()).hexdigest() == commit.files[0].digest
    assert commit.files[0].size == path.stat().st_size


def test_equal_rows_give_equal_digests(lake: Lake) -> None:
    one = lake.write("one", rows(1, 2), SCHEMA, transaction="a")
    assert lake.write("two", rows(1, 2), SCHEMA, transaction="z").digest == one.digest


def test_replace_takes_the_place_of_one_partition(lake: Lake) -> None:
    lake.write("t", rows(1, 2), SCHEMA, transaction="a", replace={"run": "2026-01-01"})
    lake.write("t", rows(3), SCHEMA, transaction="b", replace={"run": "2026-02-01"})
    again = lake.write("t", rows(4), SCHEMA, transaction="c", replace={"run": "2026-01-01"})
    assert (again.rows_added, again.rows) == (1, 2)
    assert values(lake) == [3, 4]
    assert values(lake, version=1) == [1, 2, 3]
    read = lake.read("t", filter=pc.field("run") == "2026-01-01")
    assert read["run"].to_pylist() == ["2026-01-01"]
    found = lake.query("select x from t where run = $run", {"t": ("t", None)}, {"run": "2026-02-01"})
    assert found["x"].to_pylist() == [3]


def test_replace_with_no_rows_empties_the_partition(lake: Lake) -> None:
    lake.write("t", rows(1), SCHEMA, transaction="a", replace={"run": "r"})
    commit = lake.write("t", [], SCHEMA, transaction="b", replace={"run": "r"})
    assert (commit.version, commit.rows) == (1, 0)
    assert lake.read("t", columns=["x"]).column_names == ["x"]
    assert lake.query("select count(*) n from t", {"t": ("t", None)})["n"].to_pylist() == [0]


def test_columns_may_be_added_and_left_out(lake: Lake) -> None:
    lake.write("t", rows(1), SCHEMA, transaction="a")
    wider = SCHEMA.append(pa.field("y", pa.string()))
    lake.write("t", pa.table({"x": [2.0], "y": ["new"]}).to_batches(), wider_only(wider), transaction="b")
    assert lake.schema("t").names == ["id", "entity", "at", "x", "y"]
    assert lake.schema("t", 0).names == ["id", "entity", "at", "x"]
    assert dict(zip(*lake.read("t", columns=["x", "y"]).to_pydict().values(), strict=True)) == {1.0: None, 2.0: "new"}
    queried = lake.query("select x, y from t order by x", {"t": ("t", None)})
    assert queried["y"].to_pylist() == [None, "new"]


def test_a_table_keeps_its_id_when_columns_come(lake: Lake, tmp_path: Path) -> None:
    lake.write("t", rows(1), SCHEMA, transaction="a", replace={"run": "r"})
    folder = str(tmp_path / "lake" / "t")
    first = DeltaTable(folder).metadata()
    new = pa.table({"y": ["new"]})
    lake.write("t", new.to_batches(), new.schema, transaction="b", replace={"run": "s"})
    second = DeltaTable(folder).metadata()
    assert (second.id, second.partition_columns) == (first.id, ["run"])
    lake.write("u", rows(1), SCHEMA, transaction="a")
    assert DeltaTable(str(tmp_path / "lake" / "u")).metadata().id != first.id


def wider_only(schema: pa.Schema) -> pa.Schema:
    return pa.schema([schema.field("x"), schema.field("y")])


def test_a_struct_may_grow(lake: Lake) -> None:
    small = pa.table({"input": pa.array([{"a": 1.0}])})
    large = pa.table({"input": pa.array([{"a": 2.0, "b": "x"}])})
    lake.write("t", small.to_batches(), small.schema, transaction="a")
    lake.write("t", large.to_batches(), large.schema, transaction="b")
    expected = [{"a": 1.0, "b": None}, {"a": 2.0, "b": "x"}]
    assert sorted(lake.read("t")["input"].to_pylist(), key=lambda row: row["a"]) == expected
    queried = lake.query("select input from t order by input.a", {"t": ("t", None)})
    assert queried["input"].to_pylist() == expected


def test_another_type_is_refused_before_anything_is_written(lake: Lake) -> None:
    lake.write("t", rows(1), SCHEMA, transaction="a")
    other = pa.table({"x": ["text"]})
    with pytest.raises(TableConflict, match=r"'x' .* double.*string"):
        lake.write("t", other.to_batches(), other.schema, transaction="b")
    assert lake.version("t") == 0
    assert len(lake.files("t")) == 1


def test_types_come_back_as_they_were_written(lake: Lake) -> None:
    lake.write("t", rows(1), SCHEMA, transaction="a")
    assert lake.schema("t") == SCHEMA
    assert lake.read("t").schema == SCHEMA


@pytest.mark.parametrize("action", ["files", "schema", "read"])
@pytest.mark.parametrize("version", [None, 7])
def test_what_is_not_there_is_said(lake: Lake, action: str, version: int | None) -> None:
    if version is not None:
        lake.write("t", rows(1), SCHEMA, transaction="a")
    arguments = {"version": version}
    with pytest.raises(TableMissing):
        getattr(lake, action)("t", **arguments)
    assert lake.version("nothing") is None


def test_a_missing_file_is_said(lake: Lake) -> None:
    lake.write("t", rows(1), SCHEMA, transaction="a")
    lake.files("t")[0].unlink()
    with pytest.raises(TableDamaged, match="restore"):
        lake.read("t")
    with pytest.raises(TableDamaged, match="restore"):
        lake.query("select * from t", {"t": ("t", None)})


def test_other_tools_read_the_table(lake: Lake, tmp_path: Path) -> None:
    lake.write("t", rows(1, 2), SCHEMA, transaction="a", replace={"run": "r1"})
    lake.write("t", rows(3), SCHEMA, transaction="b", replace={"run": "r2"})
    table = DeltaTable(str(tmp_path / "lake" / "t"))
    assert sorted(table.to_pyarrow_table()["x"].to_pylist()) == [1, 2, 3]
    assert table.to_pyarrow_table(filters=[("run", "=", "r2")])["x"].to_pylist() == [3]
    assert table.to_pyarrow_table(filters=[("x", ">", 2.5)])["x"].to_pylist() == [3]
    at = datetime(2026, 1, 1, 12, 30, 0, 123456, tzinfo=UTC)
    assert table.to_pyarrow_table(filters=[("at", ">=", at)]).num_rows == 3
    assert table.metadata().partition_columns == ["run"]
    files = [str(path) for path in lake.files("t")]
    assert duckdb.read_parquet(files).aggregate("sum(x)").fetchall() == [(6.0,)]


def test_other_tools_may_append(lake: Lake, tmp_path: Path) -> None:
    lake.write("t", rows(1), SCHEMA, transaction="a")
    folder = tmp_path / "lake" / "t"
    pq.write_table(pa.Table.from_batches(rows(2)), folder / "foreign.parquet")
    table = DeltaTable(str(folder))
    add = {"path": "foreign.parquet", "partitionValues": {}, "size": 1, "modificationTime": 0, "dataChange": True}
    assert delta.commit(folder, table.version() + 1, [{"add": {**add, "stats": '{"numRecords":1}'}}])
    assert values(lake) == [1, 2]
    assert lake.write("t", rows(3), SCHEMA, transaction="b").rows == 3


def test_plain_columns_have_no_statistics(lake: Lake, tmp_path: Path) -> None:
    lake.write("t", rows(1, 2), SCHEMA, transaction="a", plain=frozenset({"entity", "x"}))
    entry = (tmp_path / "lake/t/_delta_log" / f"{0:020d}.json").read_text()
    assert '\\"x\\"' not in entry.split('"stats"')[1]
    group = pq.read_metadata(lake.files("t")[0]).row_group(0)
    described = {group.column(i).path_in_schema: group.column(i).statistics is not None for i in range(4)}
    assert described == {"id": True, "entity": False, "at": True, "x": False}


def test_statistics_are_right_over_row_groups(lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 2)
    lake.write("t", rows(5, 1, 3, float("inf")), SCHEMA, transaction="a")
    lake.write("t", rows(5, 1, 3, 7), SCHEMA, transaction="b")
    log = tmp_path / "lake/t/_delta_log"
    stats = [
        json.loads(json.loads(line)["add"]["stats"])
        for path in sorted(log.glob("*.json"))
        for line in path.read_text().splitlines()
        if "add" in line[:8]
    ]
    assert "x" not in stats[0]["maxValues"]
    assert (stats[1]["minValues"]["x"], stats[1]["maxValues"]["x"], stats[1]["numRecords"]) == (1, 7, 4)


def test_many_batches_become_few_row_groups_and_bounded_files(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 4)
    monkeypatch.setattr(parquet, "FILE_ROWS_MAX", 8)
    batches = [batch for i in range(7) for batch in rows(i, i, i)]
    commit = lake.write("t", iter(batches), SCHEMA, transaction="a")
    assert [file.rows for file in commit.files] == [8, 8, 5]
    assert [pq.read_metadata(path).num_row_groups for path in lake.files("t")] == [2, 2, 2]
    assert values(lake) == sorted([0, 1, 2, 3, 4, 5, 6] * 3)


def test_query_joins_versions_and_memory_in_utc(lake: Lake) -> None:
    lake.write("t", rows(1), SCHEMA, transaction="a")
    lake.write("t", rows(2), SCHEMA, transaction="b")
    mine = pa.table({"x": [1.0, 2.0]})
    sql = "select count(*) n from old join mine using (x)"
    assert lake.query(sql, {"old": ("t", 0), "mine": mine})["n"].to_pylist() == [1]
    cut = lake.query("select t.at::varchar s, t.at as at_ from t limit 1", {"t": ("t", None)})
    assert cut["s"].to_pylist() == ["2026-01-01 12:30:00.123456+00"]
    assert cut.schema.field("at_").type == pa.timestamp("us", "UTC")


def test_workers_append_to_one_table(lake: Lake) -> None:
    def work(worker: int) -> None:
        for turn in range(5):
            lake.write("t", rows(worker * 10 + turn), SCHEMA, transaction=f"{worker}/{turn}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert values(lake) == sorted(worker * 10 + turn for worker in range(4) for turn in range(5))
    assert lake.version("t") == 19


def test_workers_try_the_same_transactions(lake: Lake) -> None:
    def work(_: int) -> list[int]:
        return [lake.write("t", rows(turn), SCHEMA, transaction=str(turn)).version for turn in range(6)]

    with ThreadPoolExecutor(4) as pool:
        versions = list(pool.map(work, range(4)))
    assert versions == [versions[0]] * 4
    assert values(lake) == [0, 1, 2, 3, 4, 5]


def test_workers_replace_one_partition(lake: Lake) -> None:
    def work(worker: int) -> None:
        lake.write("t", rows(worker), SCHEMA, transaction=str(worker), replace={"run": "r"})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert lake.read("t").num_rows == 1


def test_checkpoints_keep_reading_fast_and_history_whole(lake: Lake, tmp_path: Path) -> None:
    for turn in range(45):
        lake.write("t", rows(turn), SCHEMA, transaction=str(turn))
    log = tmp_path / "lake/t/_delta_log"
    assert sorted(int(path.name[:20]) for path in log.glob("*.checkpoint.parquet")) == [20, 40]
    assert json.loads((log / "_last_checkpoint").read_text())["version"] == 40
    assert lake.write("t", rows(99), SCHEMA, transaction="3").version == 3
    assert values(lake, version=21) == list(range(22))
    for version in range(40):
        (log / f"{version:020d}.json").rename(tmp_path / f"{version}.json")
    assert values(lake) == list(range(45))
