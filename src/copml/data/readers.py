"""Split a file into batches of at most 65,536 rows, in bounded memory: delimited text, JSON lines, Parquet.

Invariant: a reader either yields every row of its file, in order, or raises one error that says what is wrong; a row
that cannot be split into the header's columns is reported apart, and never shifted. Text stays text here: what kind of
value it is, is for `data.kinds`.
"""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from copml.data.arrivals import Arrival, is_csv
from copml.errors import ColumnUnusable, DelimiterWrong, FileDamaged, TooManyColumns
from copml.spec.project import Source

BATCH_ROWS = 65_536
BLOCK_BYTES = 8 << 20
COLUMNS_MAX = 2_000
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A batch, the number of each of its rows in the file (1 is the first line), and rows that could not be split."""

    batch: pa.RecordBatch
    numbers: NDArray[np.int64]
    unsplit: list[tuple[int, str]] = field(default_factory=list)


def header(arrival: Arrival, spec: Source) -> pa.Schema:
    """The columns of a file; text columns for text formats.

    Raises:
        TooManyColumns: when there are more than 2,000.
        ColumnUnusable: when a name is empty or repeated, or a type is nested.
        DelimiterWrong: when there is one column where several are expected.
        FileDamaged: when the file cannot be read.
    """
    schema = _header(arrival, spec)
    if len(schema) > COLUMNS_MAX:
        raise TooManyColumns(arrival.name, len(schema), COLUMNS_MAX)
    _check_names(arrival.name, schema.names)
    for column in schema:
        if pa.types.is_nested(column.type):
            raise ColumnUnusable(arrival.name, column.name, f"is of type {column.type}; deliver it as plain columns")
    if is_csv(arrival.path):
        _check_delimiter(arrival.name, schema.names, spec)
    return schema


def read(arrival: Arrival, spec: Source, schema: pa.Schema) -> Iterator[Lines]:
    """The rows of a file.

    Raises:
        FileDamaged: when the file cannot be read to its end, or changed meanwhile.
    """
    with _explained(arrival.name):
        if is_csv(arrival.path):
            yield from _read_csv(arrival, spec, schema)
        else:
            batches = _read_parquet(arrival) if _is_parquet(arrival.path) else _read_json(arrival, schema)
            start = 1
            for batch in batches:
                yield Lines(batch=batch, numbers=np.arange(start, start + batch.num_rows))
                start += batch.num_rows
    arrival.check_unchanged()


def _header(arrival: Arrival, spec: Source) -> pa.Schema:
    with _explained(arrival.name):
        if _is_parquet(arrival.path):
            return pq.read_schema(arrival.path).remove_metadata()
        names = _csv_names(arrival.path, spec) if is_csv(arrival.path) else arrival.columns or _json_names(arrival)
    return pa.schema([(name, pa.string()) for name in names])


def _csv_names(path: Path, spec: Source) -> list[str]:
    encoding = "utf-8-sig" if spec.encoding.lower().replace("_", "-") in ("utf-8", "utf8") else spec.encoding
    with path.open(encoding=encoding, newline="") as file:
        return next((row for row in csv.reader(file, delimiter=spec.delimiter or ",") if row), [])


def _json_names(arrival: Arrival) -> list[str]:
    sql = "select distinct json_type(json) as kind, unnest(json_keys(json)) as name from read_ndjson_objects(?)"
    with duckdb.connect(":memory:") as connection:
        kinds = "select count(*) from read_ndjson_objects(?) where json_type(json) <> 'OBJECT'"
        others = connection.execute(kinds, [str(arrival.path)]).fetchall()[0][0]
        if others:
            raise FileDamaged(arrival.name, f"{others} of its lines are no JSON objects")
        return sorted(name for _, name in connection.execute(sql, [str(arrival.path)]).fetchall())


def _check_names(place: str, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if not name.strip():
            raise ColumnUnusable(place, name, "has no name; name it, or leave it out")
        if name.lower() in seen:
            raise ColumnUnusable(place, name, "is there twice (upper and lower case are alike); leave one out")
        seen.add(name.lower())


def _check_delimiter(place: str, names: list[str], spec: Source) -> None:
    delimiter = spec.delimiter or ","
    if len(names) == 1 and names[0] != spec.entity:
        likely = max(_DELIMITERS, key=names[0].count)
        if likely != delimiter and likely in names[0]:
            raise DelimiterWrong(place, delimiter, names[0][:80], likely)


def _read_csv(arrival: Arrival, spec: Source, schema: pa.Schema) -> Iterator[Lines]:
    unsplit: list[tuple[int, str]] = []
    short: set[int] = set()

    def refuse(row: pa_csv.InvalidRow) -> str:
        unsplit.append((row.number, f"{row.actual_columns} values for {row.expected_columns} columns"))
        if row.actual_columns < row.expected_columns:
            short.add(row.number)
        return "skip"

    if _is_header_only(arrival.path):
        return
    parse = pa_csv.ParseOptions(
        delimiter=spec.delimiter or ",", newlines_in_values=arrival.has_quotes, invalid_row_handler=refuse
    )
    # Without threads the parser numbers the rows that it cannot split.
    options = pa_csv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, encoding=spec.encoding)
    types = pa_csv.ConvertOptions(column_types=schema, strings_can_be_null=True, null_values=[""])
    rows, reported = 0, 0
    with pa_csv.open_csv(arrival.path, read_options=options, parse_options=parse, convert_options=types) as reader:
        for block in reader:
            for start in range(0, block.num_rows, BATCH_ROWS):
                batch = block.slice(start, BATCH_ROWS)
                numbers = _numbers(rows, batch.num_rows, [number for number, _ in unsplit])
                yield Lines(batch=batch, numbers=numbers, unsplit=unsplit[reported:])
                rows, reported = rows + batch.num_rows, len(unsplit)
    last = 1 + rows + len(unsplit)
    if last in short and not arrival.ends_whole:
        raise FileDamaged(arrival.name, f"its last line, {last}, has too few values, as when a file was cut")
    if reported < len(unsplit):
        empty = pa.RecordBatch.from_pylist([], schema)
        yield Lines(batch=empty, numbers=np.empty(0, np.int64), unsplit=unsplit[reported:])


def _is_header_only(path: Path) -> bool:
    with path.open("rb") as file:
        while line := file.readline():
            if line.strip():
                break
        rest = file.read(BLOCK_BYTES)
        return not rest.strip() and len(rest) < BLOCK_BYTES


def _numbers(before: int, rows: int, unsplit: list[int]) -> NDArray[np.int64]:
    """Line numbers of `rows` rows after `before` others and the header, where the lines `unsplit` were left out."""
    numbers = np.arange(2 + before, 2 + before + rows, dtype=np.int64)
    for number in unsplit:
        numbers[numbers >= number] += 1
    return numbers


def _read_parquet(arrival: Arrival) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(arrival.path) as file:
        yield from file.iter_batches(batch_size=BATCH_ROWS)


def _read_json(arrival: Arrival, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    if not schema.names:
        return
    columns = dict.fromkeys(schema.names, "VARCHAR")
    with duckdb.connect(":memory:", config={"memory_limit": "512MB", "threads": 1}) as connection:
        rows = connection.read_json(str(arrival.path), format="newline_delimited", columns=columns)
        yield from rows.to_arrow_reader(BATCH_ROWS)


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() in (".parquet", ".pq")


@contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowInvalid, pa.ArrowKeyError, duckdb.Error, UnicodeError, csv.Error) as error:
        raise FileDamaged(name, str(error).splitlines()[0]) from error
    except OSError as error:
        raise FileDamaged(name, str(error).splitlines()[0] if str(error) else type(error).__name__) from error
