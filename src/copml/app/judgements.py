"""Use cases in which people decide: approve, reject, judge a dossier, acknowledge an incident, retire a project.

Invariant: a decision is kept with who, in which role, why and when. Where four eyes are asked for, nobody approves what
they made: the author of an automatic candidate is whoever applied its revision. Until accounts exist, identities are
asserted, and say so.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from copml.app.projects import REVISION_APPROVER, decided_revision
from copml.app.workspace import Workspace
from copml.digest import digest_of
from copml.errors import FourEyes, NotDecidable, NotInRole, ProjectUnknown
from copml.operations import View, keep, load
from copml.records import (
    Decision,
    Direction,
    Incident,
    IncidentState,
    ModelVersion,
    Record,
    Retirement,
    Revision,
    RevisionState,
    Role,
    Subject,
    VersionState,
)
from copml.registry import move
from copml.store import Transaction

CONTINUE, RETIRE = "continue", "retire"
NAMED = 5
"""How many names, the newest, are offered for one that is not known."""


def approve(workspace: Workspace, project: str, subject: str, *, by: str, reason: str) -> Decision:
    """Approve a version (`v3`) or a proposed revision (`r2`).

    Raises:
        NotDecidable: when nothing of that name waits for a decision, or no reason is given.
        NotInRole: when the person is not in the role that the project asks for.
        FourEyes: when the person made what they would approve.
    """
    return _decide(workspace, project, subject, approve=True, by=by, reason=reason)


def reject(workspace: Workspace, project: str, subject: str, *, by: str, reason: str) -> Decision:
    """Reject a version or a proposed revision; raises as `approve` does."""
    return _decide(workspace, project, subject, approve=False, by=by, reason=reason)


def judge(workspace: Workspace, project: str, dossier_id: str, choice: str, *, by: str, reason: str) -> Decision:
    """Judge a dossier: `continue`, or `retire`, which shuts the project down.

    Raises:
        NotDecidable: when no such dossier waits, the choice is neither of the two, or no reason is given.
        NotInRole: when the person is not a business owner.
    """
    demand_reason(reason)
    if choice not in (CONTINUE, RETIRE):
        raise NotDecidable(f"a dossier is judged {CONTINUE!r} or {RETIRE!r}, not {choice!r}")
    with deciding(workspace, project) as (tx, view):
        waiting = {dossier.id: dossier for dossier in view.dossiers if not dossier.decided}
        if dossier_id not in waiting:
            states = {dossier.id: "judged" for dossier in view.dossiers}
            raise NotDecidable(_why_not("dossier", dossier_id, states), list(waiting))
        _demand_role(view, by, Role.BUSINESS)
        answer = Answer(by=by, role=Role.BUSINESS, reason=reason, approve=choice == RETIRE, choice=choice)
        decision = _decision(workspace, view, Subject.DOSSIER, dossier_id, answer)
        judged = replace(waiting[dossier_id], decided=decision.id)
        more = _retirement(view, by, reason) if choice == RETIRE else ()
        keep(tx, (decision, judged, *more), view.now)
    return decision


def retire(workspace: Workspace, project: str, *, by: str, reason: str) -> Retirement:
    """Shut a project down: the live deployment ends, versions are retired, evidence stays (AU-8).

    Raises:
        NotDecidable: when it was retired before, or no reason is given.
        NotInRole: when the person is not a business owner.
    """
    demand_reason(reason)
    with deciding(workspace, project) as (tx, view):
        if view.retirement is not None:
            raise NotDecidable(f"{project} is already retired, since {view.retirement.at:%Y-%m-%d}")
        _demand_role(view, by, Role.BUSINESS)
        records = _retirement(view, by, reason)
        decided = [replace(dossier, decided="retired") for dossier in view.dossiers if not dossier.decided]
        keep(tx, (*records, *decided), view.now)
    return next(record for record in records if isinstance(record, Retirement))


def acknowledge(workspace: Workspace, project: str, incident_id: str, *, by: str) -> Incident:
    """Say that somebody looks after an incident.

    Raises:
        NotDecidable: when there is no such open incident.
    """
    with deciding(workspace, project) as (tx, view):
        found = {item.id: item for item in view.incidents if item.state is IncidentState.OPEN}
        if incident_id not in found:
            states = {item.id: item.state for item in view.incidents}
            raise NotDecidable(_why_not("incident", incident_id, states), list(found))
        seen = replace(found[incident_id], state=IncidentState.ACKNOWLEDGED, resolution=f"acknowledged by {by}")
        keep(tx, (seen,), view.now)
    return seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody answered, in which role, and why."""

    by: str
    role: Role
    reason: str
    approve: bool
    choice: str = ""


