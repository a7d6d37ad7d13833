"""Feature sets: the project's `build`, run as of given times, checked and kept.

Invariant: a kept set has one row an entity, finite or missing numbers, texts and booleans; it depends on nothing but
the project's code, the named versions of its sources and the two times. Which times are due is for the caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from copml.data import kinds
from copml.data.repeats import SQL_TYPES
from copml.data.request import source_table
from copml.digest import digest_of, instant
from copml.errors import FeaturesInvalid
from copml.records import Digest, FeatureSet, Snapshot, TaskKey
from copml.sandbox import Limits, run_child
from copml.spec.project import Project
from copml.store import Commit, Lake

CHILD = "copml.data.child:build"
COLUMNS_MAX = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """A time to build features as of, and until when what they are built from was known."""

    as_of: datetime
    known_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureRequest:
    """Features to build. `versions`: of the sources' tables, which must be given for those that have one.

    `transaction` and `staging` are the same for every attempt; `code_digest` is of the project's code; `history` says
    that the times lie before the project started.
    """

    project: Project
    times: Sequence[AsOf]
    versions: Mapping[str, int]
    root: Path
    staging: Path
    log: Path
    lake: Lake
    limits: Limits
    transaction: str
    task: TaskKey
    now: datetime
    code_digest: Digest
    history: bool

    @property
    def table(self) -> str:
        """The lake table of features."""
        return features_table(self.project)


def features_table(project: Project) -> str:
    """The lake table of a project's features."""
    return f"{project.project}/features"


def build_features(request: FeatureRequest) -> list[tuple[FeatureSet, Snapshot]]:
    """Build and keep the features of each time, in the order given; of a past time that has no rows yet, none.

    Raises:
        FeaturesInvalid: when `build` returned something else than features; nothing of that time or later is kept.
        CodeFailed, CodeTimedOut, CodeOutOfMemory, CodeKilled, EntryInvalid: as `sandbox.run_child`.
        TableConflict: when a column has another type than in earlier feature sets.
        DiskFull, WorkspaceReadOnly: when the lake cannot be written.
    """
    request.staging.mkdir(parents=True, exist_ok=True)
    paths = [request.staging / f"features-{place:04d}.parquet" for place in range(len(request.times))]
    run_child(
        CHILD,
        _argument(request, paths),
        root=request.root,
        limits=request.limits,
        log=request.log,
        called=request.project.features,
    )
    made = [(at, path) for at, path in zip(request.times, paths, strict=True) if not (request.history and _empty(path))]
    types = _types(request, [path for _, path in made])
    return [_keep(request, at, path, types) for at, path in made]


def _types(request: FeatureRequest, paths: Sequence[Path]) -> dict[str, pa.DataType]:
    """What kind of values each column has, here or in earlier sets: one that is all missing does not say it itself."""
    found: dict[str, pa.DataType] = {}
    for path in paths:
        table = pq.read_table(path)
        found |= {name: _plain(table[name].type) for name in table.column_names if table[name].null_count < len(table)}
    kept = request.lake.schema(request.table) if request.lake.version(request.table) is not None else pa.schema([])
    return found | {field.name: field.type for field in kept}


def _empty(path: Path) -> bool:
    return bool(pq.read_metadata(path).num_rows == 0)


def _argument(request: FeatureRequest, paths: Sequence[Path]) -> dict[str, object]:
    return {
        "entry": request.project.features,
        "sources": {name: _source(request, name) for name in request.project.data.sources},
        "times": [
            {"as_of": instant(at.as_of), "known_by": instant(at.known_by), "path": str(path.resolve())}
            for at, path in zip(request.times, paths, strict=True)
        ],
    }


def _source(request: FeatureRequest, name: str) -> dict[str, object]:
    spec = request.project.data.sources[name]
    own = {"entity": "VARCHAR", "event_at": "TIMESTAMPTZ", "known_at": "TIMESTAMPTZ"}
    others = {column: kind for column, kind in spec.columns.items() if column not in {spec.entity, spec.event_at}}
    columns = own | {column: SQL_TYPES[kind] for column, kind in others.items() if column != spec.known_at}
    if name not in request.versions:
        return {"files": [], "columns": columns}
    files = request.lake.files(source_table(request.project, name), request.versions[name])
    return {"files": [str(path.resolve()) for path in files], "columns": columns}


