"""Predictions as one file: what was answered, on which input, and what became true where that is known.

Invariant: entities are pseudonyms; columns that the project calls personal or protected are left out, and salts stay
here. An outcome that is not known yet is missing, never a no. Memory is bounded by one batch; the file appears whole or
not at all.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from copml.errors import NothingToExport
from copml.exporting.formats import FORMATS, NEEDS_NOMINAL
from copml.models import output_names
from copml.records import DecisionRule, ProblemKind, ScoringRun
from copml.store import Lake, draft, publish

BATCH_ROWS = 32_768
NOMINAL_MAX = 200
"""Distinct texts of a column that are still categories; of more, as of names, it is text."""
INPUT, PREFIX, PROBABILITIES = "input", "input.", "probabilities"
TIME = pa.timestamp("us", "UTC")
WHAT = (
    pa.field("id", pa.string()),
    pa.field("run", pa.string()),
    pa.field("slot", TIME),
    pa.field("version", pa.string()),
    pa.field("entity", pa.string()),
)
DONE = (
    pa.field("decision", pa.bool_()),
    pa.field("control", pa.bool_()),
    pa.field("eligible", pa.bool_()),
    pa.field("treat", pa.bool_()),
    pa.field("rank", pa.int32()),
)
Outcomes = Callable[[pa.Array, pa.Array], pa.Array]
"""Entities and times → the label of each, as `data.labels` has it: NaN while it is unknown; shape (rows,)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionsRequest:
    """What to export. `runs`: in the order in which their rows appear. `personal`: columns to leave out."""

    project: str
    rule: DecisionRule
    runs: Sequence[ScoringRun]
    personal: Collection[str]
    format: str
    path: Path
    progress: Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedPredictions:
    """What was written. `outcomes`: rows whose outcome is known. `left_out`: personal columns."""

    path: Path
    rows: int
    outcomes: int
    runs: int
    left_out: tuple[str, ...]


def write_predictions(request: PredictionsRequest, lake: Lake, outcomes: Outcomes) -> ExportedPredictions:
    """Write the file, in place of one that has its name.

    Raises:
        NothingToExport: when no scoring run is asked for.
        DiskFull, WorkspaceReadOnly: when it cannot be written.
    """
    if not request.runs:
        raise NothingToExport(request.project)
    files = [(run, lake.files(f"{request.project}/predictions", partition={"run": run.id})) for run in request.runs]
    inputs, left_out = _inputs([path for _, paths in files for path in paths], request.personal)
    schema = _schema(request.rule, inputs)
    total = sum(run.rows for run in request.runs)
    rows = known = 0
    with draft(request.path.parent, request.path.name) as new:
        nominal = _nominal(files, inputs, request.rule) if request.format in NEEDS_NOMINAL else {}
        relation = f"{request.project} predictions"
        with closing(FORMATS[request.format](new.file, schema, relation, nominal)) as writer:
            for run, batch in _batches(files):
                whole = _whole(run, batch, inputs, request.rule, schema, outcomes)
                writer.write_batch(whole)
                rows, known = rows + len(whole), known + len(whole) - whole["outcome"].null_count
                request.progress(rows, total)
        publish(new, request.path)
    return ExportedPredictions(
        path=request.path, rows=rows, outcomes=known, runs=len(request.runs), left_out=tuple(left_out)
    )


Files = Sequence[tuple[ScoringRun, Sequence[Path]]]


def _batches(files: Files) -> Iterator[tuple[ScoringRun, pa.RecordBatch]]:
    for run, paths in files:
        for path in paths:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(BATCH_ROWS):
                    yield run, batch


