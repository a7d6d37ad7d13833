"""Read a file as a table: delimited text, JSON lines, Parquet.

Invariant: at most `ROWS_MAX` rows are kept, evenly spread over the file, and never more than twice as many are held at
once, however large the file is. What kind of values a column holds is settled in `exploration.columns`: a column that
changes its kind on the way is read as text.
"""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json
import pyarrow.parquet as pq

from copml.errors import TableUnusable

ROWS_MAX = 2_000_000
BATCH_ROWS = 65_536
BLOCK_BYTES = 8 << 20
HEADER_BYTES_MAX = 1 << 20
_DELIMITERS = (",", ";", "\t", "|")
_JSON = (".json", ".jsonl", ".ndjson")
_PARQUET = (".parquet", ".pq")
_NUMBER = re.compile(r"^\s*[-+]?\d+(\.\d*)?\s*$")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of a table, and how many there were in all; `notes` say what was not as it should be."""

    table: pa.Table
    whole: int
    notes: tuple[str, ...] = ()


def read_rows(path: Path) -> Rows:
    """The rows of a file.

    Raises:
        TableUnusable: when it is missing, empty, or cannot be read to its end.
    """
    try:
        if not path.stat().st_size:
            raise TableUnusable(str(path), "it is empty")
        if path.suffix.lower() in _PARQUET:
            with pq.ParquetFile(path) as file:
                return thinned(file.iter_batches(batch_size=BATCH_ROWS), file.schema_arrow.remove_metadata())
        if path.suffix.lower() in _JSON:
            return _whole(pa_json.read_json(path))
        return _read_csv(path)
    except OSError as error:
        raise TableUnusable(str(path), (error.strerror or str(error)).lower()) from error
    except (pa.ArrowInvalid, pa.ArrowKeyError, pa.ArrowNotImplementedError, UnicodeError, csv.Error) as error:
        raise TableUnusable(str(path), str(error).splitlines()[0][:200]) from error


def thinned(batches: Iterable[pa.RecordBatch], schema: pa.Schema, most: int = ROWS_MAX) -> Rows:
    """At most `most` rows, every one of them or every 2nd, 4th, … of all."""
    step, whole, held = 1, 0, list[pa.RecordBatch]()
    kept = 0
    for batch in batches:
        chosen = _every(batch, step, offset=-whole % step)
        whole += batch.num_rows
        held.append(chosen)
        kept += chosen.num_rows
        if kept > most:
            table = pa.Table.from_batches(held, schema)
            while table.num_rows > most:
                step *= 2
                table = table.take(pa.array(np.arange(0, table.num_rows, 2)))
            held, kept = table.to_batches(), table.num_rows
    note = f"Every {step}th row was looked at, {kept:,} of {whole:,}." if step > 1 else ""
    return Rows(pa.Table.from_batches(held, schema), whole, (note,) if note else ())


def _every(batch: pa.RecordBatch, step: int, offset: int) -> pa.RecordBatch:
    if step == 1:
        return batch
    return batch.take(pa.array(np.arange(offset, batch.num_rows, step)))


def _whole(table: pa.Table) -> Rows:
    return thinned(table.to_batches(), table.schema)


def _read_csv(path: Path) -> Rows:
    encoding, note = _encoding(path)
    delimiter = _delimiter(path, encoding)
    try:
        found = _thin_csv(path, encoding, delimiter, None)
    except pa.ArrowInvalid as error:
        if "conversion error" not in str(error):
            raise
        found = _thin_csv(path, encoding, delimiter, pa.string())
    return Rows(
        found.table, found.whole, tuple(filter(None, (note, _headless(found.table.column_names), *found.notes)))
    )


def _headless(names: list[str]) -> str:
    """What to say where the first line reads like values."""
    number = next((name for name in names if _NUMBER.match(name)), None)
    return "" if number is None else f"A column is called {number.strip()!r}: does the file lack a header?"


def _thin_csv(path: Path, encoding: str, delimiter: str, kind: pa.DataType | None) -> Rows:
    types = {}
    if kind is not None:
        with path.open(encoding=encoding, newline="") as file:
            types = dict.fromkeys(next(csv.reader(file, delimiter=delimiter)), kind)
    with pa_csv.open_csv(
        path,
        read_options=pa_csv.ReadOptions(encoding=encoding.removesuffix("-sig"), block_size=BLOCK_BYTES),
        parse_options=pa_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types=types, strings_can_be_null=True, null_values=["", "NA", "N/A", "NaN", "nan", "null", "NULL"]
        ),
    ) as reader:
        return thinned(_batches(reader), reader.schema)


def _batches(reader: pa_csv.CSVStreamingReader) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        for start in range(0, batch.num_rows, BATCH_ROWS):
            yield batch.slice(start, BATCH_ROWS)


def _encoding(path: Path) -> tuple[str, str]:
    """The encoding of a text file, and what to say of it where it is not UTF-8."""
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16", "The file is in UTF-16."
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while block := file.read(BLOCK_BYTES):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252", "The file is not UTF-8, and was read as Windows-1252: look at letters with accents."
    return "utf-8-sig", ""


def _delimiter(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="") as file:
        line = file.readline(HEADER_BYTES_MAX)
    if "\0" in line:
        raise TableUnusable(str(path), "its first line is no text")
    if not line.strip():
        raise TableUnusable(str(path), "its first line is blank")
    return max(_DELIMITERS, key=line.count)
