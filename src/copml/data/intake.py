"""Bring what is new of a source into the lake: read, check, hide identifiers, leave out what is known, write.

Invariant: every row that was read is added, repeated or quarantined, and counted so. A pass that is tried again after
a kill, with the same files, gives the same answer; with more files, it still loses and doubles nothing, because the
lake's transaction is named after the files. A pass writes to the lake only.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from copml.data import database, kinds
from copml.data.arrivals import Arrival, find_files, inspect, is_pattern, news
from copml.data.columns import OWN, Inference, Plan, check_columns, held_kinds, make_plan
from copml.data.findings import find, nothing_read, state_of
from copml.data.kinds import Kind
from copml.data.predicted import answer_kinds, check_log, log_of
from copml.data.quarantine import Quarantined, base_version, quarantine
from copml.data.readers import header, read
from copml.data.repeats import DUPLICATE, NEWS, REPEATED, Verdicts, judge
from copml.data.request import IngestRequest, IngestResult
from copml.data.rows import FAILED, Sorter, Tally, identifier_columns
from copml.data.staging import Staged
from copml.digest import digest_of
from copml.metrics import merge, profile
from copml.records import FileDigest, Ingest, Profile, Snapshot
from copml.spec import Project
from copml.store import Commit

DUPLICATED = "said again with other content in the same delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pass:
    """A pass after reading: its plan, the good rows on disk and what they are, what was counted on the way."""

    request: IngestRequest
    transaction: str
    known_at: datetime
    plan: Plan
    rows: Staged
    verdicts: Verdicts
    files: tuple[FileDigest, ...]
    file_starts: NDArray[np.int64]
    tally: Tally


def ingest(request: IngestRequest) -> IngestResult:
    """Take in what is new of a source.

    Raises:
        FileEmpty, FileDamaged, EncodingWrong, DelimiterWrong, ColumnMissing, ColumnUnusable, TooManyColumns: as named;
            nothing of the pass was kept.
        SourceUnreachable: when the database does not answer.
        DiskFull, WorkspaceReadOnly: when the lake cannot be written.
    """
    arrivals = _arrivals(request)
    if not arrivals:
        return _answer(request, nothing_read(request))
    transaction = f"{request.transaction}/{digest_of(sorted(arrival.digest for arrival in arrivals))[:16]}"
    with Staged(request.staging / "failed.parquet", FAILED) as failed:
        done = _read(request, arrivals, transaction, failed)
        for batch, places in done.verdicts.chosen(done.rows, DUPLICATE):
            failed.add(_duplicates(done, batch, places))
    kept = quarantine(request, failed, f"{transaction}/quarantine")
    return _keep(done, kept)


def _arrivals(request: IngestRequest) -> list[Arrival]:
    spec = request.spec
    if spec.path is None:
        found = [database.fetch(request.source, spec, request.staging, request.root)]
    else:
        names = find_files(request.root, spec.path)
        found = [inspect(request.root / name, name, spec.encoding) for name in names]
    return news(found, request.seen)


def _plan(request: IngestRequest, arrivals: Sequence[Arrival], base: int | None) -> tuple[Plan, list[pa.Schema]]:
    spec = request.spec
    headers = [header(arrival, spec) for arrival in arrivals]
    for arrival, schema in zip(arrivals, headers, strict=True):
        check_columns(arrival.name, schema.names, spec)
        check_log(arrival.name, schema.names, log_of(request.project, request.source))
    held = held_kinds(None if base is None else request.lake.schema(request.table, base))
    identifiers = identifier_columns(request.project, request.source)
    unknown = {name for schema in headers for name in schema.names} - {*held, *spec.columns, *identifiers}
    inference = Inference(sorted(unknown))
    if unknown - {spec.entity, spec.event_at, spec.known_at}:
        for arrival, schema in zip(arrivals, headers, strict=True):
            for lines in read(arrival, spec, schema):
                inference.look(lines.batch)
    delivered = [schema.names for schema in headers]
    met = {name for names in delivered for name in names} & identifiers
    inferred = {**inference.kinds, **_limited(request.project, inference.kinds)}
    inferred |= answer_kinds(log_of(request.project, request.source))
    return make_plan(spec, delivered, held, inferred, sorted(met)), headers


def _limited(project: Project, found: Iterable[str]) -> dict[str, Kind]:
    """Columns for which the project states limits are numbers: one wrong word does not make them text."""
    checks = project.data.checks
    return {name: "number" for name in found if name in checks and (checks[name].min, checks[name].max) != (None, None)}


def _read(request: IngestRequest, arrivals: Sequence[Arrival], transaction: str, failed: Staged) -> _Pass:
    base = base_version(request, request.table, transaction)
    plan, headers = _plan(request, arrivals, base)
    sorter = Sorter(request.project, request.source, plan, request.pseudonym)
    files: list[FileDigest] = []
    starts: list[int] = []
    with Staged(request.staging / "rows.parquet", plan.schema.append(pa.field("line", pa.int64()))) as rows:
        for arrival, schema in zip(arrivals, headers, strict=True):
            before = sorter.tally.rows_read
            starts.append(rows.rows)
            was_read = arrival.digest in {file.digest for file in files}
            for lines in () if was_read else read(arrival, request.spec, schema):
                good, bad = sorter.sort(arrival.name, lines)
                rows.add(good)
                failed.add(bad)
            count = sorter.tally.rows_read - before
            files.append(FileDigest(path=arrival.name, digest=arrival.digest, size=arrival.size, rows=count))
    known_at = _known_at(request, transaction)
    existing = plan.schema.empty_table() if base is None else (request.table, base)
    replaced = request.spec.path is None or not is_pattern(request.spec.path)
    return _Pass(
        request=request,
        transaction=transaction,
        known_at=known_at,
        plan=plan,
        rows=rows,
        verdicts=judge(request.lake, existing, rows, plan, now=known_at, replaced=replaced),
        files=tuple(files),
        file_starts=np.array(starts, np.int64),
        tally=sorter.tally,
    )


def _known_at(request: IngestRequest, transaction: str) -> datetime:
    """When this pass's rows became known: now, or what an attempt before a kill wrote."""
    before = request.lake.committed(request.table, transaction)
    if before is None or request.is_history or request.spec.known_at is not None:
        return request.now
    names = {file.path for file in before.files}
    files = [path for path in request.lake.files(request.table, before.version) if path.name in names]
    newest: datetime = max(pc.max(pq.read_table(path, columns=["known_at"])["known_at"]).as_py() for path in files)
    return newest


