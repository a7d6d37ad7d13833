"""Use case: search for better parameters within a budget, and make the best a candidate.

Invariant: trials see training rows alone; the holdout judges one model, the candidate that the best parameters give
through the training that every version goes through. Running it again goes on where it was.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from copml.app.evidence import evidence
from copml.app.ledger import checkpoint
from copml.app.workspace import Workspace
from copml.errors import ModelElsewhere, NotDecidable, ProjectUnknown, SweepMissing, TrainingRowsUnusable
from copml.operations import (
    Budget,
    Objective,
    Task,
    View,
    can_learn,
    look,
    objective,
    perform_one,
    run_trials,
)
from copml.records import Interval, ModelVersion, Stage, TaskKey, Trial, TrialState
from copml.store import write_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepBudget:
    """How much a sweep may cost; what is None is as the project file says. `seconds`: of this call."""

    trials: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What a sweep came to.

    `metric` and `better`: by what trials are compared. `best`: None where no trial has a figure. `figure`: the best
    cross-validated one, which is optimistic, being the best of several. `holdout`: the candidate's on the holdout,
    which no trial saw. `candidate`: None where none was made, for the reason in `note`. `page`: the chart of trials.
    """

    id: str
    metric: str
    better: str
    trials: tuple[Trial, ...]
    best: Trial | None
    figure: Interval | None
    candidate: ModelVersion | None
    holdout: Interval | None
    note: str
    page: Path


def sweep(
    workspace: Workspace,
    project: str,
    *,
    by: str,
    budget: SweepBudget = SweepBudget(),
    candidate: bool = True,
) -> Swept:
    """Run the sweep of the project file, or go on with it.

    Raises:
        ModelElsewhere: when the model runs elsewhere.
        SweepMissing: when the project file describes none.
        SweepExtraMissing: without Optuna.
        SweepHeld: when another process runs it.
        TrainingRowsUnusable: when there is too little to learn from yet.
    """
    view = _view(workspace, project)
    if view.project.is_external:
        raise ModelElsewhere(project, "trained")
    settings = view.project.training.sweep
    if settings is None:
        raise SweepMissing(project)
    if not can_learn(view):
        raise TrainingRowsUnusable("no outcome is known yet of what features there are", "run `copml run all` first")
    what = objective(view, workspace.stages, settings)
    limit = settings.time_limit.total_seconds() if settings.time_limit is not None else None
    spent = Budget(
        trials=budget.trials if budget.trials is not None else settings.trials,
        seconds=budget.seconds if budget.seconds is not None else limit,
    )
    trials = run_trials(view, workspace.stages, what, spent, by=by, clock=workspace.clock)
    best = what.best(trials)
    made, note = _candidate(workspace, project, best) if candidate else (None, "no candidate was asked for")
    checkpoint(workspace)
    swept = Swept(
        id=what.id,
        metric=what.metric,
        better=what.better,
        trials=tuple(trials),
        best=best,
        figure=what.figure(best) if best is not None else None,
        candidate=made,
        holdout=made.metrics.get(what.metric) if made is not None else None,
        note=note,
        page=workspace.folder / "reports" / f"{project}-sweep-{what.id}.html",
    )
    _draw(workspace, project, what, swept)
    return swept


def _candidate(workspace: Workspace, project: str, best: Trial | None) -> tuple[ModelVersion | None, str]:
    """The version of the best parameters, trained now unless it is there; and why there is none."""
    if best is None:
        return None, "no trial came to a figure; their notes say why"
    view, cause = _view(workspace, project), f"sweep/{best.id}"
    known = next((version for version in view.versions if version.cause == cause), None)
    if known is not None:
        return known, ""
    if view.waiting is not None:
        return None, f"{view.waiting.name} waits for approval: decide on it, then run `copml sweep` again"
    asked = replace(view, project=view.project.trained_with(best.params))
    slot = view.slots[-1] if view.slots else view.now
    task = Task(key=TaskKey(f"train/{cause}"), stage=Stage.TRAIN, slot=slot, subject=cause)
    step = perform_one(workspace.stages, task, asked, workspace.clock)
    made = next((version for version in _view(workspace, project).versions if version.cause == cause), None)
    if made is None:
        detail = step.detail.splitlines()[0] if step is not None and step.detail else "its task is held or was given up"
        return None, f"the best parameters made no version: {detail}; `copml retry`, then run `copml sweep` again"
    return made, ""


def _draw(workspace: Workspace, project: str, what: Objective, swept: Swept) -> None:
    from copml.reporting import SweepFacts, sweep_page

    figures = tuple(
        (trial, what.figure(trial)) for trial in swept.trials if trial.state in (TrialState.DONE, TrialState.FAILED)
    )
    facts = SweepFacts(
        metric=swept.metric,
        better=swept.better,
        searched=tuple(what.sweep.space),
        trials=figures,
        best=swept.best,
        candidate=swept.candidate,
        holdout=swept.holdout,
    )
    write_bytes(swept.page, sweep_page(evidence(workspace, project), facts).encode())


def _view(workspace: Workspace, project: str) -> View:
    view = look(workspace.stages, project, workspace.clock.now())
    if view is None:
        raise ProjectUnknown(project, workspace.projects())
    if view.retirement is not None:
        raise NotDecidable(f"{project} is retired, since {view.retirement.at:%Y-%m-%d}")
    return view
