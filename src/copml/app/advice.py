"""Use cases around advice: ask for it, choose, write it as a page.

Invariant: advice is asked of the same evidence as verdicts; a choice is kept with the advice of its moment, in one
transaction with its ledger entry. Who may choose is whoever owns the topic, or the business owner, who owns DE-1.
"""

from pathlib import Path

from copml.advice import Advice, Answered, Facts, answered, chosen
from copml.advice.topics import TOPICS
from copml.app.authority import demand_reason, has_role
from copml.app.evidence import evidence
from copml.app.facts import facts_of, with_curve
from copml.app.judgements import deciding
from copml.app.workspace import Workspace
from copml.digest import digest_of
from copml.errors import NotDecidable, NotInRole
from copml.operations import View, keep, look
from copml.records import Choice, Role, Topic
from copml.store import Reader, write_bytes


def advise(workspace: Workspace, project: str, topic: Topic | None = None) -> tuple[Answered, ...]:
    """The answer on a topic, or on all, each with what people chose on it."""
    return answered(_facts(workspace, project, topic), topic)


def decide(workspace: Workspace, project: str, topic: Topic, answer: str, *, by: str, reason: str) -> Choice:
    """Record what somebody chose on a topic, and why.

    Raises:
        ChoiceUnknown: when the answer is none of the topic's.
        NotDecidable: when no reason is given, or the project is retired.
        NotInRole: when the person neither owns the topic nor the business.
    """
    demand_reason(reason)
    wanted = chosen(topic, answer)
    advice = advise(workspace, project, topic)[0].advice
    with deciding(workspace, project, by) as (tx, view):
        if view.retirement is not None:
            raise NotDecidable(f"{project} is retired, since {view.retirement.at:%Y-%m-%d}: nothing is left to choose")
        made = Choice(
            project=project,
            id=digest_of([project, topic, wanted, by, reason, view.now])[:32],
            topic=topic,
            chosen=wanted,
            by=by,
            role=_role(tx, view, by, TOPICS[topic].owner),
            identity=workspace.identity,
            reason=reason,
            advised=advice.answer,
            advised_because=advice.reason,
            figure=_figure(advice),
            alternative=_alternative(advice),
            at=view.now,
        )
        keep(tx, (made,), view.now)
    return made


def advice_page(workspace: Workspace, project: str, path: Path, topic: Topic | None = None) -> Path:
    """Write advice as a self-contained HTML page."""
    from copml.reporting import advice_page as render

    facts = _facts(workspace, project, topic)
    write_bytes(path, render(facts.evidence, answered(facts, topic)).encode())
    return path


def _facts(workspace: Workspace, project: str, topic: Topic | None) -> Facts:
    """The facts that a topic needs: rows of the lake are read for the threshold alone."""
    facts = facts_of(workspace, evidence(workspace, project))
    if topic not in (None, Topic.THRESHOLD):
        return facts
    view = look(workspace.stages, project, workspace.clock.now())
    assert view is not None, "there was evidence of it"
    return with_curve(workspace, facts, view)


def _role(reader: Reader, view: View, by: str, owner: Role) -> Role:
    """The role in which somebody chooses."""
    for role in (owner, Role.BUSINESS):
        if has_role(reader, view, by, role):
            return role
    people = dict.fromkeys((*view.project.people.of(owner), *view.project.people.of(Role.BUSINESS)))
    raise NotInRole(by, owner.value, list(people))


def _figure(advice: Advice) -> str:
    return "; ".join(f"{item.what}: {item.value} ({item.source})" for item in advice.figures)


def _alternative(advice: Advice) -> str:
    return "; ".join(f"{item.what}, right when {item.right_when}; cost: {item.cost}" for item in advice.alternatives)