def _duplicates(done: _Pass, batch: pa.RecordBatch, places: NDArray[np.int64]) -> pa.RecordBatch:
    """Rows as in the quarantine; their identifiers were hidden before."""
    names = [done.files[index].path for index in np.searchsorted(done.file_starts, places, side="right") - 1]
    shown = [kinds.texts(batch.column(name)) for name in batch.schema.names]
    bodies = pa.Table.from_arrays(shown, names=batch.schema.names).drop_columns(["line"]).to_pylist()
    columns = [
        batch.column("entity"),
        pa.repeat(DUPLICATED, len(batch)),
        pa.repeat("", len(batch)),
        pa.array(names, pa.string()),
        batch.column("line"),
        pa.array([json.dumps(body, ensure_ascii=False) for body in bodies], pa.string()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=FAILED)


def _keep(done: _Pass, kept: Quarantined) -> IngestResult:
    request = done.request
    summary = _Summary(request)
    for batch in _news(done):
        summary.add(batch)
    commit = None
    if summary.rows:
        personal = {name for name in done.plan.kinds if name in request.project.data.personal}
        commit = request.lake.write(
            request.table,
            _news(done),
            done.plan.schema,
            transaction=done.transaction,
            plain=frozenset({"entity", *personal}),
        )
    return _answer(request, _record(done, kept, summary), done, kept, commit)


def _news(done: _Pass) -> Iterator[pa.RecordBatch]:
    """The rows to add, as the table has them."""
    for batch, places in done.verdicts.chosen(done.rows, NEWS):
        rows = batch.select(done.plan.schema.names)
        fixed = done.verdicts.known_at[places]
        known = pa.repeat(pa.scalar(done.known_at, kinds.TIME), batch.num_rows)
        if done.request.spec.known_at is not None:
            known = rows.column("known_at")
        elif done.request.is_history:
            event_at = rows.column("event_at")
            known = pc.if_else(pc.less(event_at, known), event_at, known)
        known = pc.if_else(pa.array(fixed > 0), pa.array(fixed).cast(kinds.TIME), known)
        yield rows.set_column(2, "known_at", known)


class _Summary:
    """Rows, span of times and profile of the rows that are added; no profile of columns that name a person."""

    def __init__(self, request: IngestRequest) -> None:
        self.rows = 0
        self.profile: Profile = {}
        self.event_at_min: datetime | None = None
        self.event_at_max: datetime | None = None
        self._like = request.like
        personal = request.project.data.personal
        self._left_out = {*OWN, *(name for name, kind in personal.items() if kind != "protected")}

    def add(self, batch: pa.RecordBatch) -> None:
        """Take in a batch of rows that are added."""
        self.rows += batch.num_rows
        ends = pc.min_max(batch.column("event_at")).as_py()
        self.event_at_min = min(self.event_at_min or ends["min"], ends["min"])
        self.event_at_max = max(self.event_at_max or ends["max"], ends["max"])
        table = pa.Table.from_batches([batch.select([n for n in batch.schema.names if n not in self._left_out])])
        if self.profile:
            self.profile = merge(self.profile, profile(table, like=self.profile))
        else:
            like = {name: bins for name, bins in self._like.items() if name in table.column_names}
            fresh = table.select([name for name in table.column_names if name not in like])
            self.profile = {**profile(table, like=like), **profile(fresh)}


def _record(done: _Pass, kept: Quarantined, summary: _Summary) -> Ingest:
    request, read_rows = done.request, done.tally.rows_read
    missing = {name: count / read_rows for name, count in sorted(done.tally.missing.items()) if read_rows}
    return Ingest(
        project=request.project.project,
        source=request.source,
        slot=request.slot,
        known_at=max(done.known_at, done.verdicts.corrected_at or done.known_at),
        state=state_of(request, done.plan, read=read_rows, kept=summary.rows + kept.rows),
        files=done.files,
        rows_read=read_rows,
        rows_added=summary.rows,
        rows_repeated=done.verdicts.count(REPEATED) + kept.repeated,
        rows_quarantined=kept.rows,
        reasons=kept.reasons,
        columns_missing=done.plan.missing,
        columns_extra=done.plan.extra,
        missing_ratios=missing,
        event_at_min=summary.event_at_min,
        event_at_max=summary.event_at_max,
        profile=summary.profile,
        version=None,
        history=request.is_history and summary.rows > 0,
    )


def _answer(
    request: IngestRequest,
    record: Ingest,
    done: _Pass | None = None,
    kept: Quarantined | None = None,
    commit: Commit | None = None,
) -> IngestResult:
    version = commit.version if commit is not None else request.lake.version(request.table)
    record = replace(record, version=version)
    quarantined = None if kept is None or kept.commit is None else kept.commit
    return IngestResult(
        ingest=record,
        snapshot=_snapshot(request, request.table, commit),
        quarantine=_snapshot(request, request.quarantine, quarantined),
        identifiers={} if done is None else done.tally.identifiers,
        findings=find(request, record),
    )


def _snapshot(request: IngestRequest, table: str, commit: Commit | None) -> Snapshot | None:
    if commit is None:
        return None
    return Snapshot(
        project=request.project.project,
        table=table,
        version=commit.version,
        digest=commit.digest,
        rows=commit.rows,
        rows_added=commit.rows_added,
        columns=tuple(request.lake.schema(table, commit.version).names),
        files=commit.files,
        task=request.task,
        created_at=request.now,
    )
