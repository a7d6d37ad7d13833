"""The churn project on the real table: trained, evaluated, gated, scored; and five folds beside the one holdout.

Invariant: the table is read where it lies and is not copied into the project's source; nothing is simulated here.
"""

from pathlib import Path

from copml.app import company as telco
from copml.app.evidence import evidence
from copml.app.judgements import approve
from copml.app.loop import run
from copml.app.narrative import Told
from copml.app.projects import apply
from copml.app.workspace import FOLDER, Workspace
from copml.clock import SystemClock
from copml.conformance import check
from copml.errors import LoopFailed
from copml.operations import Progress, crossvalidated, look
from copml.records import Interval
from copml.reporting import report
from copml.store import write_bytes

PROJECT = "telco-churn-real"
SCIENTIST = "data-science@telco.example"
OWNER = "retention@telco.example"
SHOWN = ("accuracy", "roc_auc", "recall", "precision")
FOLDS = 5


def real_data(data: Path, folder: Path, *, progress: Progress, state: str | None = None) -> Told:
    """Run the project on the Telco churn table. `state`: as for `Workspace.create`.

    Raises:
        CopmlError: when the file is not that table, or a task of the loop failed.
    """
    company = telco.found(folder, customers=0, seed=0)
    progress("converting the table", 0, None)
    company.convert(data, company.project / "real" / "customers.parquet")
    with Workspace.create(company.project / f"{FOLDER}-real", state=state) as workspace:
        workspace = workspace.showing(progress)
        apply(workspace, company.project / "copml.real.yaml", by=SCIENTIST)
        _run(workspace)
        view = look(workspace.stages, PROJECT, SystemClock().now())
        assert view is not None, "the project was applied"
        if view.waiting is not None:
            approve(workspace, PROJECT, view.waiting.name, by=OWNER, reason="its gates passed on the real table")
            _run(workspace)
        progress("five folds", 0, FOLDS)
        folds = crossvalidated(view, workspace.stages, folds=FOLDS)
        found = evidence(workspace, PROJECT)
        path = folder.resolve() / "report-real.html"
        write_bytes(path, report(found, check(found)).encode())
    figures = {"holdout": found.versions[-1].metrics, "five_folds": folds}
    return Told(lines=tuple(_lines(data, figures, path)), report=str(path), figures=dict(figures))


def _run(workspace: Workspace) -> None:
    for step in run(workspace, PROJECT):
        if step.outcome == "failed":
            raise LoopFailed(step.key, step.detail)


def _lines(data: Path, figures: dict[str, dict[str, Interval]], path: Path) -> list[str]:
    lines = [f"{PROJECT} on {data}"]
    for where, found in figures.items():
        shown = {name: found.get(f"{name}.all") or found.get(name) for name in SHOWN}
        words = ", ".join(
            f"{name} {item.value:.3f} ({item.low:.3f} to {item.high:.3f})" for name, item in shown.items() if item
        )
        lines.append(f"{where.replace('_', ' ')}: {words}")
    return [*lines, f"report: {path}"]
