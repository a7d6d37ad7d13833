"""Use cases that read: verdicts, reasons, the report, versions, incidents, where a project stands.

Invariant: reading changes nothing, except that verifying the ledger remembers nothing either.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from copml.advice import standing
from copml.app.facts import facts_of
from copml.app.ledger import verify_ledger
from copml.app.workspace import Workspace
from copml.conformance import Evidence, LedgerFacts, RequirementVerdict
from copml.conformance import check as check_evidence
from copml.conformance import why as why_evidence
from copml.errors import ProjectUnknown
from copml.operations import View, due, look, waits_for_people
from copml.records import (
    Choice,
    Incident,
    ModelVersion,
    Revision,
    RevisionState,
    Snapshot,
    TaskState,
    Trial,
    VersionState,
)
from copml.store import LedgerTable, write_bytes


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing about where a project stands: what, and its state in words."""

    what: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a project stands, in words."""

    project: str
    now: datetime
    mark: str
    rows: tuple[Aspect, ...]


def evidence(workspace: Workspace, project: str) -> Evidence:
    """Everything that is known of a project, the ledger verified, and what is advised on it."""
    view = _view(workspace, project)
    verified = verify_ledger(workspace)
    with workspace.stages.state.read() as reader:
        revisions = tuple(reader.find(Revision, project=project))
        snapshots = tuple(reader.find(Snapshot, project=project))
        choices = tuple(reader.find(Choice, project=project))
        trials = tuple(sorted(reader.find(Trial, project=project), key=lambda item: (item.started_at, item.id)))
        checkpoints = LedgerTable(reader).checkpoints()
    facts = LedgerFacts(
        size=verified.size,
        verified=not verified.problems,
        verified_at=view.now,
        checkpoint_at=checkpoints[-1][2] if checkpoints else None,
        held_outside_at=None,
    )
    found = Evidence(
        project=view.project,
        revision=view.revision,
        now=view.now,
        simulated=workspace.mark.simulated,
        revisions=revisions,
        ingests=view.ingests,
        snapshots=snapshots,
        feature_sets=view.feature_sets,
        runs=view.runs,
        versions=view.versions,
        decisions=view.decisions,
        deployments=view.deployments,
        scoring_runs=view.scoring_runs,
        seals=view.seals,
        measurements=view.measurements,
        firings=view.firings,
        incidents=view.incidents,
        dossiers=view.dossiers,
        deliveries=view.deliveries,
        retirement=view.retirement,
        ledger=facts,
        tasks=view.tasks,
        choices=choices,
        promotions=view.promotions,
        trials=trials,
    )
    return replace(found, advised=standing(facts_of(workspace, found)))


def check(workspace: Workspace, project: str) -> tuple[RequirementVerdict, ...]:
    """A verdict for every requirement of COPML."""
    return check_evidence(evidence(workspace, project))


def why(workspace: Workspace, project: str, subject: str) -> str:
    """Three plain sentences on a requirement or an incident."""
    return why_evidence(evidence(workspace, project), subject)


def report(workspace: Workspace, project: str, path: Path) -> Path:
    """Write the self-contained HTML report."""
    from copml.reporting import report as render

    found = evidence(workspace, project)
    write_bytes(path, render(found, check_evidence(found)).encode())
    return path


def versions(workspace: Workspace, project: str) -> tuple[ModelVersion, ...]:
    """Every model version, oldest first."""
    return _view(workspace, project).versions


def incidents(workspace: Workspace, project: str) -> tuple[Incident, ...]:
    """Every incident, oldest first."""
    return _view(workspace, project).incidents


def status(workspace: Workspace, project: str) -> Standing:
    """Where the project stands: what is live, due, waiting, failed."""
    view = _view(workspace, project)
    with workspace.stages.state.read() as reader:
        proposed = reader.find(Revision, project=project, state=RevisionState.PROPOSED)
    return Standing(
        project=project,
        now=view.now,
        mark=" (simulated)" if workspace.mark.simulated else "",
        rows=tuple(Aspect(what, state) for what, state in _standing(view, proposed)),
    )


def _standing(view: View, proposed: list[Revision]) -> list[tuple[str, str]]:
    waiting = waits_for_people(view) + [f"revision r{item.number} waits for approval" for item in proposed]
    rows = [
        ("revision", f"r{view.revision.number}, applied by {view.revision.applied_by}"),
        ("live version", _live(view)),
        ("last scored", _when(max((run.slot for run in view.scoring_runs), default=None))),
        ("due now", ", ".join(task.key for task in due(view)) or "nothing"),
        ("waits for people", "; ".join(waiting) or "nothing"),
        ("open incidents", str(sum(item.closed_at is None for item in view.incidents))),
    ]
    failed = [task for task in view.tasks if task.state is TaskState.FAILED and task.error]
    rows += [("failed", f"{task.key}: {task.error.splitlines()[0]}") for task in failed]
    if view.retirement is not None:
        rows.append(("retired", f"{_when(view.retirement.at)} by {view.retirement.by}: {view.retirement.reason}"))
    return rows


def _live(view: View) -> str:
    """The version that serves, or why there is none."""
    if view.live is not None:
        return view.live.name
    if view.retirement is not None:
        return "none: the project is retired"
    if view.versions and view.versions[-1].state is VersionState.REJECTED:
        newest = view.versions[-1]
        return f"none yet: {newest.name} {newest.state_reason}; `copml versions` has its figures"
    failed = [run for run in view.runs if not run.succeeded]
    return f"none yet: the training failed: {failed[-1].reason.splitlines()[0]}" if failed else "none yet"


def _when(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def _view(workspace: Workspace, project: str) -> View:
    view = look(workspace.stages, project, workspace.clock.now())
    if view is None:
        raise ProjectUnknown(project, workspace.projects())
    return view
