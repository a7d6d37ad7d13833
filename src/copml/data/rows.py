"""Turn a batch as delivered into rows of the table, and rows that failed with their reasons.

Invariant: what leaves here holds pseudonyms only, good rows and failed ones alike, and every delivered row is in
exactly one of the two. Whether a good row is news is for `data.repeats`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from copml.data import kinds
from copml.data.checks import Marks, check_placed, check_time, check_values
from copml.data.columns import Plan
from copml.data.predicted import check_predictions, log_of
from copml.data.readers import Lines
from copml.spec.project import Check, Project, Source

# A source without times states what has been true since ever, until it is corrected.
ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
FAILED = pa.schema(
    [
        ("entity", pa.string()),
        ("reason", pa.string()),
        ("column", pa.string()),
        ("file", pa.string()),
        ("row", pa.int64()),
        ("body", pa.string()),
    ]
)


@dataclass(slots=True)
class Tally:
    """Rows read and missing values by column, over a pass; and who is behind the pseudonyms that it met."""

    rows_read: int = 0
    missing: dict[str, int] = field(default_factory=dict)
    identifiers: dict[str, str] = field(default_factory=dict)


class Sorter:
    """Sorts delivered rows into good and failed ones."""

    def __init__(self, project: Project, source: str, plan: Plan, pseudonym: Callable[[Sequence[str]], Sequence[str]]):
        self._spec: Source = project.data.sources[source]
        self._checks: Mapping[str, Check] = project.data.checks
        self._zone = project.tz
        self._plan = plan
        self._pseudonym = pseudonym
        self._personal = identifier_columns(project, source)
        self._log, self._kind = log_of(project, source), project.data.outcome.kind
        self.tally = Tally()

    def sort(self, file: str, lines: Lines) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        """Good rows, with the plan's columns and `line`; failed rows as in the quarantine, without `slot`."""
        batch = lines.batch
        marks = Marks(batch.num_rows)
        entity = self._entity(batch.column(self._spec.entity))
        check_placed(marks, self._spec.entity, entity)
        times = [self._time(marks, batch, column) for column in (self._spec.event_at, self._spec.known_at)]
        values = [self._values(marks, batch, name) for name in self._plan.kinds]
        if self._log is not None:
            check_predictions(marks, dict(zip(self._plan.kinds, values, strict=True)), self._log, self._kind)
        schema = self._plan.schema.append(pa.field("line", pa.int64()))
        event_at = times[0] if self._spec.event_at else pa.repeat(pa.scalar(ALWAYS, kinds.TIME), batch.num_rows)
        rows = pa.RecordBatch.from_arrays([entity, event_at, times[1], *values, pa.array(lines.numbers)], schema=schema)
        self.tally.rows_read += batch.num_rows + len(lines.unsplit)
        return rows.filter(pa.array(marks.good)), self._failed(file, lines, marks, entity)

    def _entity(self, column: pa.Array) -> pa.Array:
        return self._hidden(whole_texts(column), remember=True)

    def _time(self, marks: Marks, batch: pa.RecordBatch, column: str | None) -> pa.Array:
        if column is None:
            return pa.nulls(batch.num_rows, kinds.TIME)
        times, wrong = kinds.convert(batch.column(column), "time", self._zone)
        marks.mark(wrong, column, "no time")
        check_placed(marks, column, times)
        check_time(marks, column, times)
        return times

    def _values(self, marks: Marks, batch: pa.RecordBatch, name: str) -> pa.Array:
        kind = self._plan.kinds[name]
        if name not in batch.schema.names:
            self._count_missing(name, batch.num_rows)
            return pa.nulls(batch.num_rows, kinds.TYPES[kind])
        if name in self._personal:
            values = self._hidden(whole_texts(batch.column(name)), remember=False)
        else:
            values, wrong = kinds.convert(batch.column(name), kind, self._zone)
            marks.mark(wrong, name, f"no {kind}")
            check_values(marks, name, values, self._checks.get(name))
            values = _finite(values)
            self._count_missing(name, values.null_count - int(np.count_nonzero(wrong)))
            return values
        self._count_missing(name, values.null_count)
        return values

    def _count_missing(self, name: str, rows: int) -> None:
        self.tally.missing[name] = self.tally.missing.get(name, 0) + rows

    def _hidden(self, column: pa.Array, *, remember: bool) -> pa.Array:
        """Pseudonyms in place of identifiers."""
        encoded = column.dictionary_encode()
        identifiers = encoded.dictionary.to_pylist()
        pseudonyms = list(self._pseudonym(identifiers))
        if remember:
            self.tally.identifiers.update(zip(pseudonyms, identifiers, strict=True))
        return pa.array(pseudonyms, pa.string()).take(encoded.indices)

    def _failed(self, file: str, lines: Lines, marks: Marks, entity: pa.Array) -> pa.RecordBatch:
        bad = pa.array(~marks.good)
        columns, reasons = marks.columns_and_reasons()
        rows = lines.batch.filter(bad)
        bodies = self._bodies(rows)
        extra = len(lines.unsplit)
        return pa.RecordBatch.from_arrays(
            [
                pa.array([*entity.filter(bad).to_pylist(), *[None] * extra], pa.string()),
                pa.array([*reasons, *(reason for _, reason in lines.unsplit)], pa.string()),
                pa.array([*columns, *[""] * extra], pa.string()),
                pa.array([file] * (len(reasons) + extra), pa.string()),
                pa.array([*lines.numbers[~marks.good].tolist(), *(number for number, _ in lines.unsplit)], pa.int64()),
                # A row that could not be split may hold an identifier anywhere: it stays in the file only.
                pa.array([*bodies, *["{}"] * extra], pa.string()),
            ],
            schema=FAILED,
        )

    def _bodies(self, rows: pa.RecordBatch) -> list[str]:
        hidden = {self._spec.entity, *self._personal}
        names = rows.schema.names
        columns = [
            self._hidden(whole_texts(column), remember=False) if name in hidden else kinds.texts(column)
            for name, column in zip(names, rows.columns, strict=True)
        ]
        return [json.dumps(row, ensure_ascii=False) for row in pa.Table.from_arrays(columns, names=names).to_pylist()]


def identifier_columns(project: Project, source: str) -> frozenset[str]:
    """Columns with direct identifiers, beside the entity's own."""
    declared = {name for name, kind in project.data.personal.items() if kind == "identifier"}
    return frozenset(declared - {project.data.sources[source].entity})


def whole_texts(column: pa.Array) -> pa.Array:
    """Identifiers as text; a number that a tool made a float of, `7.0`, is `7` again."""
    column = kinds.plain(column)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_finite(column), column, None).cast(pa.int64(), safe=False)
    return kinds.texts(column)


def _finite(values: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_finite(values), values, None) if pa.types.is_floating(values.type) else values
