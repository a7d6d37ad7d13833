"""Reading the rows to score."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.scenes import COLUMNS, SLOT, features

from copml.errors import FeaturesLackColumns, TableDamaged
from copml.scoring.rows import Rows, ahead, batches, count, schema


def file(path: Path, table: pa.Table, **settings: object) -> Path:
    pq.write_table(table, path, **settings)
    return path


def entities(rows: Rows) -> list[str]:
    return [name for batch in batches(rows, ["entity"]) for name in batch["entity"].to_pylist()]


def test_columns_come_in_the_order_asked_for_with_text_as_codes(tmp_path: Path) -> None:
    rows = Rows(files=(file(tmp_path / "a.parquet", features(10)),))
    (batch,) = batches(rows, COLUMNS)
    assert batch.schema.names == list(COLUMNS)
    assert pa.types.is_dictionary(batch["contract"].type)
    assert batch["contract"].to_pylist() == features(10)["contract"].to_pylist()
    assert batch.schema.equals(schema(rows, COLUMNS, "v1"))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_every_kind_of_text_is_read_alike(tmp_path: Path, kind: pa.DataType) -> None:
    table = features(10).set_column(4, "contract", features(10)["contract"].cast(kind))
    (batch,) = batches(Rows(files=(file(tmp_path / "a.parquet", table),)), ["contract"])
    assert batch["contract"].type == pa.dictionary(pa.int32(), pa.string())
    assert batch["contract"].to_pylist() == features(10)["contract"].to_pylist()


def test_only_rows_of_the_time_are_read(tmp_path: Path) -> None:
    later = features(10, first=10)
    later = later.set_column(1, "as_of", pc.add(later["as_of"], timedelta(days=31)))
    mixed = pa.concat_tables([features(10), later])
    path = file(tmp_path / "a.parquet", mixed, row_group_size=4)
    assert entities(Rows(files=(path,), as_of=SLOT)) == features(10)["entity"].to_pylist()
    assert entities(Rows(files=(path,))) == mixed["entity"].to_pylist()
    assert entities(Rows(files=(path,), as_of=SLOT + timedelta(days=1))) == []


@pytest.mark.parametrize("statistics", [True, False])
def test_without_statistics_the_same_rows_are_read(tmp_path: Path, statistics: bool) -> None:
    path = file(tmp_path / "a.parquet", features(10), write_statistics=statistics)
    rows = Rows(files=(path,), as_of=SLOT)
    assert entities(rows) == features(10)["entity"].to_pylist()
    assert count(rows) == 10
    assert count(Rows(files=(path,), as_of=SLOT + timedelta(days=1))) == (0 if statistics else 10)


def test_files_are_read_in_their_order_and_empty_ones_passed_over(tmp_path: Path) -> None:
    tables = [features(3), features(0), features(4, first=3)]
    files = tuple(file(tmp_path / f"{number}.parquet", table) for number, table in enumerate(tables))
    found = list(batches(Rows(files=files), ["entity"]))
    assert [batch.num_rows for batch in found] == [3, 4]
    assert count(Rows(files=files)) == 7


def test_missing_columns_are_all_named(tmp_path: Path) -> None:
    path = file(tmp_path / "a.parquet", features(3).drop_columns(["tenure", "senior"]))
    with pytest.raises(FeaturesLackColumns) as caught:
        schema(Rows(files=(path,)), COLUMNS, "v7")
    assert caught.value.missing == ["tenure", "senior"]
    assert "v7" in str(caught.value)


def test_an_error_while_reading_ahead_reaches_the_reader() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    found = ahead(items())
    assert next(found) == 1
    with pytest.raises(OSError, match="gone"):
        next(found)


def test_a_file_that_was_cut_is_said(tmp_path: Path) -> None:
    path = tmp_path / "cut.parquet"
    pq.write_table(pa.table({"entity": ["a"], "x": [1.0]}), path)
    path.write_bytes(path.read_bytes()[:-20])
    rows = Rows(files=(path,))
    for read in (lambda: count(rows), lambda: schema(rows, ["x"], "v1"), lambda: list(batches(rows, ["x"]))):
        with pytest.raises(TableDamaged, match="restore"):
            read()