def _inputs(paths: Sequence[Path], personal: Collection[str]) -> tuple[list[pa.Field], list[str]]:
    """The features of any of the files, in order of appearance, as plain types; and those that are left out."""
    found: dict[str, pa.DataType] = {}
    for path in paths:
        for field in pq.read_schema(path).field(INPUT).type:
            kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
            if field.name not in found or pa.types.is_null(found[field.name]):
                found[field.name] = kind
    kept = [pa.field(name, _plain(kind)) for name, kind in found.items() if name not in personal]
    return kept, [name for name in found if name in personal]


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_null(kind) or pa.types.is_large_string(kind) else kind


def _schema(rule: DecisionRule, inputs: Sequence[pa.Field]) -> pa.Schema:
    """What a row is about, what was answered and done, what became true, and what was known."""
    is_class = rule.kind is ProblemKind.MULTICLASS
    answers = [
        pa.field(name, pa.string() if is_class and place == 0 else pa.float64())
        for place, name in enumerate(output_names(rule.kind, rule.classes))
    ]
    known = [pa.field(PREFIX + field.name, field.type) for field in inputs]
    return pa.schema([*WHAT, *answers, *DONE, pa.field("outcome", _OUTCOMES[rule.kind]), *known])


_OUTCOMES = {
    ProblemKind.BINARY: pa.bool_(),
    ProblemKind.RANKING: pa.bool_(),
    ProblemKind.MULTICLASS: pa.string(),
    ProblemKind.REGRESSION: pa.float64(),
}


def _whole(
    run: ScoringRun,
    batch: pa.RecordBatch,
    inputs: Sequence[pa.Field],
    rule: DecisionRule,
    schema: pa.Schema,
    outcomes: Outcomes,
) -> pa.RecordBatch:
    rows, given = len(batch), batch[INPUT]
    there = {field.name for field in given.type}
    made = {
        "id": pa.array([str(UUID(bytes=value)) for value in batch["id"].to_pylist()], pa.string()),
        "run": pa.repeat(pa.scalar(run.id), rows),
        "outcome": _outcome(outcomes(batch["entity"], batch["slot"]), rule),
        **{
            PREFIX + field.name: pc.struct_field(given, field.name) if field.name in there else pa.nulls(rows)
            for field in inputs
        },
        **{
            name: pc.list_element(batch[PROBABILITIES], place)
            for place, name in enumerate(output_names(rule.kind, rule.classes)[1:])
        },
    }
    columns = [made[field.name] if field.name in made else batch[field.name] for field in schema]
    cast = [column.cast(field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(cast, schema=schema)


def _outcome(label: pa.Array, rule: DecisionRule) -> pa.Array:
    """What became true, or null while that is unknown: yes or no, the name of a class, a number."""
    known = pc.if_else(pc.is_nan(label), None, label)
    match rule.kind:
        case ProblemKind.REGRESSION:
            return known
        case ProblemKind.MULTICLASS:
            return pa.array(rule.classes, pa.string()).take(known.cast(pa.int64()))
    return pc.equal(known, 1.0)


def _nominal(files: Files, inputs: Sequence[pa.Field], rule: DecisionRule) -> dict[str, tuple[str, ...]]:
    """Every value of each text column that has few, names of runs, versions and classes; reads the rows once."""
    values: dict[str, set[str] | None] = {field.name: set() for field in inputs if pa.types.is_string(field.type)}
    for _, batch in _batches(files):
        given = batch[INPUT]
        for field in given.type:
            seen = values.get(field.name)
            if seen is not None:
                seen |= set(pc.unique(pc.struct_field(given, field.name).cast(pa.string())).to_pylist()) - {None}
                values[field.name] = seen if len(seen) <= NOMINAL_MAX else None
    texts = {PREFIX + name: tuple(sorted(seen)) for name, seen in values.items() if seen}
    runs = {run.id: run.version for run, _ in files}
    named = dict.fromkeys(("prediction", "outcome"), rule.classes) if rule.kind is ProblemKind.MULTICLASS else {}
    return {**texts, **named, "run": tuple(sorted(runs)), "version": tuple(sorted(set(runs.values())))}