def _keep(
    request: FeatureRequest, at: AsOf, path: Path, types: Mapping[str, pa.DataType]
) -> tuple[FeatureSet, Snapshot]:
    table = checked(_typed(pq.read_table(path), types), request.project.features, at.as_of)
    as_of = pa.repeat(pa.scalar(at.as_of, kinds.TIME), table.num_rows)
    table = table.add_column(1, "as_of", as_of)
    personal = {name for name in table.column_names if name in request.project.data.personal}
    commit = request.lake.write(
        request.table,
        table.to_batches(),
        table.schema,
        transaction=f"{request.transaction}/{instant(at.as_of)}",
        plain=frozenset({"entity", *personal}),
    )
    return _record(request, at, table, commit), _snapshot(request, commit)


def _record(request: FeatureRequest, at: AsOf, table: pa.Table, commit: Commit) -> FeatureSet:
    return FeatureSet(
        project=request.project.project,
        as_of=at.as_of,
        known_by=at.known_by,
        version=commit.version,
        digest=Digest(digest_of(sorted(file.digest for file in commit.files))),
        rows=commit.rows_added,
        columns=tuple(name for name in table.column_names if name not in ("entity", "as_of")),
        inputs=dict(request.versions),
        code_digest=request.code_digest,
        history=request.history,
    )


def _snapshot(request: FeatureRequest, commit: Commit) -> Snapshot:
    return Snapshot(
        project=request.project.project,
        table=request.table,
        version=commit.version,
        digest=commit.digest,
        rows=commit.rows,
        rows_added=commit.rows_added,
        columns=tuple(request.lake.schema(request.table, commit.version).names),
        files=commit.files,
        task=request.task,
        created_at=request.now,
    )


def checked(table: pa.Table, entry: str, at: datetime) -> pa.Table:
    """Features fit to be kept: `entity` first, numbers as float64, sorted by entity (pure).

    Raises:
        FeaturesInvalid: when they are not.
    """
    as_of = instant(at)
    if "entity" not in table.column_names:
        found = ", ".join(table.column_names[:12])
        raise FeaturesInvalid(entry, as_of, f"it has no column `entity`, only {found}; select it in `build`")
    if table.num_rows == 0:
        raise FeaturesInvalid(entry, as_of, "it has no rows; are there data up to this time? (`copml data`)")
    if len(table.column_names) > COLUMNS_MAX:
        raise FeaturesInvalid(
            entry, as_of, f"it has {len(table.column_names)} columns, and at most {COLUMNS_MAX} are taken"
        )
    if len(table.column_names) == 1:
        raise FeaturesInvalid(entry, as_of, "it has no column beside `entity`; return at least one feature")
    _check_entities(table["entity"], entry, as_of)
    names = [name for name in table.column_names if name not in ("entity", "as_of")]
    columns = [_feature(table[name], name, entry, as_of) for name in names]
    whole = pa.table([table["entity"].cast(pa.string()), *columns], names=["entity", *names])
    return whole.sort_by("entity").combine_chunks()


def _typed(table: pa.Table, types: Mapping[str, pa.DataType]) -> pa.Table:
    """The same with columns that are all missing as what they are elsewhere."""
    for place, name in enumerate(table.column_names):
        if name in types and table[name].null_count == len(table):
            table = table.set_column(place, name, pa.nulls(len(table), types[name]))
    return table


def _check_entities(entities: pa.ChunkedArray, entry: str, as_of: str) -> None:
    if not _is_text(entities.type) or entities.null_count:
        raise FeaturesInvalid(entry, as_of, "`entity` must be the pseudonym of the sources' `entity`, in every row")
    repeated = len(entities) - len(entities.unique())
    if repeated:
        hint = "group by entity, or use `tables.latest`"
        raise FeaturesInvalid(entry, as_of, f"{repeated} rows repeat an entity; return one row each ({hint})")


def _feature(column: pa.ChunkedArray, name: str, entry: str, as_of: str) -> pa.ChunkedArray:
    kind = _plain(column.type)
    column = column.cast(kind)
    if pa.types.is_boolean(kind):
        return column
    if _is_text(kind):
        return column.cast(pa.string())
    if pa.types.is_null(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        numbers = column.cast(pa.float64(), safe=False)
        infinite = pc.sum(pc.is_inf(numbers)).as_py() or 0
        if infinite:
            reason = f"column {name!r} is infinite in {infinite} rows; divide by nothing that can be 0"
            raise FeaturesInvalid(entry, as_of, reason)
        return pc.if_else(pc.is_nan(numbers), None, numbers)
    raise FeaturesInvalid(entry, as_of, f"column {name!r} is of type {kind}; return numbers, texts or booleans")


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
