"""What is missing: a pure function from what should be and what is to the tasks that are due.

Invariant: a task's key says what it makes, so that the same view always gives the same tasks, and a task that was done
is never due again. Tasks that come out together do not depend on each other; what depends on them comes out once they
are done. Crashes need no special path: look again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from copml.digest import digest_of
from copml.operations.arrivals import arrived, is_whole
from copml.operations.messages import composing, sending
from copml.operations.outcomes import matured, needs_second_look, second_look_at
from copml.operations.triggers import undecided
from copml.operations.view import View
from copml.records import Action, Dossier, Stage, Subject, TaskKey, VersionState, Window
from copml.spec.periods import slots, window_at

COMPOSE, SEND = "notify/compose/", "notify/send/"
TELLING = (COMPOSE, SEND)
"""How the keys of tasks begin that tell people something."""
HISTORY_SETS_MAX = 24
"""How many past feature sets are made for the first training, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something to do. Which of the optional fields are given depends on the stage."""

    key: TaskKey
    stage: Stage
    slot: datetime | None = None
    window: Window | None = None
    subject: str = ""
    """A source, a version, a scoring run, a trigger, a delivery, a person, a message, or the cause of a training."""


def due(view: View, postponed: frozenset[str] = frozenset()) -> list[Task]:
    """Tasks that can be done now, in the order in which the loop would do them.

    A stage comes out when the stages before it have nothing to do, so that the order in which several workers finish
    changes no result. Postponed tasks are those whose time has not come: a file that has not arrived.
    """
    deliveries = _open(view, chain(_deliveries(view), _telling(view)), postponed)
    if view.retirement is not None:
        return deliveries
    for stage in STAGES:
        if tasks := _open(view, stage(view), postponed):
            return (tasks if stage in AT_ONCE else tasks[:1]) + deliveries
    return deliveries


def _open(view: View, tasks: Iterator[Task], postponed: frozenset[str]) -> list[Task]:
    return [task for task in tasks if task.key not in view.closed and task.key not in postponed]


def label(at: datetime) -> str:
    """A time in a key."""
    return at.strftime("%Y-%m-%dT%H:%MZ")


def _ingests(view: View) -> Iterator[Task]:
    """The newest slot of every source; older ones that were missed are covered by it."""
    for name, source in view.project.data.sources.items():
        since = window_at(view.started_at, source.every, view.project.tz).starts_at
        newest = list(slots(source.every, view.project.tz, since=since, until=view.now))[-1:]
        for slot in newest:
            yield Task(key=TaskKey(f"ingest/{name}/{label(slot)}"), stage=Stage.INGEST, slot=slot, subject=name)


def ingested(view: View, source: str, at: datetime) -> bool:
    """Whether the source's slot at or before a time has been ingested."""
    spec = view.project.data.sources[source]
    slot = window_at(at, spec.every, view.project.tz).starts_at
    return any(ingest.source == source and ingest.slot >= slot for ingest in view.ingests)


def _features(view: View) -> Iterator[Task]:
    if view.project.is_external:
        return
    if all(ingested(view, source, slot) for source in view.project.data.sources for slot in view.slots[-1:]):
        if view.project.data.outcome.is_timed and view.ingests:
            yield Task(key=TaskKey("features/history"), stage=Stage.FEATURES, subject="history")
        for slot in _slots_to_score(view):
            yield Task(key=TaskKey(f"features/{label(slot)}"), stage=Stage.FEATURES, slot=slot)


def history(view: View) -> list[datetime]:
    """Times before the first slot as of which features are made, so that there is something to learn from."""
    spec, zone = view.project, view.project.tz
    events = {spec.data.outcome.source, *([spec.data.treatment.source] if spec.data.treatment else [])}
    known = [item.event_at_min for item in view.ingests if item.source not in events and item.event_at_min is not None]
    if not known or not view.slots:
        return []
    since = window_at(min(known), spec.deployment.schedule, zone).starts_at
    if spec.training.history is not None and spec.data.outcome.horizon is not None:
        reach = spec.data.outcome.horizon.before(spec.training.history.before(view.slots[0], zone), zone)
        since = max(since, reach)
    past = [slot for slot in slots(spec.deployment.schedule, zone, since=since, until=view.slots[0])]
    return [slot for slot in past if slot < view.slots[0]][-HISTORY_SETS_MAX:]


def _slots_to_score(view: View) -> list[datetime]:
    """Slots that are to be scored: all, or the newest alone; an older one that was missed stays missed."""
    if view.project.deployment.catch_up == "all":
        return list(view.slots)
    return list(view.slots[-1:])


def _training(view: View) -> Iterator[Task]:
    if view.project.is_external or view.waiting is not None or not can_learn(view):
        return
    newest = view.slots[-1]
    if view.live is None and not any(version.state is VersionState.APPROVED for version in view.versions):
        yield Task(key=TaskKey(f"train/first/{label(newest)}"), stage=Stage.TRAIN, slot=newest, subject="first")
        return
    for firing in view.firings:
        if firing.mode == "acted" and Action.RETRAIN in firing.actions:
            cause = f"{firing.trigger}/{label(firing.starts_at)}"
            yield Task(key=TaskKey(f"train/{cause}"), stage=Stage.TRAIN, slot=newest, subject=cause)
    if view.project.training.every is not None:
        slot = window_at(view.now, view.project.training.every, view.project.tz).starts_at
        if slot > view.started_at:
            yield Task(key=TaskKey(f"train/schedule/{label(slot)}"), stage=Stage.TRAIN, slot=newest, subject="schedule")


