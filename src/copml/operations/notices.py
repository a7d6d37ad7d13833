"""Who is to be told what (pure): incidents to their owner, what waits to the role that must act, mentions.

Invariant: level-triggered. What is acknowledged, decided or resolved is no notice any more; what nobody took up is one
for the next role too, once per step. A notice quotes no data: where an incident's words repeat what code said, they are
left out, and so are those of a note. Deputies are told what those are whom they stand in for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from copml.access import Note
from copml.operations.failures import FAILED, TRAINING
from copml.operations.view import View
from copml.records import Cause, Incident, IncidentState, Notice, NoticeKind, Role

REVISION_APPROVER = Role.BUSINESS
"""Who approves a revision that weakens something."""
JUDGE = Role.BUSINESS
"""Who judges dossiers."""
URGENT = frozenset({Cause.SERVICE, Cause.UPSTREAM_DATA})
"""Causes for which predictions are missing or wrong now; the others are as true in the morning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """Something that a role is to take up."""

    kind: NoticeKind
    subject: str
    text: str
    since: datetime
    role: Role
    urgent: bool = False


def notices(view: View) -> Iterator[tuple[str, Notice]]:
    """Everybody who is to be told something as things stand, told before or not; names are in lower case."""
    if view.retirement is not None:
        return
    for item in _waiting(view):
        for step, people in enumerate(_audiences(view, item)):
            for person in people:
                yield person, _notice(item, step)
    for note in view.notes:
        for person in _named(view, note):
            yield person, _mention(note)


def people_of(view: View, role: Role) -> tuple[str, ...]:
    """Who is in a role or stands in for somebody who is, each once, in lower case."""
    names = [name.lower() for name in view.project.people.of(role)]
    deputies = [
        item.deputy.lower()
        for item in view.delegations
        if item.role is role and item.absent.lower() in names and item.starts_at <= view.now < item.until
    ]
    return tuple(dict.fromkeys([*names, *deputies]))


def _named(view: View, note: Note) -> Iterator[str]:
    """Whom a note names of those who are in the project; to any other address that somebody typed nothing is sent."""
    known = {name for role in Role for name in people_of(view, role)}
    return (name for name in dict.fromkeys(note.mentions) if name in known and name != note.by.lower())


def _mention(note: Note) -> Notice:
    place = f"{note.subject} {note.subject_id}".strip()
    return Notice(
        kind=NoticeKind.MENTION,
        subject=note.id,
        text=f"{note.by} named you in a note on {place}; `copml notes list` shows it",
        since=note.at,
        step=0,
        urgent=False,
    )


def _waiting(view: View) -> Iterator[_Waiting]:
    for incident in view.incidents:
        if incident.state is IncidentState.OPEN:
            yield _Waiting(
                kind=NoticeKind.INCIDENT,
                subject=incident.id,
                text=_incident_words(incident),
                since=incident.opened_at,
                role=incident.owner,
                urgent=incident.cause in URGENT,
            )
    wish = view.project.deployment.approval
    if view.waiting is not None and wish is not None:
        yield _Waiting(
            kind=NoticeKind.APPROVAL,
            subject=view.waiting.name,
            text=f"version {view.waiting.name} passed its gates and waits for approval",
            since=view.waiting.created_at,
            role=wish.by,
        )
    for revision in view.proposed:
        name = f"r{revision.number}"
        text = f"revision {name} of {revision.applied_by} weakens something and waits for approval"
        yield _Waiting(
            kind=NoticeKind.APPROVAL, subject=name, text=text, since=revision.applied_at, role=REVISION_APPROVER
        )
    for dossier in view.dossiers:
        if not dossier.decided:
            yield _Waiting(
                kind=NoticeKind.DOSSIER,
                subject=dossier.id,
                text=dossier.question,
                since=dossier.opened_at,
                role=JUDGE,
            )


def _audiences(view: View, item: _Waiting) -> Iterator[tuple[str, ...]]:
    """Who is told at each step that has come; somebody who was told at an earlier one is not told again."""
    first = people_of(view, item.role)
    yield first
    told = set(first)
    for step in view.project.monitoring.alerts.escalate:
        reached = step.after.after(item.since, view.project.tz) <= view.now
        names = people_of(view, step.to) if reached else ()
        yield tuple(name for name in names if name not in told)
        told |= set(names)


def _notice(item: _Waiting, step: int) -> Notice:
    return Notice(
        kind=item.kind,
        subject=item.subject,
        text=item.text,
        since=item.since,
        step=step,
        urgent=item.urgent or step > 0,
    )


def _incident_words(incident: Incident) -> str:
    if incident.id.startswith(FAILED):
        return f"the task {incident.id.removeprefix(FAILED)} failed; `copml incidents` says why"
    if incident.id.startswith(TRAINING):
        return "a training failed; `copml incidents` says why"
    return f"{incident.what} Cause: {incident.cause} ({incident.cause_stage})."
