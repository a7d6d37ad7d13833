"""The formats of an export of rows: each takes batches of one schema, one after the other.

Invariant: nothing but the batch that is given is in memory; a format that needs to know the values of a column
beforehand is told them.
"""

from collections.abc import Callable, Mapping
from typing import BinaryIO, Protocol

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from copml.exporting.arff import ArffWriter

Nominal = Mapping[str, tuple[str, ...]]
"""Every value of the text columns that have few."""


class Writer(Protocol):
    """Writes batches to an open file."""

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Add a batch."""
        ...

    def close(self) -> None:
        """Finish; the file stays open."""
        ...


def _csv(file: BinaryIO, schema: pa.Schema, _: str, __: Nominal) -> Writer:
    return pa_csv.CSVWriter(file, schema)  # type: ignore[no-any-return]


def _parquet(file: BinaryIO, schema: pa.Schema, _: str, __: Nominal) -> Writer:
    return pq.ParquetWriter(file, schema, compression="zstd")  # type: ignore[no-any-return]


FORMATS: dict[str, Callable[[BinaryIO, pa.Schema, str, Nominal], Writer]] = {
    "csv": _csv,
    "parquet": _parquet,
    "openml": ArffWriter,
}
"""By name: a writer to a file, of a schema, of a relation of that name, with the values of nominal columns."""
NEEDS_NOMINAL = frozenset({"openml"})