def can_learn(view: View) -> bool:
    """Whether there are rows whose outcomes are known."""
    if not view.slots or view.slots[-1] not in view.features:
        return False
    return not view.project.data.outcome.is_timed or bool(learnable(view))


def learnable(view: View) -> list[datetime]:
    """Times of feature sets whose outcomes are known by now, oldest first, within the training's history."""
    ready = sorted(as_of for as_of in view.features if (at := view.matures_at(as_of)) is not None and at <= view.now)
    if not ready or view.project.training.history is None:
        return ready
    since = view.project.training.history.before(ready[-1], view.project.tz)
    return [as_of for as_of in ready if as_of > since]


def _deploying(view: View) -> Iterator[Task]:
    """The newest approved version goes live; without a wish for approval, a candidate is approved by the loop."""
    candidate = view.waiting
    if candidate is not None and view.project.deployment.approval is None:
        yield Task(
            key=TaskKey(f"deploy/approve/{candidate.name}"), stage=Stage.DEPLOY, subject=f"approve {candidate.name}"
        )
    approved = [version for version in view.versions if version.state is VersionState.APPROVED]
    if approved and not any(item.version == approved[-1].name for item in view.deployments):
        yield Task(key=TaskKey(f"deploy/{approved[-1].name}"), stage=Stage.DEPLOY, subject=approved[-1].name)


def _scoring(view: View) -> Iterator[Task]:
    if view.project.is_external:
        yield from _arrivals(view)
    elif view.live is not None:
        yield from _batches(view)


def _arrivals(view: View) -> Iterator[Task]:
    """Predictions that were made elsewhere become rows of the lake, one pass over their log after the other."""
    for item in arrived(view):
        key = TaskKey(f"score/arrived/{item.version}")
        yield Task(key=key, stage=Stage.SCORE, slot=item.slot, subject=str(item.version))


def _batches(view: View) -> Iterator[Task]:
    for slot in _slots_to_score(view):
        if slot in view.features:
            yield Task(key=TaskKey(f"score/{label(slot)}"), stage=Stage.SCORE, slot=slot)


def _seals(view: View) -> Iterator[Task]:
    sealed = {seal.scoring_run for seal in view.seals}
    for run in view.scoring_runs:
        if run.id not in sealed:
            yield Task(key=TaskKey(f"seal/{run.id}"), stage=Stage.SEAL, slot=run.slot, subject=run.id)


def _monitoring(view: View) -> Iterator[Task]:
    """Inputs as soon as a window's runs are scored, the KPI when the window is over, the rest when outcomes matured."""
    outcome = view.project.data.outcome.source
    for window in view.windows:
        if view.project.is_external and not is_whole(view, window):
            continue
        if view.scored_in(window):
            yield _monitor("inputs", window)
        if window.ends_at <= view.now and ingested(view, outcome, window.ends_at):
            yield _monitor("kpi", window)
            if matured(view, window):
                yield _monitor("outcomes", window)
                if needs_second_look(view, window) and second_look_at(view, window) <= view.now:
                    yield _monitor("corrections", window)


def _monitor(what: str, window: Window) -> Task:
    key = TaskKey(f"monitor/{what}/{label(window.starts_at)}")
    return Task(key=key, stage=Stage.MONITOR, window=window, subject=what)


def _acting(view: View) -> Iterator[Task]:
    for trigger, window in undecided(view):
        key = TaskKey(f"act/{trigger.name}/{label(window.starts_at)}")
        yield Task(key=key, stage=Stage.ACT, window=window, subject=trigger.name)


def _deliveries(view: View) -> Iterator[Task]:
    for delivery in view.deliveries:
        if delivery.delivered_at is None:
            yield Task(key=TaskKey(f"notify/{delivery.id}"), stage=Stage.NOTIFY, subject=delivery.id)


def _telling(view: View) -> Iterator[Task]:
    """Messages to people are composed, then sent; those of a retired project that were composed are sent still."""
    for person, count in composing(view):
        key = TaskKey(f"{COMPOSE}{digest_of(person)[:12]}/{count}")
        yield Task(key=key, stage=Stage.NOTIFY, subject=person)
    for message in sending(view):
        yield Task(key=TaskKey(f"{SEND}{message.id}"), stage=Stage.NOTIFY, subject=message.id)


def waits_for_people(view: View) -> list[str]:
    """What cannot go on without a decision: versions and dossiers, in plain words."""
    waiting = [f"version {view.waiting.name} waits for approval"] if view.waiting is not None else []
    return waiting + [_waiting(dossier) for dossier in view.dossiers if not dossier.decided]


def _waiting(dossier: Dossier) -> str:
    return f"{Subject.DOSSIER} {dossier.id} waits for a judgement: {dossier.question}"


STAGES = (_ingests, _features, _scoring, _seals, _monitoring, _acting, _training, _deploying)
AT_ONCE = frozenset({_ingests, _seals, _monitoring})
"""Stages whose tasks may be done at the same time: none writes what another one reads, or adds to the same table."""
