"""The rows of a pass, on disk between reading and writing, so that memory does not grow with them.

Invariant: staged files are scratch: nothing depends on them after the pass, and a new attempt starts them anew.
"""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

BATCH_ROWS = 65_536


class Staged:
    """A scratch file of rows: written batch by batch, then read as often as needed."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.rows = 0
        self._writer = pq.ParquetWriter(path, schema, compression="lz4")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._writer.close()

    def add(self, batch: pa.RecordBatch) -> None:
        """Append rows."""
        if batch.num_rows:
            self._writer.write_batch(batch)
            self.rows += batch.num_rows

    def batches(self) -> Iterator[pa.RecordBatch]:
        """All rows, in the order in which they were added."""
        with pq.ParquetFile(self.path) as file:
            yield from file.iter_batches(batch_size=BATCH_ROWS)
