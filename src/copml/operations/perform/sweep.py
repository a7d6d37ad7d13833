"""Run the trials of a sweep, one after the other, each kept as soon as it ended.

Invariant: a sweep's id follows from everything that its trials depend on, so that the same sweep again takes up what is
there and repeats nothing; the first trial is the project's own parameters. A trial that fails is a failed trial. What
the best one becomes is for the normal training.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pyarrow as pa

from copml.clock import Clock, Stopwatch, SystemClock
from copml.digest import digest_of, sha256
from copml.errors import CodeTimedOut, CopmlError, SweepHeld
from copml.metrics import METRICS
from copml.operations.commit import keep
from copml.operations.perform.features import code_limits
from copml.operations.perform.train import policy, training_rows, versions_read
from copml.operations.stages import Stages
from copml.operations.view import View
from copml.operations.worker import heartbeat
from copml.records import SEGMENT_ALL, Interval, Stage, TaskKey, TaskRecord, Trial, TrialState
from copml.spec.project import Sweep
from copml.spec.vocabulary import COMPARED_BY
from copml.store import leases
from copml.training import FAILURES, Recipe, Tried, Trying, make_dataset, source_archive, suggest, try_out

SOURCE = "sweep"
ID_LENGTH = 8
NOTE_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How many trials there may be in all, and for how many seconds this call may begin them (None: for ever)."""

    trials: int
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A sweep with everything that its trials depend on. `metric` has its segment; `better` is higher or lower."""

    id: str
    sweep: Sweep
    metric: str
    better: str
    train: pa.Table
    columns: tuple[str, ...]

    def figure(self, trial: Trial) -> Interval | None:
        """What a trial is compared by; None where it has none."""
        return trial.metrics.get(self.metric) if trial.state is TrialState.DONE else None

    def best(self, trials: Sequence[Trial]) -> Trial | None:
        """The trial with the best figure; of equals the earliest."""
        known = [(seen.value, trial) for trial in trials if (seen := self.figure(trial)) is not None]
        sign = 1.0 if self.better == "higher" else -1.0
        return max(known, key=lambda item: sign * item[0])[1] if known else None


def objective(view: View, stages: Stages, sweep: Sweep) -> Objective:
    """What the sweep of the project is, on the training rows as they are now; the holdout stays outside.

    Raises:
        TrainingRowsUnusable: when there is too little to learn from.
    """
    dataset = make_dataset(training_rows(view, stages), policy(view, view.project.training.on))
    training, root = view.project.training, stages.root(view.revision)
    rule = view.project.rule
    name, _, segment = (sweep.metric or COMPARED_BY[rule.kind]).partition(".")
    better = sweep.better or METRICS[rule.kind][name].better
    assert better is not None, "a metric that only describes is refused with the project file"
    metric = f"{name}.{segment or SEGMENT_ALL}"
    depends = {
        "space": msgspec.to_builtins({key: value.model_dump() for key, value in sweep.space.items()}),
        "metric": metric,
        "better": better,
        "folds": sweep.folds,
        "entry": training.entry,
        "params": dict(training.params),
        "seed": training.seed,
        "rule": rule,
        "rows": dataset.digest,
        "source": sha256(source_archive(root)),
    }
    identity = digest_of([view.name, depends])[:ID_LENGTH]
    return Objective(
        id=identity, sweep=sweep, metric=metric, better=better, train=dataset.train, columns=dataset.columns
    )


def run_trials(view: View, stages: Stages, what: Objective, budget: Budget, *, by: str, clock: Clock) -> list[Trial]:
    """Run trials until the budget is spent or everything was tried; every trial of the sweep, in their order.

    Raises:
        SweepHeld: when another process runs it.
        SweepExtraMissing: without Optuna.
    """
    watch = Stopwatch()
    with _held(view, stages, what):
        trials = kept_trials(stages, view.name, what.id)
        while len(trials) < budget.trials and not _spent(watch, budget):
            stages.progress(f"sweep {what.id}", len(trials), budget.trials)
            params = _next(view, what, trials)
            if params is None:
                break
            trial = _begun(view, what, params, number=len(trials), by=by, clock=clock)
            ended = _ended(view, stages, what, trial, clock, left=_left(watch, budget))
            if ended is None:
                break
            _keep(stages, ended, clock)
            trials.append(ended)
        stages.progress(f"sweep {what.id}", len(trials), budget.trials)
    return trials


def kept_trials(stages: Stages, project: str, sweep: str) -> list[Trial]:
    """The trials of a sweep that ended, in their order."""
    with stages.state.read() as reader:
        found = reader.find(Trial, project=project, source=SOURCE)
    return [trial for trial in found if trial.id.startswith(f"{sweep}-") and trial.ended_at is not None]


def _next(view: View, what: Objective, trials: Sequence[Trial]) -> dict[str, Any] | None:
    own = dict(view.project.training.params)
    if not trials:
        return own
    tried = [Tried(params=trial.params, value=_value(what.figure(trial))) for trial in trials]
    found = suggest(what.sweep.space, tried, better=what.better, seed=view.project.training.seed)
    return None if found is None else own | found


def _value(seen: Interval | None) -> float | None:
    return None if seen is None else seen.value


def _begun(view: View, what: Objective, params: dict[str, Any], *, number: int, by: str, clock: Clock) -> Trial:
    return Trial(
        project=view.name,
        id=f"{what.id}-{number:04d}",
        source=SOURCE,
        by=by,
        params=params,
        seed=view.project.training.seed,
        snapshots=versions_read(view),
        metrics={},
        state=TrialState.RUNNING,
        started_at=clock.now(),
        ended_at=None,
        note="the project's own parameters" if number == 0 else "",
    )


def _ended(
    view: View, stages: Stages, what: Objective, trial: Trial, clock: Clock, *, left: float | None
) -> Trial | None:
    """The trial with its figures, or as failed; None when the time was up before it came to an end."""
    limits = code_limits(view)
    cut = left is not None and left < limits.seconds
    staging = stages.staging(f"sweep/{trial.id}")
    trying = Trying(
        rule=view.project.rule,
        folds=what.sweep.folds,
        root=stages.root(view.revision),
        limits=replace(limits, seconds=left) if cut and left is not None else limits,
        staging=staging,
        log=stages.log(view.name, f"sweep/{trial.id}"),
    )
    recipe = Recipe(
        entry=view.project.training.entry, params=dict(trial.params), seed=trial.seed or 0, columns=what.columns
    )
    try:
        figures = try_out(what.train, recipe, trying)
    except FAILURES as error:
        if cut and isinstance(error, CodeTimedOut):
            return None
        return _failed(trial, error, clock)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    if what.metric not in figures.values:
        reason = figures.missing.get(what.metric, "it was not measured")
        return replace(
            trial, state=TrialState.FAILED, ended_at=clock.now(), note=f"{what.metric} has no value: {reason}"
        )
    return replace(trial, state=TrialState.DONE, ended_at=clock.now(), metrics=figures.values)


def _failed(trial: Trial, error: CopmlError, clock: Clock) -> Trial:
    note = f"{error.code} {str(error).splitlines()[0]}"[:NOTE_MAX]
    return replace(trial, state=TrialState.FAILED, ended_at=clock.now(), note=note)


def _keep(stages: Stages, trial: Trial, clock: Clock) -> None:
    with stages.state.write() as tx:
        keep(tx, (trial,), clock.now())


def _spent(watch: Stopwatch, budget: Budget) -> bool:
    return budget.seconds is not None and watch.seconds >= budget.seconds


def _left(watch: Stopwatch, budget: Budget) -> float | None:
    return None if budget.seconds is None else max(1.0, budget.seconds - watch.seconds)


@contextmanager
def _held(view: View, stages: Stages, what: Objective) -> Iterator[None]:
    """The lease on a sweep, so that one process at a time runs it."""
    key = TaskKey(f"sweep/{what.id}")
    with stages.state.write() as tx:
        held = leases.lease(tx, view.name, key, Stage.TRAIN, leases.worker_name(), SystemClock().now())
        if held is None:
            other = tx.get(TaskRecord, project=view.name, key=key)
            raise SweepHeld(what.id, other.worker if other is not None else "another process")
    try:
        with heartbeat(stages, held):
            yield
    finally:
        with stages.state.write() as tx:
            tx.remove(TaskRecord, project=view.name, key=key, fence=held.fence)
