"""Make the features of a slot, or of the times before the project started.

Invariant: as of its slot for what happened, known by the newest ingest for what was known; both are recorded.
"""

from copml.data import AsOf, FeatureRequest, build_features
from copml.digest import sha256
from copml.operations.agenda import Task, history
from copml.operations.stages import Kept, Stages
from copml.operations.view import View
from copml.records import Digest, Record
from copml.sandbox import Limits
from copml.training import source_archive


def features(task: Task, view: View, stages: Stages) -> Kept:
    """Make one feature set, or those of history."""
    times = _history(view) if task.slot is None else [_slot(task, view)]
    if not times:
        return Kept()
    stages.progress("features", 0, len(times))
    root = stages.root(view.revision)
    made = build_features(
        FeatureRequest(
            project=view.project,
            times=times,
            versions=source_versions(view),
            root=root,
            staging=stages.staging(task.key),
            log=stages.log(view.name, task.key),
            lake=stages.lake,
            limits=code_limits(view),
            transaction=f"{view.name}/{task.key}",
            task=task.key,
            now=view.now,
            code_digest=Digest(sha256(source_archive(root))),
            history=task.slot is None,
        )
    )
    records: list[Record] = [record for pair in made for record in pair]
    return Kept(records=tuple(records))


def source_versions(view: View) -> dict[str, int]:
    """The newest version of every source's table that has one."""
    return {item.source: item.version for item in view.ingests if item.version is not None}


def code_limits(view: View) -> Limits:
    """What project code may use."""
    training = view.project.training
    return Limits(seconds=training.time_limit.total_seconds(), memory_mb=training.memory_mb)


def _history(view: View) -> list[AsOf]:
    return [AsOf(as_of=at, known_by=at) for at in history(view)]


def _slot(task: Task, view: View) -> AsOf:
    assert task.slot is not None
    known = max((item.known_at for item in view.ingests), default=task.slot)
    return AsOf(as_of=task.slot, known_by=max(task.slot, known))
