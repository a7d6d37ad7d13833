"""Play the loop over data of the past, under several policies of retraining: what would have happened.

The sources are read once as they are; then a workspace for each policy gets them delivered batch by batch as its
simulated clock goes on, so that nothing is seen before it was known. Nobody is there to approve, so what passes its
gates is deployed.

Invariant: all policies get the same deliveries at the same times; the project's own workspace is not touched.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from copml.app.loop import Part, run
from copml.app.projects import ProjectFile, read_project, register
from copml.app.workspace import Workspace
from copml.clock import SystemClock
from copml.data import source_table
from copml.digest import digest_of
from copml.errors import BacktestTooShort, LoopFailed, ModelElsewhere
from copml.metrics import METRICS
from copml.operations import Progress, View, look
from copml.records import SEGMENT_ALL, Measurement
from copml.reporting import Backtest, Played
from copml.spec import parse
from copml.spec.periods import slots, window_at
from copml.spec.variant import REMOVED, varied
from copml.spec.vocabulary import FIRST_METRIC, NAIVE_METRIC
from copml.store import make_folder

AUTHOR = "backtest"
HISTORY_SHARE = 0.25
"""How much of the data is history before the first batch, where nobody says when to begin."""
SLOTS_MIN = 3


class RetrainingPolicy(StrEnum):
    """When a new model is trained."""

    NEVER = "never"
    EVERY_WINDOW = "every-window"
    TRIGGERS = "triggers"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """The rows of a source, by when they were known."""

    name: str
    rows: pa.Table


def backtest(
    path: Path,
    folder: Path,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    policies: Sequence[RetrainingPolicy] = tuple(RetrainingPolicy),
    progress: Progress,
) -> Backtest:
    """Play the project in a file over its own data. `folder` is for the workspaces; a run that was stopped goes on.

    Raises:
        ModelElsewhere: when the model runs elsewhere.
        BacktestTooShort: when there are fewer than three batches between the times.
        LoopFailed: when a task failed.
        CopmlError: when the project file or its data cannot be read.
    """
    file = read_project(path)
    if file.project.is_external:
        raise ModelElsewhere(file.project.project, "trained or played")
    progress("reading the sources", 0, None)
    with Workspace.create(folder / f"sources-{digest_of(file.text)[:12]}") as read:
        history = _read(file, read)
    begin, end = _span(file, history, since, until)
    times = list(slots(file.project.deployment.schedule, file.project.tz, since=begin, until=end))
    if len(times) < SLOTS_MIN:
        raise BacktestTooShort(begin, end, len(times))
    played = folder / digest_of([file.text, [at.isoformat() for at in times]])[:12]
    workspaces = {policy: _begin(file, played, policy, times[0], read) for policy in policies}
    try:
        before: datetime | None = None
        for place, at in enumerate(times, start=1):
            _deliver(history, played / "deliveries", before, at)
            with ThreadPoolExecutor(len(workspaces)) as pool:
                list(pool.map(lambda workspace, at=at: _live(workspace, file, at), workspaces.values()))
            progress(f"{at.astimezone(file.project.tz):%-d %B %Y}", place, len(times))
            before = at
        return _told(file, workspaces, times)
    finally:
        for workspace in workspaces.values():
            workspace.close()


def _read(file: ProjectFile, workspace: Workspace) -> list[_Source]:
    """Every row that the sources have, read as the loop reads them."""
    register(workspace, file, by=AUTHOR)
    for step in run(workspace, file.project.project, Part.INGEST):
        if step.outcome == "failed":
            raise LoopFailed(step.key, step.detail)
    lake, project = workspace.stages.lake, file.project
    return [
        _Source(name=name, rows=_named_again(lake.read(source_table(project, name)), project.data.sources[name]))
        for name in project.data.sources
        if lake.version(source_table(project, name)) is not None
    ]


def _named_again(rows: pa.Table, spec: Any) -> pa.Table:
    """The rows with their columns called as the source calls them, and when they were known as `known_at`."""
    names = {"entity": spec.entity, "event_at": spec.event_at, "known_at": "known_at"}
    kept = [name for name in rows.column_names if name != "event_at" or spec.event_at is not None]
    renamed = rows.select(kept).rename_columns([names.get(name) or name for name in kept])
    if spec.event_at is None:
        return renamed.set_column(
            renamed.column_names.index("known_at"),
            "known_at",
            pa.nulls(len(renamed), renamed["known_at"].type),
        )
    return renamed


def _span(
    file: ProjectFile, history: Sequence[_Source], since: datetime | None, until: datetime | None
) -> tuple[datetime, datetime]:
    """When the first batch is, and when the last may be."""
    zone, schedule = file.project.tz, file.project.deployment.schedule
    known = [
        pc.min_max(source.rows["known_at"]).as_py() for source in history if source.rows["known_at"].null_count == 0
    ]
    if not known:
        now = SystemClock().now()
        raise BacktestTooShort(since or now, until or now, 0)
    first, last = min(item["min"] for item in known), max(item["max"] for item in known)
    begin = since or window_at(first + (last - first) * HISTORY_SHARE, schedule, zone).ends_at
    return begin, min(until, last) if until else last


def _begin(file: ProjectFile, folder: Path, policy: RetrainingPolicy, at: datetime, like: Workspace) -> Workspace:
    """A workspace for a policy; all draw the same entities for their holdouts and control groups."""
    workspace = Workspace.create(folder / policy, simulated_from=at, like=like)
    text = varied(file.text, _changes(file, folder / "deliveries", policy))
    register(workspace, ProjectFile(path=file.path, text=text, project=parse(text)), by=AUTHOR)
    return workspace


def _changes(file: ProjectFile, deliveries: Path, policy: RetrainingPolicy) -> dict[tuple[str, ...], Any]:
    """What differs from the project file: where data come from, who approves, when a model is trained."""
    changes: dict[tuple[str, ...], Any] = {
        ("deployment", "approval"): REMOVED,
        ("deployment", "catch_up"): "latest",
        ("monitoring", "alerts"): REMOVED,
        ("monitoring", "commissioning"): 0,
    }
    for name in file.project.data.sources:
        place = ("data", "sources", name)
        changes |= {(*place, key): REMOVED for key in ("url", "query", "delimiter", "encoding", "known_at", "columns")}
        changes[(*place, "path")] = str(deliveries.resolve() / name / "*.parquet")
    if policy is not RetrainingPolicy.TRIGGERS:
        changes[("monitoring", "triggers")] = REMOVED
        changes[("training", "every")] = REMOVED
    if policy is RetrainingPolicy.EVERY_WINDOW:
        changes[("training", "every")] = str(file.project.monitoring.every)
    return changes


def _deliver(history: Sequence[_Source], folder: Path, before: datetime | None, at: datetime) -> None:
    """Write what became known since the last batch, one file for each source; the first time all of the past."""
    for source in history:
        known = source.rows["known_at"]
        new = pc.less_equal(known, pa.scalar(at, known.type))
        if before is None:
            new = pc.fill_null(new, True)
        else:
            new = pc.and_(new, pc.greater(known, pa.scalar(before, known.type)))
        rows = source.rows.filter(pc.fill_null(new, False)).drop_columns(["known_at"])
        path = folder / source.name / f"{at:%Y-%m-%dT%H%M}.parquet"
        if len(rows) and not path.exists():
            make_folder(path.parent)
            pq.write_table(rows, path.with_suffix(".part"))
            path.with_suffix(".part").replace(path)


def _live(workspace: Workspace, file: ProjectFile, at: datetime) -> None:
    """Do everything that is due at a time."""
    if workspace.clock.now() > at:
        return
    workspace.move_clock(at)
    for step in run(workspace, file.project.project):
        if step.outcome == "failed" and not step.key.startswith("train/"):
            raise LoopFailed(step.key, step.detail)


def _told(file: ProjectFile, workspaces: Mapping[RetrainingPolicy, Workspace], times: Sequence[datetime]) -> Backtest:
    kind = file.project.rule.kind
    metric = file.project.business.kpi.metric or FIRST_METRIC[kind]
    better = METRICS[kind][metric].better
    assert better is not None, "what tells which model is better has a direction"
    views = {policy: _look(workspace, file) for policy, workspace in workspaces.items()}
    naive = NAIVE_METRIC[kind]
    first = next(iter(views.values()))
    return Backtest(
        project=file.project,
        metric=metric,
        better=better,
        since=times[0],
        until=times[-1],
        played=tuple(
            Played(
                policy=policy,
                windows=tuple(_measured(view, metric)),
                trained=tuple(item.from_at for item in view.deployments),
            )
            for policy, view in views.items()
        ),
        naive=tuple(_measured(first, naive)) if naive and FIRST_METRIC[kind] == metric else (),
    )


def _look(workspace: Workspace, file: ProjectFile) -> View:
    view = look(workspace.stages, file.project.project, workspace.clock.now())
    assert view is not None, "the project was registered"
    return view


def _measured(view: View, metric: str) -> Iterator[Measurement]:
    for window in view.windows:
        if (found := view.latest(metric, window, SEGMENT_ALL)) is not None:
            yield found
