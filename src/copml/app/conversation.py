"""Use cases in which people talk and stand in for each other: notes, delegations.

Invariant: a note is kept for ever, as it was written. A delegation is made by whoever will be away, for a limited time
by the workspace's clock, and ends no decision that was taken under it.
"""

import re
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from copml.access import Delegation, Note, NoteSubject
from copml.app.authority import demand_reason, has_role
from copml.app.judgements import deciding
from copml.app.workspace import Workspace
from copml.errors import NotDecidable, NotInRole
from copml.operations import View, keep
from copml.records import Role

TEXT_MAX = 10_000
DELEGATION_MAX = timedelta(days=90)
MENTION = re.compile(r"(?<![\w@])@([a-z0-9][a-z0-9._%+-]*(?:@[a-z0-9][a-z0-9.-]*[a-z0-9])?)", re.IGNORECASE)


def notes(
    workspace: Workspace, project: str, subject: NoteSubject | None = None, subject_id: str | None = None
) -> tuple[Note, ...]:
    """Notes of a project, on one kind of thing or one thing where that is given; oldest first."""
    with workspace.stages.state.read() as reader:
        found = reader.find(Note, project=project)
    chosen = [item for item in found if subject in (None, item.subject) and subject_id in (None, item.subject_id)]
    return tuple(sorted(chosen, key=lambda item: (item.at, item.id)))


def note(
    workspace: Workspace,
    project: str,
    text: str,
    *,
    by: str,
    subject: NoteSubject = NoteSubject.PROJECT,
    subject_id: str = "",
) -> Note:
    """Say something on a project or on something in it; `@name` mentions somebody.

    Raises:
        NotDecidable: when nothing is said, it is too long, or what it is on is not there.
    """
    if not text.strip() or len(text) > TEXT_MAX:
        raise NotDecidable(f"a note has 1 to {TEXT_MAX:,} characters, not {len(text.strip()):,}")
    with deciding(workspace, project, by) as (tx, view):
        _demand_there(view, subject, subject_id)
        made = Note(
            project=project,
            id=secrets.token_hex(8),
            subject=subject,
            subject_id=subject_id,
            by=by,
            identity=workspace.identity,
            text=text,
            mentions=tuple(dict.fromkeys(name.lower() for name in MENTION.findall(text))),
            at=view.now,
        )
        keep(tx, (made,), view.now)
    return made


def delegations(workspace: Workspace, project: str) -> tuple[Delegation, ...]:
    """Who stands in for whom, past and to come; by when it starts."""
    with workspace.stages.state.read() as reader:
        found = reader.find(Delegation, project=project)
    return tuple(sorted(found, key=lambda item: (item.starts_at, item.id)))


def delegate(
    workspace: Workspace,
    project: str,
    role: Role,
    deputy: str,
    *,
    by: str,
    until: datetime,
    reason: str,
    starts_at: datetime | None = None,
) -> Delegation:
    """Let somebody decide in one's role while one is away.

    Raises:
        NotInRole: when whoever delegates is not in the role.
        NotDecidable: when the time is over, longer than 90 days, or the deputy is whoever delegates.
    """
    demand_reason(reason)
    now = workspace.clock.now()
    start = max(starts_at or now, now)
    if deputy.lower() == by.lower():
        raise NotDecidable("nobody stands in for themselves; name somebody else")
    if not start < until <= start + DELEGATION_MAX:
        raise NotDecidable(
            f"a delegation lasts up to {DELEGATION_MAX.days} days from its start, and this one to {until}"
        )
    with deciding(workspace, project, by) as (tx, view):
        if by.lower() not in {name.lower() for name in view.project.people.of(role)}:
            raise NotInRole(by, role.value, list(view.project.people.of(role)))
        made = Delegation(
            project=project,
            id=secrets.token_hex(8),
            role=role,
            absent=by.lower(),
            deputy=deputy.lower(),
            starts_at=start,
            until=until,
            reason=reason,
            made_at=now,
        )
        keep(tx, (made,), view.now)
    return made


def end_delegation(workspace: Workspace, project: str, delegation: str, *, by: str) -> Delegation:
    """End a delegation early: whoever made it, or a business owner.

    Raises:
        NotDecidable: when there is none, or it is over.
        NotInRole: when somebody else would end it.
    """
    now = workspace.clock.now()
    with deciding(workspace, project, by) as (tx, view):
        found = tx.get(Delegation, project=project, id=delegation)
        if found is None or found.until <= now:
            raise NotDecidable(f"there is no delegation {delegation!r} that still holds")
        if by.lower() != found.absent and not has_role(tx, view, by, Role.BUSINESS):
            raise NotInRole(by, Role.BUSINESS.value, list(view.project.people.of(Role.BUSINESS)))
        ended = replace(found, until=now)
        keep(tx, (ended,), view.now)
    return ended


def _demand_there(view: View, subject: NoteSubject, name: str) -> None:
    there: dict[NoteSubject, set[str]] = {
        NoteSubject.PROJECT: {""},
        NoteSubject.REVISION: {f"r{number}" for number in range(1, view.revision.number + 1)},
        NoteSubject.VERSION: {item.name for item in view.versions},
        NoteSubject.INCIDENT: {item.id for item in view.incidents},
        NoteSubject.DOSSIER: {item.id for item in view.dossiers},
    }
    if subject in there and name not in there[subject]:
        raise NotDecidable(f"there is no {subject} {name!r} to write a note on")
