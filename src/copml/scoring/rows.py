"""The rows to score, as a stream of Arrow batches.

Invariant: the same files give the same batches in the same order, so that a part of the work can be named by its number
and skipped when it is already done. At most three batches are in memory. Text is kept as dictionary codes, which
models, profiles and Parquet all read faster than text.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from copml.errors import FeaturesLackColumns, TableDamaged

ENTITY, AS_OF = "entity", "as_of"
# The lake's row group: a batch then has one dictionary for each text. A hundred numbers make a batch of 105 MB.
BATCH_ROWS = 131_072

T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Parquet files of one schema, in order, and the time whose rows are meant (None: every row)."""

    files: tuple[Path, ...]
    as_of: datetime | None = None


def schema(rows: Rows, columns: Sequence[str], version: str) -> pa.Schema:
    """Those columns as `batches` gives them: text as dictionary codes, every other type as it is.

    Raises:
        FeaturesLackColumns: when one of them, or the entity, is not in the files.
        TableDamaged: when a file cannot be read.
    """
    with _damage(rows.files[0]):
        found = pq.read_schema(rows.files[0])
    if missing := [name for name in (ENTITY, *columns) if name not in found.names]:
        raise FeaturesLackColumns(version, missing, found.names)
    return _coded(found, columns)


def count(rows: Rows) -> int:
    """An upper bound of the number of rows, read from the footers only; exact where each file holds one time.

    Raises:
        TableDamaged: when a file cannot be read.
    """
    total = 0
    for path in rows.files:
        with _damage(path), pq.ParquetFile(path) as file:
            total += sum(file.metadata.row_group(group).num_rows for group in _groups(file, rows.as_of))
    return total


def batches(rows: Rows, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Batches of at most `BATCH_ROWS` rows with those columns, none empty; the next is read while one is worked on.

    Raises:
        TableDamaged: when a file cannot be read.
    """
    return ahead(_batches(rows, list(columns)))


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, each made in a thread while the one before is worked on."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


def _batches(rows: Rows, columns: list[str]) -> Iterator[pa.RecordBatch]:
    read = [*columns, AS_OF] if rows.as_of is not None else columns
    for path in rows.files:
        with _damage(path):
            wanted = _coded(pq.read_schema(path), columns)
        text = [field.name for field in wanted if pa.types.is_dictionary(field.type)]
        with _damage(path), pq.ParquetFile(path, read_dictionary=text) as file:
            for batch in file.iter_batches(BATCH_ROWS, row_groups=_groups(file, rows.as_of), columns=read):
                kept = _at(batch, rows.as_of).select(columns)
                if kept.num_rows:
                    yield kept if kept.schema.equals(wanted) else kept.cast(wanted)


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowInvalid) as error:
        raise TableDamaged(str(path), str(error).splitlines()[0]) from error


def _groups(file: pq.ParquetFile, as_of: datetime | None) -> list[int]:
    """Row groups that may hold rows of that time, by the statistics in the footer."""
    numbers = range(file.metadata.num_row_groups)
    if as_of is None:
        return list(numbers)
    column = file.schema_arrow.names.index(AS_OF)
    return [number for number in numbers if _may_hold(file.metadata.row_group(number).column(column), as_of)]


def _may_hold(chunk: pq.ColumnChunkMetaData, as_of: datetime) -> bool:
    seen = chunk.statistics
    return seen is None or not seen.has_min_max or bool(seen.min <= as_of <= seen.max)


def _at(batch: pa.RecordBatch, as_of: datetime | None) -> pa.RecordBatch:
    if as_of is None:
        return batch
    times = batch[AS_OF]
    return batch.filter(pc.equal(times, pa.scalar(as_of, times.type)))


def _coded(found: pa.Schema, columns: Sequence[str]) -> pa.Schema:
    return pa.schema([pa.field(name, _code(name, found.field(name).type)) for name in columns])


def _code(name: str, kind: pa.DataType) -> pa.DataType:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (pa.types.is_string(value) or pa.types.is_large_string(value)):
        return kind
    return pa.string() if name == ENTITY else pa.dictionary(pa.int32(), pa.string())
