"""Use cases as requests make them, where the command line's own form has a path, an iterator or a class of its own.

Invariant: one call of a use case each, and the shape of what goes in and comes out.
"""

import tempfile
from pathlib import Path
from typing import Literal

from copml import app
from copml.app import Workspace
from copml.ledger import Verification
from copml.operations import Step, View
from copml.records import Decision, Deployment, Dossier, Measurement, ScoringRun, Trial

PartName = Literal["ingest", "features", "train", "score", "monitor", "all"]


def run(workspace: Workspace, project: str, part: PartName = "all") -> list[Step]:
    """Do what is due now, all of it or one part."""
    steps = []
    for step in app.run(workspace, project, app.Part(part)):
        steps.append(step)
        workspace.stages.progress(f"{step.outcome} {step.key}", len(steps), None)
    return steps


def sweep(
    workspace: Workspace, project: str, *, by: str, trials: int | None = None, seconds: float | None = None
) -> app.Swept:
    """Run the sweep of the project file, or go on with it."""
    return app.sweep(workspace, project, by=by, budget=app.SweepBudget(trials=trials, seconds=seconds))


def explore(workspace: Workspace, project: str, table: str = "features") -> tuple[str, ...]:
    """Explore features with their outcomes, or a source: what a person should look at, the most urgent first."""
    return app.explore(workspace, project, table).findings


def report_page(workspace: Workspace, project: str) -> str:
    """The report: one HTML page that needs nothing else."""
    with tempfile.TemporaryDirectory(prefix="copml-report-") as folder:
        return app.report(workspace, project, Path(folder) / "report.html").read_text(encoding="utf-8")


def ledger(workspace: Workspace, project: str) -> Verification:
    """The ledger of the whole workspace, computed anew and compared with what is stored and signed."""
    del project  # whoever reads any project may know that the record holds
    return app.verify_ledger(workspace)


def trials(workspace: Workspace, project: str) -> tuple[Trial, ...]:
    """Trials that were logged, oldest first."""
    return tuple(app.trials(workspace, project))


def deployments(workspace: Workspace, project: str) -> tuple[Deployment, ...]:
    """Which version served when, oldest first."""
    return _view(workspace, project).deployments


def decisions(workspace: Workspace, project: str) -> tuple[Decision, ...]:
    """What people decided, oldest first."""
    return tuple(sorted(_view(workspace, project).decisions, key=lambda item: (item.at, item.id)))


def dossiers(workspace: Workspace, project: str) -> tuple[Dossier, ...]:
    """What people were asked to judge, oldest first."""
    return tuple(sorted(_view(workspace, project).dossiers, key=lambda item: (item.opened_at, item.id)))


def measurements(
    workspace: Workspace, project: str, metric: str | None = None, segment: str | None = None
) -> tuple[Measurement, ...]:
    """What was measured, of one metric or one segment where that is given."""
    found = _view(workspace, project).measurements
    return tuple(item for item in found if metric in (None, item.metric) and segment in (None, item.segment))


def scoring_runs(workspace: Workspace, project: str) -> tuple[ScoringRun, ...]:
    """Batches that were scored, oldest first."""
    return _view(workspace, project).scoring_runs


def _view(workspace: Workspace, project: str) -> View:
    view = workspace[project].view()
    assert view is not None, "a project that has a revision has a view"
    return view
