"""Seal a scoring run: one Merkle root over its rows as they are in the lake, in the order of their ids.

Invariant: the rows are read back from the disk, in a process of its own, so that what is sealed is what was kept and no
prediction waits for it. The tree and the bytes of a row are for `predictions`; the root's place in the ledger is for
the loop.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from copml.errors import PredictionsUnsealable
from copml.predictions import merkle_root_unordered
from copml.records import Digest, ScoringRun, Seal
from copml.sandbox import Limits, run_child
from copml.scoring.prepare import predictions_table
from copml.scoring.rows import BATCH_ROWS, ahead
from copml.store import Lake

CHILD = "copml.scoring.sealing:main"
# No project code runs here, so this only bounds a defect: an hour is 700 million rows.
LIMITS = Limits(seconds=3600.0, memory_mb=4096)


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """What the child found."""

    root: str
    rows: int


def seal(run: ScoringRun, lake: Lake, *, now: datetime, log: Path, limits: Limits = LIMITS) -> Seal:
    """The seal over the rows of a run, in the version of the table that it made.

    Raises:
        TableMissing: when that version is gone.
        PredictionsUnsealable: when a row in the lake is not one that `score` writes.
    """
    files = lake.files(predictions_table(run.project), run.table_version, partition={"run": run.id})
    found = run_child(CHILD, [str(file.resolve()) for file in files], root=log.parent, limits=limits, log=log)
    sealed = msgspec.convert(found, Sealed)
    if sealed.rows != run.rows:
        raise PredictionsUnsealable(f"run {run.id} scored {run.rows} rows, and {sealed.rows} of them are in the lake")
    return Seal(project=run.project, scoring_run=run.id, root=Digest(sealed.root), rows=sealed.rows, sealed_at=now)


def main(argument: object) -> dict[str, object]:
    """Read the files in the argument and hash their rows."""
    root, rows = merkle_root_unordered(ahead(_batches(msgspec.convert(argument, list[str]))))
    return {"root": root, "rows": rows}


def _batches(files: list[str]) -> Iterator[pa.RecordBatch]:
    for path in files:
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(BATCH_ROWS)
