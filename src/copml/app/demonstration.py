"""The demonstration: thirty months of a company with the loop at work, its people played by simulated personas.

Invariant: the loop is driven as any user would drive it, only its clock is simulated and says so. A run that was
stopped goes on where it was; nothing is decided here but what the personas answer.
"""

import time
from pathlib import Path

from copml.app import company as telco
from copml.app.company import Company
from copml.app.comparison import compare_retraining
from copml.app.evidence import evidence
from copml.app.judgements import CONTINUE, approve, judge
from copml.app.loop import run
from copml.app.narrative import Told, tell
from copml.app.projects import apply
from copml.app.workspace import FOLDER, Workspace
from copml.clock import Stopwatch
from copml.conformance import check
from copml.errors import LoopFailed, NotDecidable
from copml.operations import Progress, View, due, look
from copml.records import Action, TaskState
from copml.reporting import Naive, report
from copml.store import write_bytes

WAIT_SECONDS = 0.05
SCIENTIST = "data-science@telco.example"
OWNER = "retention@telco.example"
PROJECT = "telco-churn"


def demo(
    folder: Path,
    *,
    months: int,
    customers: int,
    seed: int,
    comparison: bool,
    progress: Progress,
    state: str | None = None,
) -> Told:
    """Run the churn project for some months and write the report. `state`: as for `Workspace.create`.

    Raises:
        LoopFailed: when a task of the loop failed for good.
        DemonstrationDiffers: when it was begun with other settings.
    """
    watch = Stopwatch()
    company = telco.found(folder, customers=customers, seed=seed)
    company.begin()
    with Workspace.create(company.project / FOLDER, simulated_from=telco.slot(0), state=state) as workspace:
        _begin(workspace, company, progress)
        for month in range(telco.month_of(workspace.clock.now()), months):
            _live(workspace, company, month)
            progress(f"{telco.slot(month).astimezone(telco.ZONE):%B %Y}", month + 1, months)
        if months == 0:
            return Told(lines=(f"the project is ready in {company.project}",), report="", figures={})
        progress("naive retraining beside the right one", months, months)
        naive = compare_retraining(workspace, PROJECT) if comparison else None
        return _finish(workspace, company, naive, watch.seconds)


def _begin(workspace: Workspace, company: Company, progress: Progress) -> None:
    """Six months of history without a programme; then the data scientist applies the project file."""
    if workspace.projects():
        return
    for month in range(-telco.HISTORY_MONTHS, 1):
        progress("the company's history", month + telco.HISTORY_MONTHS, telco.HISTORY_MONTHS)
        company.live(month, None)
    apply(workspace, company.project / "copml.yaml", by=SCIENTIST)


def _live(workspace: Workspace, company: Company, month: int) -> None:
    """Let the company live until the first of a month, then do all that is due on that day."""
    if telco.slot(month) > workspace.clock.now():
        company.live(month, _decisions(workspace, month - 1))
        workspace.move_clock(telco.slot(month))
    while True:
        postponed = _settle(workspace)
        # What is due now follows from a decision that another worker's people made meanwhile.
        if not _people_decide(workspace) and not due(_look(workspace), postponed):
            return


def _decisions(workspace: Workspace, month: int) -> Path | None:
    """The table that the business got at the start of a month."""
    scored = _look(workspace).scored.get(telco.slot(month))
    return None if scored is None else workspace.folder / "outputs" / scored.output


def _settle(workspace: Workspace) -> frozenset[str]:
    """Work until nothing is due but what is postponed, which is returned; what another worker holds is waited for."""
    while True:
        postponed = frozenset(step.key for step in run(workspace, PROJECT) if step.outcome == "not yet")
        view = _look(workspace)
        failed = [task for task in view.tasks if task.state is TaskState.FAILED and task.error]
        if failed:
            raise LoopFailed(failed[0].key, failed[0].error)
        if not due(view, postponed):
            return postponed
        time.sleep(WAIT_SECONDS)


def _people_decide(workspace: Workspace) -> bool:
    """The personas answer what waits for them; whether anything did. Re-evaluation is left for whoever looks."""
    view = _look(workspace)
    costly = [item for item in view.dossiers if not item.decided and item.action is Action.PROPOSE_RETIREMENT]
    try:
        if view.waiting is not None:
            reason = f"its gates passed; it was trained because of {view.waiting.cause}"
            approve(workspace, PROJECT, view.waiting.name, by=OWNER, reason=reason)
            return True
        for dossier in costly:
            reason = "the offer is to blame, not the model: a new one is being prepared"
            judge(workspace, PROJECT, dossier.id, CONTINUE, by=OWNER, reason=reason)
            return True
    except NotDecidable:
        return True
    return False


def _finish(workspace: Workspace, company: Company, naive: Naive | None, seconds: float) -> Told:
    found = evidence(workspace, PROJECT)
    verdicts = check(found)
    truth = company.truth(found.project.business.value)
    path = company.project.parent / "report.html"
    write_bytes(path, report(found, verdicts, truth=truth, naive=naive).encode())
    return tell(found, verdicts, truth, naive, report=path, workspace=workspace.folder, seconds=seconds)


def _look(workspace: Workspace) -> View:
    view = look(workspace.stages, PROJECT, workspace.clock.now())
    assert view is not None, "the project was applied"
    return view
