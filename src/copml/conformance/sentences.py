"""Any verdict or incident in three plain sentences: what is asked or happened, what was seen, what to do next.

Invariant: three sentences, each on a line of its own, and nothing in them that the evidence does not hold.
"""

from copml.conformance.evidence import Evidence
from copml.conformance.requirement import RequirementVerdict
from copml.conformance.table import BY_ID
from copml.conformance.verdicts import check
from copml.conformance.words import day, listed, sentences
from copml.errors import NothingToExplain
from copml.records import CauseStage, Incident, IncidentState, Verdict

ADVICE = {
    CauseStage.DATA: "ask where the data come from, and let the loop read them again once they are mended",
    CauseStage.MODEL: "look at the accuracy on the control group, and train again if the trigger has not done so",
    CauseStage.SERVICE: "look at the failed tasks with `copml status`; what was missed is caught up by itself",
    CauseStage.BUSINESS: "ask whether the treatment still works and is worth its cost; the model is not the cause",
}


def why(evidence: Evidence, subject: str) -> str:
    """Three sentences on a requirement (`EF-3`) or an incident (its id, or the start of it), one to a line.

    Raises:
        NothingToExplain: when no requirement or incident has this id.
    """
    row = BY_ID.get(subject.upper())
    if row is not None:
        verdict = next(item for item in check(evidence) if item.id == row.id)
        return "\n".join((_asked(verdict), _seen(verdict), _next(verdict, check(evidence))))
    found = [item for item in evidence.incidents if item.id == subject]
    found = found or [item for item in evidence.incidents if subject and item.id.startswith(subject)]
    if len(found) == 1:
        return _incident(evidence, found[0])
    raise NothingToExplain(subject, [item.id for item in found or evidence.incidents[-3:]])


def _asked(item: RequirementVerdict) -> str:
    return f"{item.id} asks: {BY_ID[item.id].asks}"


def _seen(item: RequirementVerdict) -> str:
    return f"It is {item.verdict}: {item.reason}"


def _next(item: RequirementVerdict, verdicts: tuple[RequirementVerdict, ...]) -> str:
    weak = [f"{other.id} ({other.verdict})" for other in verdicts if other.id in item.depends_on and _is_weak(other)]
    rests = f"it rests on {listed(weak)}" if weak else ""
    if not item.next_step:
        return f"Nothing is to be done, though {rests}." if rests else "Nothing is to be done."
    return f"Next, for {item.owner}: {item.next_step}" + (f" Also, {rests}." if rests else "")


def _is_weak(item: RequirementVerdict) -> bool:
    return item.verdict not in (Verdict.MET, Verdict.SWITCHED_OFF)


def _incident(evidence: Evidence, item: Incident) -> str:
    zone = evidence.project.tz
    facts = listed([f"{name} = {value}" for name, value in item.evidence.items()]) or "no figures"
    what, *rest = sentences(item.what)
    advice = rest[-1][:1].lower() + rest[-1][1:] if rest else f"{ADVICE[item.cause_stage]}."
    owners = listed(evidence.project.people.of(item.owner)) or item.owner
    if item.state is IncidentState.RESOLVED:
        closed = f" on {day(item.closed_at, zone)}" if item.closed_at else ""
        step = f"It was closed{closed}: {item.resolution or 'no word on how'}."
    else:
        step = f"It is {item.state} with {item.owner} ({owners}): {advice}"
    return "\n".join(
        (
            f"On {day(item.starts_at, zone)}: {what.rstrip('.')}.",
            f"The cause lies with {item.cause_stage} ({item.cause}); on record: {facts}.",
            step,
        )
    )
