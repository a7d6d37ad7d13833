"""Take predictions that arrived from elsewhere into the table of predictions: ids, versions, runs, what is odd of them.

Invariant: a prediction is taken in once, as it was first said; what is said again otherwise, too late, or of entities
that nobody knows becomes an incident and changes nothing. Another attempt makes the same runs with the same ids.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from copml.operations.actions import deliveries, go_live
from copml.operations.agenda import Task, label
from copml.operations.arrivals import arrived, is_late, windows_of
from copml.operations.perform.log import Log
from copml.operations.perform.score import snapshot
from copml.operations.stages import Kept, Stages
from copml.operations.view import View
from copml.records import (
    Cause,
    CauseStage,
    Digest,
    Incident,
    IncidentState,
    ModelVersion,
    Profile,
    Record,
    Role,
    VersionName,
    VersionState,
    Window,
)
from copml.scoring import ArrivalRequest, input_columns, record

EXTERNAL = VersionName("external")
"""What a version is called whose log names none."""
CAUSE = "arrived from outside"
ODDITIES = {
    "late": (
        "{:,} predictions arrived after the accepted delay",
        "They are recorded; measurements of their windows are made once more. Ask whoever delivers the log.",
    ),
    "again": (
        "{:,} predictions were said again with another content",
        "What was said first stands, because it is sealed. Ask whoever delivers the log which of them was acted on.",
    ),
    "unknown": (
        "{:,} predictions are of entities without inputs",
        "They are recorded without inputs. See whether the source of inputs is whole.",
    ),
}


def arrive(task: Task, view: View, stages: Stages) -> Kept:
    """Take in what one pass over the log brought."""
    item = next(item for item in arrived(view) if str(item.version) == task.subject)
    records: list[Record] = []
    seen = dict.fromkeys(ODDITIES, 0)
    taken = 0
    for window in windows_of(view, item):
        log = Log(view=view, lake=stages.lake, item=item)
        rows = log.news(window)
        inputs, strangers = log.inputs(rows)
        seen["late"] += rows.num_rows if is_late(view, window) else 0
        seen["again"] += log.said_again(window)
        seen["unknown"] += strangers
        taken += rows.num_rows
        for name, chosen in _by_version(view, rows):
            mine = Log(view=view, lake=stages.lake, item=item)
            part = _take(task, mine, stages, window, name, rows.filter(chosen), inputs.filter(chosen))
            view, records = part[0], [*records, *part[1]]
    for kind, count in seen.items():
        if count:
            incident = _incident(task, view, kind, count)
            records += [incident, *deliveries(view, incident)]
    return Kept(records=tuple(records), note=f"{taken:,} predictions")


def _take(
    task: Task, log: Log, stages: Stages, window: Window, name: VersionName, rows: pa.Table, inputs: pa.Table
) -> tuple[View, list[Record]]:
    """One run: the predictions of one version in one window; the view as it is afterwards, and what to keep."""
    view, known = log.view, log.view.version(name)
    first = rows["event_at"][0].as_py()
    version = known or _version(view, name, input_columns(inputs))
    view, moved = _in_use(view, version, first)
    treatment = view.project.data.treatment
    request = ArrivalRequest(
        project=view.name,
        run=f"x-{label(window.starts_at)}-{log.item.version}-{name}",
        version=name,
        deployment=next(item.id for item in reversed(view.deployments) if item.version == name),
        rows=log.logged(rows, inputs),
        rule=view.project.rule,
        reference=known.profile if known is not None else None,
        uncounted=_uncounted(view),
        episodes=log.episodes(first),
        waits_since=None if treatment is None else lambda at: treatment.cooldown.before(at, view.project.tz),
        transaction=f"{view.name}/{task.key}/{label(window.starts_at)}/{name}",
        now=view.now,
    )
    result, reference = record(request, stages.lake, stages.keys.prediction_id_key)
    made, view = _made(view, version, reference) if known is None else ([], view)
    table = f"{view.name}/predictions"
    columns = tuple(stages.lake.schema(table, result.commit.version).names)
    return view, [*made, *moved, snapshot(view, task, table, result.commit, columns), result.run]


def _by_version(view: View, rows: pa.Table) -> Iterator[tuple[VersionName, pa.ChunkedArray]]:
    """Versions in the order in which they first answered, and which rows are theirs."""
    column = view.project.arrivals.version
    if rows.num_rows == 0:
        return
    if column is None:
        stated = view.project.deployment.model
        own = EXTERNAL if stated is None or stated.version is None else VersionName(stated.version)
        yield own, pa.chunked_array([pa.repeat(pa.scalar(True), rows.num_rows)])
        return
    for name in pc.unique(rows[column]).to_pylist():
        yield VersionName(name), pc.equal(rows[column], name)


def _in_use(view: View, version: ModelVersion, first: datetime) -> tuple[View, list[Record]]:
    """Deploy a version with its first prediction; it takes the place of the one that came before it."""
    if any(item.version == version.name for item in view.deployments):
        return view, []
    at = first if view.deployment is None else max(first, view.deployment.from_at)
    moved = go_live(view, version, CAUSE, at)
    ended = {item.id for item in moved}
    kept = tuple(item for item in view.deployments if item.id not in ended)
    return replace(view, deployments=(*kept, *moved)), [*moved]


def _made(view: View, version: ModelVersion, reference: Profile) -> tuple[list[Record], View]:
    whole = replace(version, profile=reference)
    return [whole], replace(view, versions=(*view.versions, whole))


def _version(view: View, name: VersionName, columns: tuple[str, ...]) -> ModelVersion:
    """A version without training. Its digest is known where the project file states the file that it is."""
    stated = view.project.deployment.model
    is_stated = stated is not None and stated.version in (None, name)
    return ModelVersion(
        project=view.name,
        name=name,
        number=max((item.number for item in view.versions), default=0) + 1,
        run="",
        cause=CAUSE,
        revision=view.revision.number,
        state=VersionState.APPROVED,
        runtime="elsewhere",
        content_digest=Digest(stated.digest if stated is not None and is_stated else ""),
        manifest=Digest(""),
        columns=columns,
        metrics={},
        gates=(),
        profile={},
        created_at=view.now,
        state_reason="it was in use where it runs; nobody was asked here",
    )


def _uncounted(view: View) -> frozenset[str]:
    """Columns about persons that no profile may hold."""
    return frozenset(name for name, kind in view.project.data.personal.items() if kind != "protected")


def _incident(task: Task, view: View, kind: str, count: int) -> Incident:
    source, (what, advice) = view.project.arrivals.source, ODDITIES[kind]
    words = what.format(count)
    return Incident(
        project=view.name,
        id=f"data-{source}-{kind}/{task.subject}",
        what=f"Source {source}: {words}. {advice}",
        cause_stage=CauseStage.DATA,
        cause=Cause.UPSTREAM_DATA,
        owner=Role.DATA,
        evidence={"source": source, "predictions": f"{count:,}"},
        starts_at=task.slot or view.now,
        opened_at=view.now,
        state=IncidentState.OPEN,
        closed_at=None,
        resolution="",
    )
