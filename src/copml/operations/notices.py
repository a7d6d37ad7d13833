"""Who is to be told what (pure): incidents to their owner, what waits to the role that must act, mentions.

Invariant: level-triggered. What is acknowledged, decided or resolved is no notice any more; what nobody took up is one
for the next role too, once per step. A notice quotes no data: where an incident's words repeat what code said, they are
left out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from copml.digest import digest_of
from copml.operations.failures import FAILED, TRAINING
from copml.operations.view import View
from copml.records import Cause, Incident, IncidentState, Mention, Notice, NoticeKind, Role

REVISION_APPROVER = Role.BUSINESS
"""Who approves a revision that weakens something."""
JUDGE = Role.BUSINESS
"""Who judges dossiers."""
URGENT = frozenset({Cause.SERVICE, Cause.UPSTREAM_DATA})
"""Causes for which predictions are missing or wrong now; the others are as true in the morning."""
TEXT_MAX = 2_000


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
    for mention in view.mentions:
        text = f"{mention.by} named you on {mention.subject}: {mention.text}"
        yield (
            mention.name.lower(),
            Notice(kind=NoticeKind.MENTION, subject=mention.id, text=text, since=mention.at, step=0, urgent=False),
        )


def mentions(project: str, names: Iterable[str], text: str, *, by: str, subject: str, at: datetime) -> list[Mention]:
    """Records that tell people of a text that names them; kept in the transaction that keeps the text.

    The same call makes the same records. Whoever wrote the text is not told of it. `text` is shown as it is, so it is
    for the caller to hold that it repeats no personal values.
    """
    people = dict.fromkeys(name.lower() for name in names if name.lower() != by.lower())
    return [
        Mention(
            project=project,
            id=digest_of([project, name, by, subject, text, at])[:32],
            name=name,
            by=by,
            subject=subject,
            text=text[:TEXT_MAX],
            at=at,
        )
        for name in people
    ]


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
    first = tuple(dict.fromkeys(name.lower() for name in view.project.people.of(item.role)))
    yield first
    told = set(first)
    for step in view.project.monitoring.alerts.escalate:
        reached = step.after.after(item.since, view.project.tz) <= view.now
        names = dict.fromkeys(name.lower() for name in view.project.people.of(step.to)) if reached else {}
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
