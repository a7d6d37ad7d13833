"""What a table in a file, CSV or Parquet, shows about its columns: kinds, missing and distinct values, limits.

Invariant: the file is read once, in bounded memory, up to `ROWS_MAX` rows; nothing of it is kept but counts, limits and
the values of columns that have few. What the columns may mean is for `spec.infer`.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv as arrow_csv

from copml.errors import SampleUnusable

ROWS_MAX = 200_000
COLUMNS_MAX = 500
HEADER_BYTES_MAX = 1 << 18
VALUES_MAX = 20
FAR_FETCHED = 1e300
PARQUET = frozenset({".parquet", ".pq"})
DELIMITERS = (",", ";", "\t", "|")

_KINDS = (
    ("integer", r"^[-+]?\d{1,18}$"),
    ("number", r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"),
    ("time", r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?( ?(Z|[-+]\d{2}:?\d{2}))?)?$"),
    ("email", r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFacts:
    """What was seen of a column. `kind`: integer, number, time, email, text, or empty when all is missing.

    `values` are the distinct values with their counts, most frequent first; none where there are more than
    `VALUES_MAX`. `low` and `high` are of numbers only.
    """

    name: str
    kind: str
    rows: int
    missing: int
    distinct: int
    values: tuple[tuple[str, int], ...]
    low: float | None
    high: float | None

    @property
    def is_key(self) -> bool:
        """Whether each row has a value of its own."""
        return self.rows > 0 and self.missing == 0 and self.distinct == self.rows


def read_columns(path: Path) -> tuple[ColumnFacts, ...]:
    """The columns of a table, in their order; raises as `read_sample` does."""
    return facts_of(read_sample(path))


def facts_of(table: pa.Table) -> tuple[ColumnFacts, ...]:
    """What a table of texts shows about its columns."""
    return tuple(_facts(name, table.column(name)) for name in table.column_names)


def read_sample(path: Path) -> pa.Table:
    """The first `ROWS_MAX` rows of a CSV or Parquet file or a little more, every value as text; blank is missing.

    Raises:
        SampleUnusable: when the file is missing, empty, without rows, or neither of the two.
    """
    table = _parquet(path) if path.suffix.lower() in PARQUET else _table(path, *_header(path))
    if table.num_rows == 0:
        raise SampleUnusable(str(path), "it has a header and no rows")
    return table


def _parquet(path: Path) -> pa.Table:
    try:
        with pq.ParquetFile(path) as file:
            names = file.schema_arrow.names
            _refuse_names(path, names)
            rows = pa.Table.from_batches([*_first(file)], file.schema_arrow)
    except (pa.ArrowInvalid, OSError) as error:
        raise SampleUnusable(str(path), f"it is no Parquet file: {str(error).splitlines()[0][:200]}") from error
    columns = [_as_text(path, name, rows.column(name)) for name in names]
    return pa.table(columns, names=names)


def _first(file: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    rows = 0
    for batch in file.iter_batches():
        yield batch
        rows += batch.num_rows
        if rows >= ROWS_MAX:
            return


def _as_text(path: Path, name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Values as a CSV file would have them."""
    try:
        return pc.fill_null(column.cast(pa.string()), "")
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SampleUnusable(str(path), f"column {name!r} holds {column.type}, which is no plain value") from error


def _header(path: Path) -> tuple[list[str], str]:
    try:
        with path.open("rb") as file:
            line = file.readline(HEADER_BYTES_MAX)
    except OSError as error:
        raise SampleUnusable(str(path), (error.strerror or str(error)).lower()) from error
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SampleUnusable(str(path), f"the byte 0x{line[error.start]:02x} in its header is not UTF-8") from error
    if not text.strip():
        raise SampleUnusable(str(path), "it is empty" if not line else "its first line is blank")
    delimiter = max(DELIMITERS, key=text.count)
    try:
        names = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise SampleUnusable(str(path), f"its header cannot be read: {error}") from error
    _refuse_names(path, names)
    if "\r" in text.rstrip("\r\n"):
        raise SampleUnusable(str(path), "its lines end with a carriage return alone, without a newline")
    if not text.endswith("\n"):
        raise SampleUnusable(str(path), "it has a header and no rows")
    return names, delimiter


def _refuse_names(path: Path, names: list[str]) -> None:
    if len(names) < 2:
        raise SampleUnusable(str(path), "it has a single column: columns are separated by comma, semicolon, tab or |")
    if len(names) > COLUMNS_MAX:
        raise SampleUnusable(str(path), f"it has {len(names)} columns, and at most {COLUMNS_MAX} are looked at")
    for index, name in enumerate(names):
        if not name.strip() or not name.isprintable() or len(name) > 128:
            raise SampleUnusable(str(path), f"the name of column {index + 1} is blank, too long or unprintable")
        if name in names[:index]:
            raise SampleUnusable(str(path), f"two columns are called {name!r}")


def _table(path: Path, names: list[str], delimiter: str) -> pa.Table:
    try:
        return pa.Table.from_batches(
            _batches(path, names, delimiter), pa.schema([(name, pa.string()) for name in names])
        )
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise SampleUnusable(str(path), f"it is no CSV file: {reason}") from error


def _batches(path: Path, names: list[str], delimiter: str) -> Iterator[pa.RecordBatch]:
    reader = arrow_csv.open_csv(
        path,
        read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=1, encoding="utf8"),
        parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    )
    rows = 0
    while rows < ROWS_MAX:
        try:
            batch = reader.read_next_batch()
        except StopIteration:
            return
        rows += batch.num_rows
        yield batch


def _facts(name: str, column: pa.ChunkedArray) -> ColumnFacts:
    trimmed = pc.utf8_trim_whitespace(column)
    present = trimmed.filter(pc.not_equal(trimmed, ""))
    kind = _kind(present)
    counts = pc.value_counts(present) if pc.count_distinct(present).as_py() <= VALUES_MAX else None
    low, high = _limits(present) if kind in {"integer", "number"} else (None, None)
    return ColumnFacts(
        name=name,
        kind=kind,
        rows=len(column),
        missing=len(column) - len(present),
        distinct=pc.count_distinct(present).as_py(),
        values=() if counts is None else _values(counts),
        low=low,
        high=high,
    )


def _kind(present: pa.ChunkedArray) -> str:
    if len(present) == 0:
        return ""
    matching = (kind for kind, form in _KINDS if pc.all(pc.match_substring_regex(present, form)).as_py())
    return next(matching, "text")


def _limits(present: pa.ChunkedArray) -> tuple[float, float] | tuple[None, None]:
    numbers = pc.replace_substring_regex(present, r"^\+", "").cast(pa.float64())
    limits: dict[str, float] = pc.min_max(numbers.filter(pc.less(pc.abs(numbers), FAR_FETCHED))).as_py()
    return (limits["min"], limits["max"]) if limits["min"] is not None else (None, None)


def _values(counts: pa.StructArray) -> tuple[tuple[str, int], ...]:
    pairs = [(str(item["values"]), int(item["counts"])) for item in counts.to_pylist()]
    return tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))
