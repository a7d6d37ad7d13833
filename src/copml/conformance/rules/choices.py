"""What the project file says: choices, environments, and whether a requirement applies (DE-1, ENV-1).

Invariant: a choice that merely stands in the project file is an answer without its reasons, and is not called recorded;
one that rests on facts which have moved is at risk; a revision that is not in force proves nothing.
"""

from copml.conformance.evidence import Advised, Evidence
from copml.conformance.requirement import Finding, at_risk, met, unproven
from copml.conformance.words import count, day, listed
from copml.records import Direction, RevisionState, Topic


def advised(evidence: Evidence) -> Finding:
    """DE-1: people chose on every topic, and neither the facts nor the project file have gone another way since."""
    if (pending := not_in_force(evidence)) is not None:
        return pending
    topics = [item.topic for item in evidence.advised]
    made = [choice for topic in topics if (choice := evidence.choice(topic)) is not None]
    open_ = [topic for topic in topics if evidence.choice(topic) is None]
    if not made:
        return unproven(
            "No decision that the framework asks for is on record with its reason, its figure and its alternative; "
            "`copml advise` answers them.",
            step=_choose(Topic.SERVING),
        )
    ids = tuple(f"choice {item.id}" for item in made)
    done = f"{len(made)} of {count(len(topics), 'decision')} recorded with reason, figure and alternative"
    if open_:
        return at_risk(f"{done}; open: {listed(open_, len(topics))}.", *ids, step=_choose(open_[0]))
    apart = [words for item in evidence.advised if (words := _apart(evidence, item))]
    if apart:
        again = next(item.topic for item in evidence.advised if _apart(evidence, item))
        return at_risk(f"{done}, but {'; '.join(apart)}.", *ids, step=_choose(again))
    differing = [item.topic for item in made if not item.follows]
    against = f"; people chose otherwise than advised on {listed(differing, len(topics))}" if differing else ""
    return met(f"{done}, and the facts have not moved since{against}.", *ids)


def _apart(evidence: Evidence, now: Advised) -> str:
    """How the facts or the project file have gone another way than the choice; empty where they have not."""
    choice = evidence.choice(now.topic)
    if choice is None:
        return ""
    if choice.advised != now.answer:
        then, today = choice.advised or "nothing", now.answer or "nothing"
        return (
            f"the facts on {now.topic} have moved: {then} was advised when {choice.chosen} was chosen, {today} is now"
        )
    if now.in_use and choice.chosen not in now.in_use:
        return f"the project file says {now.in_use[0]} on {now.topic} where {choice.chosen} was chosen"
    return ""


def _choose(topic: Topic) -> str:
    record = f"copml advise {topic} --decide ANSWER --reason WHY"
    return f"Read `copml advise {topic}`, and record what you choose with `{record}`."


def separated(evidence: Evidence) -> Finding:
    """ENV-1: what is live was promoted from another workspace, or versions are promoted to one from here."""
    brought = {item.version: item for item in evidence.promotions if item.direction is Direction.IN}
    given = [item for item in evidence.promotions if item.direction is Direction.OUT]
    live, zone = evidence.live_version, evidence.project.tz
    if live is not None and (item := brought.get(live)) is not None:
        reason = (
            f"{live}, which is live, is {item.named} of {item.ledger}, promoted on {day(item.at, zone)} with proofs."
        )
        return met(reason, f"promotion {item.id[:12]}", at=item.at)
    if given:
        newest = given[-1]
        reason = (
            f"{newest.version} was promoted to {newest.ledger} on {day(newest.at, zone)}: this one is for development."
        )
        return met(reason, f"promotion {newest.id[:12]}", at=newest.at)
    if brought and live is not None:
        return at_risk(f"{live}, which is live, was made here, though versions are promoted from another workspace.")
    revision = evidence.revision
    commit = f"git commit {revision.git_commit[:12]}" if revision.git_commit else "no git commit"
    dirty = " with uncommitted changes" if revision.git_dirty else ""
    return unproven(
        f"Revision {revision.number} came from {commit}{dirty}; no version that serves here was promoted from another "
        "workspace."
    )


def not_in_force(evidence: Evidence) -> Finding | None:
    """The finding on whatever the project file says while its revision is not active."""
    if evidence.revision.state is RevisionState.ACTIVE:
        return None
    return unproven(
        f"Revision {evidence.revision.number} of the project file is {evidence.revision.state}, not in force.",
        step=f"Approve r{evidence.revision.number} with `copml approve`, or apply another with `copml apply`.",
    )


def nobody_affected(evidence: Evidence) -> str | None:
    """Why RI-5 and EX-2 to EX-4 do not apply, if they do not."""
    if evidence.project.regulatory.affects_people:
        return None
    return "Does not apply: the project file says that no decision affects a person (regulatory.affects_people)."
