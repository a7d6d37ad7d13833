"""Rows that failed a check, kept with their reason.

Invariant: a row that fails again, unchanged, for the same reason is kept once; what is kept holds pseudonyms only.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from copml.data import kinds
from copml.data.request import IngestRequest
from copml.data.rows import FAILED
from copml.data.staging import Staged
from copml.store import Commit

SCHEMA = FAILED.append(pa.field("slot", kinds.TIME))
_PLAIN = frozenset({"entity", "body"})
_SQL = """
select file_row_number as place from failed semi join held
on failed.reason = held.reason and failed."column" = held."column"
    and failed.file = held.file and failed.body = held.body
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """The commit, if there was anything to keep; rows kept by reason; failed rows that were kept before."""

    commit: Commit | None
    reasons: dict[str, int]
    repeated: int

    @property
    def rows(self) -> int:
        """Rows kept."""
        return sum(self.reasons.values())


def quarantine(request: IngestRequest, failed: Staged, transaction: str) -> Quarantined:
    """Keep failed rows that were not kept before.

    Raises:
        DiskFull: when no space is left.
        WorkspaceReadOnly: when the lake cannot be written.
    """
    known = _known(request, failed, transaction)
    reasons: Counter[str] = Counter()
    for batch in _fresh(failed, known):
        pairs = zip(batch.column("column").to_pylist(), batch.column("reason").to_pylist(), strict=True)
        reasons.update(f"{column}: {reason}" if column else reason for column, reason in pairs)
    if not reasons:
        return Quarantined(commit=None, reasons={}, repeated=len(known))
    slot = pa.scalar(request.slot, kinds.TIME)
    rows = (
        pa.RecordBatch.from_arrays([*batch.columns, pa.repeat(slot, batch.num_rows)], schema=SCHEMA)
        for batch in _fresh(failed, known)
    )
    commit = request.lake.write(request.quarantine, rows, SCHEMA, transaction=transaction, plain=_PLAIN)
    return Quarantined(commit=commit, reasons=dict(sorted(reasons.items())), repeated=len(known))


def _known(request: IngestRequest, failed: Staged, transaction: str) -> set[int]:
    """Places of the failed rows that an earlier pass kept."""
    base = base_version(request, request.quarantine, transaction)
    if base is None or failed.rows == 0:
        return set()
    found = request.lake.query(_SQL, {"failed": failed.path, "held": (request.quarantine, base)})
    return set(found["place"].to_pylist())


def _fresh(failed: Staged, known: set[int]) -> Iterator[pa.RecordBatch]:
    start = 0
    for batch in failed.batches():
        places = np.arange(start, start + batch.num_rows)
        yield batch.filter(pa.array(~np.isin(places, list(known)))) if known else batch
        start += batch.num_rows


def base_version(request: IngestRequest, table: str, transaction: str) -> int | None:
    """The version that the pass builds on: the newest, or the one before its own, where it had committed already."""
    done = request.lake.committed(table, transaction)
    if done is None:
        return request.lake.version(table)
    return done.version - 1 if done.version else None
