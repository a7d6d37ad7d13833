"""A task that failed for good is an incident, with the stage that caused it and its owner (pure).

Invariant: one incident for a task, whoever runs into it again; it ends when the task, or a later one for the same
thing, is done after all.
"""

from dataclasses import replace

from copml.operations.view import View
from copml.records import Cause, CauseStage, Incident, IncidentState, Role, Stage, TaskRecord

HAND, SWEEP = "hand", "sweep"
FAILED, TRAINING = "failed/", "training/"
"""How the ids of incidents begin whose words quote what code said when it failed."""
OWNERS: dict[Stage, tuple[CauseStage, Cause, Role]] = {
    Stage.INGEST: (CauseStage.DATA, Cause.UPSTREAM_DATA, Role.DATA),
    Stage.FEATURES: (CauseStage.DATA, Cause.SERVICE, Role.DATA),
    Stage.TRAIN: (CauseStage.MODEL, Cause.SERVICE, Role.SCIENCE),
    Stage.DEPLOY: (CauseStage.SERVICE, Cause.SERVICE, Role.OPERATIONS),
    Stage.SCORE: (CauseStage.SERVICE, Cause.SERVICE, Role.OPERATIONS),
    Stage.SEAL: (CauseStage.SERVICE, Cause.SERVICE, Role.OPERATIONS),
    Stage.MONITOR: (CauseStage.SERVICE, Cause.SERVICE, Role.OPERATIONS),
    Stage.ACT: (CauseStage.SERVICE, Cause.SERVICE, Role.OPERATIONS),
    Stage.NOTIFY: (CauseStage.SERVICE, Cause.SERVICE, Role.OPERATIONS),
}
assert OWNERS.keys() == set(Stage)


def failed(view: View, task: TaskRecord, reason: str) -> Incident:
    """The incident of a task that will not be tried again by itself."""
    stage, cause, owner = OWNERS[task.stage]
    first = reason.splitlines()[0]
    return Incident(
        project=view.name,
        id=f"{FAILED}{task.key}",
        what=f"The task {task.key} failed: {first.rstrip('.')}. What depends on it waits. {_next(task)}",
        cause_stage=stage,
        cause=cause,
        owner=owner,
        evidence={"task": task.key, "reason": first},
        starts_at=view.now,
        opened_at=view.now,
        state=IncidentState.OPEN,
        closed_at=None,
        resolution="",
    )


def mended(view: View, task: TaskRecord) -> tuple[Incident, ...]:
    """The incidents that end with a task that is done: its own, and those of earlier attempts at the same thing."""
    return tuple(
        replace(item, state=IncidentState.RESOLVED, closed_at=view.now, resolution=f"{task.key} was done after all")
        for item in view.incidents
        if item.id.startswith(FAILED)
        and item.state is not IncidentState.RESOLVED
        and _thing(item.id.removeprefix(FAILED)) == _thing(task.key)
    )


def by_hand(key: str) -> bool:
    """Whether a task was asked for by somebody, and is not due by itself."""
    return key.split("/")[1:2] in ([HAND], [SWEEP])


def _thing(key: str) -> tuple[str, ...]:
    """What a task is about: a source, whenever it is read; training, whatever its cause; else this one task."""
    stage, *rest = [part for part in key.split("/") if part != HAND]
    if stage == Stage.TRAIN:
        return (stage,)
    return (stage, *(rest[:1] if stage == Stage.INGEST else rest))


def _next(task: TaskRecord) -> str:
    if by_hand(task.key):
        return f"Mend the cause, then run `copml run {task.stage}` again."
    return "Mend the cause, then let it be tried again with `copml retry`."