@contextmanager
def deciding(workspace: Workspace, project: str) -> Iterator[tuple[Transaction, View]]:
    """The project as it stands, in the transaction that keeps the decision: nobody decides on what has changed."""
    with workspace.stages.state.write() as tx:
        view = load(tx, project, workspace.clock.now())
        if view is None:
            raise ProjectUnknown(project, workspace.projects())
        yield tx, view


def _decide(workspace: Workspace, project: str, subject: str, *, approve: bool, by: str, reason: str) -> Decision:
    demand_reason(reason)
    with deciding(workspace, project) as (tx, view):
        version, revisions = view.version(subject), tx.find(Revision, project=project)
        proposed = {f"r{item.number}": item for item in revisions if item.state is RevisionState.PROPOSED}
        if version is not None and version.state is VersionState.CANDIDATE:
            role = _demand_approver_of_version(view, version, revisions, by)
            answer = Answer(by=by, role=role, reason=reason, approve=approve)
            decision = _decision(workspace, view, Subject.VERSION, subject, answer)
            state = VersionState.APPROVED if approve else VersionState.REJECTED
            records: tuple[Record, ...] = (move(version, state, reason),)
        elif subject in proposed:
            _demand_role(view, by, REVISION_APPROVER)
            _demand_four_eyes(by, proposed[subject].applied_by, subject)
            answer = Answer(by=by, role=REVISION_APPROVER, reason=reason, approve=approve)
            decision = _decision(workspace, view, Subject.REVISION, subject, answer)
            records = decided_revision(proposed[subject], revisions, approve=approve)
        else:
            waiting = [view.waiting.name] if view.waiting is not None else []
            raise NotDecidable(_why_not_approvable(subject, view.versions, revisions), [*waiting, *proposed])
        keep(tx, (decision, *records), view.now)
    return decision


def _why_not_approvable(subject: str, versions: Sequence[ModelVersion], revisions: Sequence[Revision]) -> str:
    """Why this is no version and no revision that waits for a decision."""
    if subject.startswith("r"):
        return _why_not("revision", subject, {f"r{item.number}": item.state for item in revisions})
    return _why_not("version", subject, {item.name: item.state for item in versions})


def _why_not(kind: str, name: str, states: Mapping[str, str]) -> str:
    """Why nothing of this name waits: it is decided already, or there is no such thing."""
    if name in states:
        return f"{kind} {name} is already {states[name]}"
    known = ", ".join(list(states)[-NAMED:])
    return f"there is no {kind} {name!r} (there {f'are {known}' if known else 'is none yet'})"


def _demand_approver_of_version(view: View, version: ModelVersion, revisions: list[Revision], by: str) -> Role:
    """The author of a candidate is whoever applied its revision, and whoever brought it from another workspace."""
    wish = view.project.deployment.approval
    role = wish.by if wish is not None else Role.SCIENCE
    _demand_role(view, by, role)
    if wish is not None and wish.four_eyes:
        author = next(item.applied_by for item in revisions if item.number == version.revision)
        carried = [
            item.by for item in view.promotions if item.direction is Direction.IN and item.version == version.name
        ]
        for maker in (author, *carried):
            _demand_four_eyes(by, maker, version.name)
    return role


def _decision(workspace: Workspace, view: View, subject: Subject, subject_id: str, answer: Answer) -> Decision:
    return Decision(
        project=view.name,
        id=digest_of([view.name, subject, subject_id, answer.approve, answer.by, view.now])[:32],
        subject=subject,
        subject_id=subject_id,
        approve=answer.approve,
        by=answer.by,
        role=answer.role,
        identity="simulated" if workspace.mark.simulated else "asserted",
        reason=answer.reason,
        at=view.now,
        choice=answer.choice,
    )


def _retirement(view: View, by: str, reason: str) -> tuple[Record, ...]:
    live = view.deployment
    ended = (replace(live, until_at=view.now),) if live is not None else ()
    kept = [item for item in view.versions if item.state in (VersionState.CANDIDATE, VersionState.APPROVED)]
    freed = tuple(f"deployment {item.id} of {item.version}" for item in ended)
    return (
        *ended,
        *(move(version, VersionState.RETIRED, reason) for version in kept),
        Retirement(project=view.name, by=by, reason=reason, at=view.now, freed=freed),
    )


def demand_reason(reason: str) -> None:
    """Refuse a decision without a reason.

    Raises:
        NotDecidable: when it is blank.
    """
    if not reason.strip():
        raise NotDecidable("a decision needs a reason, which goes to the ledger; give one with `--reason`")


def _demand_role(view: View, by: str, role: Role) -> None:
    if by not in view.project.people.of(role):
        raise NotInRole(by, role.value, list(view.project.people.of(role)))


def _demand_four_eyes(by: str, author: str, subject: str) -> None:
    if by == author:
        raise FourEyes(by, subject)
