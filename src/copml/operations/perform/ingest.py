"""Read one source: rows into the lake, identifiers into the vault, findings into incidents.

Invariant: a source that has nothing new yet is not overdue until its delay has passed: the task is given back. Whoever
looks by hand is told so, and nothing is recorded.
"""

from dataclasses import replace

from copml.data import Finding, IngestRequest, IngestResult
from copml.data import ingest as read_source
from copml.operations.actions import deliveries
from copml.operations.agenda import Task, label
from copml.operations.failures import by_hand
from copml.operations.stages import Kept, Stages
from copml.operations.view import View
from copml.records import Cause, CauseStage, Incident, IncidentState, Record, Role
from copml.store import vault

NOTHING_NEW = "nothing new"


def ingest(task: Task, view: View, stages: Stages) -> Kept:
    """Bring in what is new."""
    earlier = [item for item in view.ingests if item.source == task.subject]
    assert task.slot is not None
    stages.progress(f"ingest {task.subject}", 0, None)
    result = read_source(
        IngestRequest(
            project=view.project,
            source=task.subject,
            slot=task.slot,
            now=view.now,
            root=stages.root(view.revision),
            staging=stages.staging(task.key),
            lake=stages.lake,
            pseudonym=lambda identifiers: stages.keys.pseudonym(view.name, identifiers),
            seen=[file for item in earlier for file in item.files],
            first=not any(item.rows_added for item in earlier),
            transaction=f"{view.name}/{task.key}",
            task=task.key,
            like=next((item.profile for item in earlier if item.profile), {}),
        )
    )
    if result.ingest.state == NOTHING_NEW and not _may_be_silent(task, view):
        if by_hand(task.key):
            return Kept(note=NOTHING_NEW)
        delay = view.project.data.sources[task.subject].delay
        return Kept(not_before=delay.after(task.slot, view.project.tz))
    note = f"{result.ingest.rows_added:,} rows"
    if result.ingest.rows_quarantined:
        note += f", {result.ingest.rows_quarantined:,} in quarantine"
    records = tuple(_records(task, view, result))
    return Kept(records=records, identifiers=_sealed(view, stages, result), note=note)


def _may_be_silent(task: Task, view: View) -> bool:
    """Nobody can have been treated before anybody was scored."""
    treatment = view.project.data.treatment
    return treatment is not None and treatment.source == task.subject and not view.scoring_runs


def _records(task: Task, view: View, result: IngestResult) -> list[Record]:
    snapshots = [item for item in (result.snapshot, result.quarantine) if item is not None]
    records: list[Record] = [result.ingest, *snapshots]
    for number, finding in enumerate(result.findings, start=1):
        incident = _incident(task, view, finding, number)
        records += [incident, *deliveries(view, incident)]
    return records if result.findings else records + _mended(task, view, result)


def _mended(task: Task, view: View, result: IngestResult) -> list[Record]:
    """Earlier incidents of the source end with the first pass that brings rows and finds nothing wrong."""
    if not result.ingest.rows_added:
        return []
    words = f"the source was in order again at {view.now:%Y-%m-%d %H:%M} UTC"
    return [
        replace(incident, state=IncidentState.RESOLVED, closed_at=view.now, resolution=words)
        for incident in view.incidents
        if incident.id.startswith(f"data-{task.subject}-") and incident.state is not IncidentState.RESOLVED
    ]


def _incident(task: Task, view: View, finding: Finding, number: int) -> Incident:
    assert task.slot is not None
    return Incident(
        project=view.name,
        id=f"data-{task.subject}-{number}/{label(task.slot)}",
        what=_words(task.subject, finding),
        cause_stage=CauseStage.DATA,
        cause=Cause.UPSTREAM_DATA,
        owner=Role.DATA,
        evidence=dict(finding.evidence),
        starts_at=task.slot,
        opened_at=view.now,
        state=IncidentState.OPEN,
        closed_at=None,
        resolution="",
    )


def _words(source: str, finding: Finding) -> str:
    facts = "; ".join(f"{name}: {value}" for name, value in finding.evidence.items() if name not in ("source", "slot"))
    return f"Source {source}: {finding.what} ({facts}). {finding.advice}"


def _sealed(view: View, stages: Stages, result: IngestResult) -> dict[str, bytes]:
    """Identifiers that the vault does not have yet, encrypted."""
    with stages.state.read() as reader:
        new = vault.unknown(reader, view.name, result.identifiers)
    return {
        pseudonym: stages.keys.seal_identifier(view.name, pseudonym, result.identifiers[pseudonym]) for pseudonym in new
    }
