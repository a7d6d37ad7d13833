"""Complete rows of the predictions table, as a stream.

Invariant: `input` is the row as the model got it, column by column in the model's order; each batch's salts are fresh
from the system's random source, so that a leaf tells nothing about its row. Counting the inputs happens on the way,
because the rows pass here anyway.
"""

import os
from collections.abc import Iterator
from functools import reduce

import pyarrow as pa

from copml.metrics import merge, profile
from copml.records import Profile
from copml.scoring.assign import Answers
from copml.scoring.prepare import Prepared
from copml.scoring.request import ScoreRequest
from copml.scoring.rows import batches

SALT_BYTES = 32


class Composer:
    """Streams the rows, and counts them on the way."""

    def __init__(self, request: ScoreRequest, prepared: Prepared, answers: Answers, schema: pa.Schema) -> None:
        self._request, self._prepared, self.answers, self.schema = request, prepared, answers, schema
        self._reference = {name: bins for name, bins in request.reference.items() if name in request.columns}
        self._counted: list[Profile] = []
        self._done = False

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        """Batches of the predictions schema, in the order of the rows to score."""
        start = 0
        self._counted.clear()
        for batch in batches(self._request.rows, self._request.columns):
            self._counted.append(profile(pa.Table.from_batches([batch]), like=self._reference))
            yield self._rows(batch, slice(start, start + batch.num_rows))
            start += batch.num_rows
        self._done = True

    def inputs(self) -> Profile:
        """The profile of all inputs; reads the rows only if nobody took them (they were in the lake already)."""
        if not self._done:
            for _ in self:
                pass
        return reduce(merge, self._counted)

    def _rows(self, batch: pa.RecordBatch, rows: slice) -> pa.RecordBatch:
        arms, count = self.answers.arms, batch.num_rows
        columns = {
            "id": self._prepared.ids[rows],
            "entity": self._prepared.entities[rows],
            "slot": pa.repeat(pa.scalar(self._request.slot, self.schema.field("slot").type), count),
            "version": pa.repeat(pa.scalar(self._request.version, self.schema.field("version").type), count),
            **self.answers.columns(rows),
            "decision": pa.array(arms.decision[rows]),
            "control": pa.array(arms.control[rows]),
            "eligible": pa.array(arms.eligible[rows]),
            "treat": pa.array(arms.treat[rows]),
            "rank": pa.array(self.answers.rank[rows]),
            "salt": salts(count),
            "input": pa.StructArray.from_arrays(batch.columns, fields=list(self.schema.field("input").type)),
        }
        ordered = [columns[field.name].cast(field.type) for field in self.schema]
        return pa.RecordBatch.from_arrays(ordered, schema=self.schema)


def salts(count: int) -> pa.FixedSizeBinaryArray:
    """Random salts, 32 bytes each."""
    data = pa.py_buffer(os.urandom(SALT_BYTES * count))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(SALT_BYTES), count, [None, data])
