"""Files that cannot be read: one clear error each, and nothing kept of the pass."""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.places import Place, project, pseudonym

from copml.data import arrivals, intake
from copml.errors import (
    ColumnMissing,
    ColumnUnusable,
    CopmlError,
    DelimiterWrong,
    EncodingWrong,
    FileDamaged,
    FileEmpty,
    TooManyColumns,
)

GOOD = "id,day,x\na,2026-05-01,1\n"


@pytest.mark.parametrize(
    ("name", "content", "error", "words"),
    [
        ("1.csv", "", FileEmpty, "in/1.csv is empty"),
        ("1.csv", "id;day;x\na;2026-05-01;1\n", DelimiterWrong, "delimiter: ';'"),
        ("1.csv", "id\tday\tx\na\t2026-05-01\t1\n", DelimiterWrong, r"delimiter: '\\t'"),
        ("1.csv", "name,day,x\na,2026-05-01,1\n", ColumnMissing, "no column 'id'; it has name, day, x"),
        ("1.csv", "id,date,x\na,2026-05-01,1\n", ColumnMissing, "no column 'day'"),
        ("1.csv", "\n\n", ColumnMissing, "no column 'id'; it has none"),
        ("1.csv", b"id,day,x\na,2026-05-01,caf\xe9\n", EncodingWrong, "not utf-8 at byte 25"),
        ("1.csv", "id,day,x\na,2026-05-01,1\n".encode("utf-16"), EncodingWrong, "at byte 0"),
        ("1.csv", GOOD + "b,2026", FileDamaged, "last line, 3, has too few values"),
        ("1.csv", GOOD + 'b,2026-05-01,"half of', FileDamaged, "not closed"),
        ("1.csv", "id,day,x,x\na,2026-05-01,1,2\n", ColumnUnusable, "'x' .* is there twice"),
        ("1.csv", "id,day,x,X\na,2026-05-01,1,2\n", ColumnUnusable, "'X' .* is there twice"),
        ("1.csv", "id,day,\na,2026-05-01,1\n", ColumnUnusable, "has no name"),
        ("1.csv", "id,day,entity\na,2026-05-01,1\n", ColumnUnusable, "has a name that copml uses"),
        ("1.csv", "id,day," + ",".join(f"c{n}" for n in range(2000)), TooManyColumns, "has 2002 columns"),
        ("1.jsonl", '{"id": "a", "day": "2026-05-01"}\n{"id": "b", "da', FileDamaged, "[Mm]alformed JSON"),
        ("1.jsonl", '{"id": "a", "day": "2026-05-01"}\n[1, 2]\n', FileDamaged, "no JSON objects"),
        ("1.jsonl", '{"id": "a"}\n', ColumnMissing, "no column 'day'"),
        ("1.parquet", "PAR1 but not really", FileDamaged, "in/1.parquet cannot be read"),
        ("1.parquet", "", FileEmpty, "in/1.parquet is empty"),
    ],
)
def test_a_bad_file(place: Place, name: str, content: str | bytes, error: type[CopmlError], words: str) -> None:
    place.project = project(sources={"rows": {"path": "in/*", "entity": "id", "event_at": "day"}})
    place.file("0.csv", GOOD)
    place.file(name, content)
    with pytest.raises(error, match=words):
        place.ingest()
    assert place.lake.version("proj/sources/rows") is None


def test_once_a_bad_file_is_gone_the_others_come_in(place: Place) -> None:
    place.file("0.csv", GOOD)
    place.file("1.csv", "")
    with pytest.raises(FileEmpty):
        place.ingest()
    (place.root / "in" / "1.csv").unlink()
    assert place.ingest().ingest.rows_added == 1


def test_parquet_cut_in_the_middle(place: Place) -> None:
    place.project = project(sources={"rows": {"path": "in/*.parquet", "entity": "id", "event_at": "day"}})
    (place.root / "in").mkdir()
    path = place.root / "in" / "1.parquet"
    pq.write_table(pa.table({"id": ["a"] * 1000, "day": ["2026-05-01"] * 1000}), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FileDamaged, match="deliver it again, whole"):
        place.ingest()


def test_nested_columns_are_refused(place: Place) -> None:
    place.project = project(sources={"rows": {"path": "in/*.parquet", "entity": "id", "event_at": "day"}})
    (place.root / "in").mkdir()
    pq.write_table(pa.table({"id": ["a"], "day": ["2026-05-01"], "l": [[1]]}), place.root / "in" / "1.parquet")
    with pytest.raises(ColumnUnusable, match="of type list"):
        place.ingest()


@pytest.mark.parametrize(
    ("source", "content"),
    [
        ({"delimiter": ";"}, "id;day;x\né;2026-05-01;1\n".encode()),
        ({"encoding": "latin-1"}, "id,day,x\né,2026-05-01,1\n".encode("latin-1")),
        ({"encoding": "utf-16"}, "id,day,x\né,2026-05-01,1\n".encode("utf-16")),
        ({}, "\ufeffid,day,x\né,2026-05-01,1\n".encode()),
        ({}, "id,day,x\r\né,2026-05-01,1\r\n".encode()),
        ({}, '"id","day","x"\n"é","2026-05-01","1"'.encode()),
        ({}, "\nid,day,x\n\né,2026-05-01,1\n\n".encode()),
    ],
)
def test_what_is_declared_or_harmless_is_read(place: Place, source: dict[str, str], content: bytes) -> None:
    place.project = project(sources={"rows": {"path": "in/*.csv", "entity": "id", "event_at": "day", **source}})
    place.file("1.csv", content)
    assert place.ingest().ingest.rows_added == 1
    assert (place.rows()[0]["entity"], place.rows()[0]["x"]) == (pseudonym(["é"])[0], 1)


def test_a_file_that_changes_while_it_is_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    real = arrivals.inspect

    def inspect_then_grow(*arguments: Any) -> arrivals.Arrival:
        found = real(*arguments)
        with found.path.open("a") as file:
            file.write("b,2026-05-01,1\n")
        return found

    place.file("1.csv", GOOD)
    monkeypatch.setattr(intake, "inspect", inspect_then_grow)
    with pytest.raises(FileDamaged, match="changed while it was read"):
        place.ingest()
