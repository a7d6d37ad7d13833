"""Use cases in which people decide: approve, reject, judge a dossier, acknowledge an incident, retire a project.

Invariant: a decision is kept with who, in which role, why and when. Where four eyes are asked for, nobody approves what
they made: the author of an automatic candidate is whoever applied its revision. How it is known who decided is kept
with the decision: authenticated, simulated or asserted.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal

from copml.app.authority import demand_four_eyes, demand_identity, demand_reason, demand_role
from copml.app.projects import decided_revision
from copml.app.workspace import Workspace
from copml.digest import digest_of
from copml.errors import NotDecidable, ProjectUnknown
from copml.operations import REVISION_APPROVER, View, keep, load
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
from copml.spec.project import Approval
from copml.store import Transaction

CONTINUE: Literal["continue"] = "continue"
RETIRE: Literal["retire"] = "retire"
Choosable = Literal["continue", "retire"]
"""What a dossier is judged."""
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


def judge(workspace: Workspace, project: str, dossier: str, choice: Choosable, *, by: str, reason: str) -> Decision:
    """Judge a dossier: `continue`, or `retire`, which shuts the project down.

    Raises:
        NotDecidable: when no such dossier waits, the choice is neither of the two, or no reason is given.
        NotInRole: when the person is not a business owner.
    """
    demand_reason(reason)
    if choice not in (CONTINUE, RETIRE):
        raise NotDecidable(f"a dossier is judged {CONTINUE!r} or {RETIRE!r}, not {choice!r}")
    with deciding(workspace, project, by) as (tx, view):
        waiting = {item.id: item for item in view.dossiers if not item.decided}
        if dossier not in waiting:
            states = {item.id: "judged" for item in view.dossiers}
            raise NotDecidable(_why_not("dossier", dossier, states), list(waiting))
        demand_role(tx, view, by, Role.BUSINESS)
        answer = Answer(by=by, role=Role.BUSINESS, reason=reason, approve=choice == RETIRE, choice=choice)
        decision = _decision(workspace, view, Subject.DOSSIER, dossier, answer)
        judged = replace(waiting[dossier], decided=decision.id)
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
    with deciding(workspace, project, by) as (tx, view):
        if view.retirement is not None:
            raise NotDecidable(f"{project} is already retired, since {view.retirement.at:%Y-%m-%d}")
        demand_role(tx, view, by, Role.BUSINESS)
        records = _retirement(view, by, reason)
        decided = [replace(dossier, decided="retired") for dossier in view.dossiers if not dossier.decided]
        keep(tx, (*records, *decided), view.now)
    return next(record for record in records if isinstance(record, Retirement))


def acknowledge(workspace: Workspace, project: str, incident: str, *, by: str) -> Incident:
    """Say that somebody looks after an incident.

    Raises:
        NotDecidable: when there is no such open incident.
    """
    with deciding(workspace, project, by) as (tx, view):
        found = {item.id: item for item in view.incidents if item.state is IncidentState.OPEN}
        if incident not in found:
            states = {item.id: item.state for item in view.incidents}
            raise NotDecidable(_why_not("incident", incident, states), list(found))
        seen = replace(found[incident], state=IncidentState.ACKNOWLEDGED, resolution=f"acknowledged by {by}")
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
def deciding(workspace: Workspace, project: str, by: str) -> Iterator[tuple[Transaction, View]]:
    """The project as it stands, in the transaction that keeps the decision: nobody decides on what has changed."""
    with workspace.stages.state.write() as tx:
        view = load(tx, project, workspace.clock.now())
        if view is None:
            raise ProjectUnknown(project, workspace.projects())
        demand_identity(workspace, tx, by)
        yield tx, view


def _decide(workspace: Workspace, project: str, subject: str, *, approve: bool, by: str, reason: str) -> Decision:
    demand_reason(reason)
    with deciding(workspace, project, by) as (tx, view):
        version, revisions = view.version(subject), tx.find(Revision, project=project)
        proposed = {f"r{item.number}": item for item in revisions if item.state is RevisionState.PROPOSED}
        if version is not None and version.state is VersionState.CANDIDATE:
            role = _demand_approver_of_version(tx, view, version, by)
            answer = Answer(by=by, role=role, reason=reason, approve=approve)
            decision = _decision(workspace, view, Subject.VERSION, subject, answer)
            records: tuple[Record, ...] = _decided_version(tx, view, version, decision)
        elif subject in proposed:
            demand_role(tx, view, by, REVISION_APPROVER)
            demand_four_eyes(by, proposed[subject].applied_by, subject)
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


def _demand_approver_of_version(tx: Transaction, view: View, version: ModelVersion, by: str) -> Role:
    """The author of a candidate is whoever applied its revision, and whoever brought it from another workspace."""
    wish = view.project.deployment.approval
    role = wish.by if wish is not None else Role.SCIENCE
    demand_role(tx, view, by, role)
    if wish is not None and wish.four_eyes:
        revisions = tx.find(Revision, project=view.name, number=version.revision)
        carried = [
            item.by for item in view.promotions if item.direction is Direction.IN and item.version == version.name
        ]
        for maker in (*(item.applied_by for item in revisions), *carried):
            demand_four_eyes(by, maker, version.name)
    return role


def _decided_version(tx: Transaction, view: View, version: ModelVersion, decision: Decision) -> tuple[Record, ...]:
    """What becomes of a version: one refusal rejects it, approvals count until there are as many as asked for.

    Raises:
        NotDecidable: when the same person approved it before, and that still counts.
    """
    if not decision.approve:
        return (move(version, VersionState.REJECTED, decision.reason),)
    wish = view.project.deployment.approval
    before = standing_approvals(tx.find(Decision, project=view.name, subject_id=version.name), wish, view)
    if decision.by in before:
        raise NotDecidable(f"{decision.by} has approved {version.name} already; {_still_needed(wish, before)}")
    if wish is not None and len(before) + 1 < wish.people:
        return ()
    return (move(version, VersionState.APPROVED, decision.reason),)


def standing_approvals(decisions: Iterable[Decision], wish: Approval | None, view: View) -> tuple[str, ...]:
    """Who approved a version so that it still counts: an approval lasts as long as the project file says (pure)."""
    lasts = None if wish is None else wish.expires
    return tuple(
        item.by
        for item in decisions
        if item.subject is Subject.VERSION
        and item.approve
        and (lasts is None or view.now < lasts.after(item.at, view.project.tz))
    )


def _still_needed(wish: Approval | None, before: tuple[str, ...]) -> str:
    missing = (wish.people if wish is not None else 1) - len(before)
    return f"{missing} more {'person' if missing == 1 else 'people'} must"


def _decision(workspace: Workspace, view: View, subject: Subject, subject_id: str, answer: Answer) -> Decision:
    return Decision(
        project=view.name,
        id=digest_of([view.name, subject, subject_id, answer.approve, answer.by, view.now])[:32],
        subject=subject,
        subject_id=subject_id,
        approve=answer.approve,
        by=answer.by,
        role=answer.role,
        identity=workspace.identity,
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
