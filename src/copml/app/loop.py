"""Use cases around the loop: run what is due, run one stage by hand, keep running, try failed tasks again.

Invariant: by hand or by schedule, the same tasks are done the same way; running them twice changes nothing.
"""

import time
from collections.abc import Iterator
from enum import StrEnum

from copml.app.ledger import checkpoint
from copml.app.workspace import Workspace
from copml.errors import ModelElsewhere, StateUnavailable
from copml.operations import Step, Task, View, by_hand, due, label, look, perform_one, run_until_idle
from copml.records import Stage, TaskKey, TaskRecord, TaskState
from copml.store import leases

LOOK_SECONDS = 10
"""How long `up` waits before it looks again when nothing is due."""
LOOKED = "looked"
"""A file of the workspace: the loop last looked for what is due when it was last changed."""


class Part(StrEnum):
    """What `copml run` can be asked for."""

    INGEST = "ingest"
    FEATURES = "features"
    TRAIN = "train"
    SCORE = "score"
    MONITOR = "monitor"
    ALL = "all"


_STAGES = {
    Part.INGEST: {Stage.INGEST},
    Part.FEATURES: {Stage.FEATURES},
    Part.TRAIN: {Stage.TRAIN, Stage.DEPLOY},
    Part.SCORE: {Stage.SCORE, Stage.SEAL},
    Part.MONITOR: {Stage.MONITOR, Stage.ACT, Stage.NOTIFY},
    Part.ALL: set(Stage),
}


_AT_HOME = {Part.FEATURES: "built", Part.TRAIN: "trained"}


def run(workspace: Workspace, project: str, part: Part = Part.ALL) -> Iterator[Step]:
    """Do what is due, all of it or one part, and sign a checkpoint of the ledger.

    A part that has nothing due is done once more by hand where that makes sense: `ingest` looks again, `train` trains
    a new candidate.

    Raises:
        ModelElsewhere: when features or a training are asked for of a model that runs elsewhere.
    """
    if part is Part.ALL:
        yield from run_until_idle(workspace.stages, project, workspace.clock)
        (workspace.folder / LOOKED).touch()
    else:
        yield from _run_part(workspace, project, part)
    checkpoint(workspace)


def _run_part(workspace: Workspace, project: str, part: Part) -> Iterator[Step]:
    steps = 0
    postponed: frozenset[str] = frozenset()
    while (view := look(workspace.stages, project, workspace.clock.now())) is not None:
        if view.project.is_external and part in _AT_HOME:
            raise ModelElsewhere(project, _AT_HOME[part])
        tasks = [task for task in due(view, postponed) if task.stage in _STAGES[part]]
        step = perform_one(workspace.stages, tasks[0], view, workspace.clock) if tasks else None
        if step is None:
            break
        postponed |= {step.key} if step.outcome == "not yet" else set()
        steps += 1
        yield step
    if steps == 0 and view is not None:
        yield from _by_hand(workspace, view, part)


def _by_hand(workspace: Workspace, view: View, part: Part) -> Iterator[Step]:
    at = f"{label(view.now)}-{sum(task.key.startswith(f'{part}/hand/') for task in view.tasks) + 1}"
    tasks = {
        Part.INGEST: [
            Task(key=TaskKey(f"ingest/hand/{name}/{at}"), stage=Stage.INGEST, slot=view.now, subject=name)
            for name in view.project.data.sources
        ],
        Part.TRAIN: [Task(key=TaskKey(f"train/hand/{at}"), stage=Stage.TRAIN, slot=view.now, subject=f"hand/{at}")],
    }
    for task in tasks.get(part, []):
        step = perform_one(workspace.stages, task, view, workspace.clock)
        if step is not None:
            yield step


def up(workspace: Workspace, *, seconds: float = LOOK_SECONDS) -> Iterator[tuple[str, Step]]:
    """Run every project of the workspace for ever, by its schedules; stops when the caller does.

    While the state database is away, that is told as a step of no project, and it is looked for again.
    """
    while True:
        busy = False
        try:
            for project in workspace.projects():
                for step in run(workspace, project):
                    busy = busy or step.outcome == "done"
                    yield project, step
        except StateUnavailable as error:
            yield "", Step(key="state", outcome="waits", detail=f"{error.code}: {error}")
        if not busy:
            time.sleep(seconds)


def failures(workspace: Workspace, project: str) -> list[TaskRecord]:
    """Tasks that failed and are not tried again unless somebody asks."""
    with workspace.stages.state.read() as reader:
        return [task for task in reader.find(TaskRecord, project=project) if leases.is_given_up(task)]


def retry(workspace: Workspace, project: str) -> list[str]:
    """Let every failed task be tried again; the keys of those that will be. What was asked for by hand is forgotten."""
    with workspace.stages.state.write() as tx:
        failed = tx.find(TaskRecord, project=project, state=TaskState.FAILED)
        tx.remove(TaskRecord, project=project, state=TaskState.FAILED)
    return [task.key for task in failed if not by_hand(task.key)]
