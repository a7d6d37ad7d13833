"""What weakens a gate, a threshold or a requirement, and why, in a table of rules by path.

Invariant: a change is weakening unless it can be shown not to be, for everything that the table names; what it does
not name changes what is done, and not how strictly. A rule decides from the two values and the two projects.
"""

from collections.abc import Callable
from functools import partial

from copml.spec.conditions import parse_condition
from copml.spec.implication import implies
from copml.spec.periods import Duration, Period
from copml.spec.project import Project, Trigger

Rule = Callable[[object, object], bool]
"""Whether going from the first value to the second weakens."""


def why_weaker(path: tuple[str, ...], before: object, after: object, *, old: Project, new: Project) -> str:
    """Why a change weakens something; empty when it does not. `before` and `after` are None where there is nothing."""
    if path[:2] == ("business", "kpi"):
        return _kpi(path[2:], old, new)
    for pattern, weakens, why in _RULES:
        if _matches(pattern, path) and weakens(before, after):
            return why
    return ""


def gate_lost(gate: str, gates: tuple[str, ...]) -> str:
    """Why the loss of a gate weakens; empty when one of the new gates is at least as strict."""
    strict = parse_condition(gate)
    if any(implies(parse_condition(other), strict) for other in gates):
        return ""
    return "a candidate that this gate refused could now pass"


def trigger_lost(trigger: Trigger, triggers: tuple[Trigger, ...]) -> str:
    """Why the loss of a trigger weakens; empty when one of the new ones does as much, as early."""
    return (
        "" if any(_covers(other, trigger) for other in triggers) else "what this trigger answered could go unanswered"
    )


def _covers(new: Trigger, old: Trigger) -> bool:
    wait_new, wait_old = (0.0 if span is None else span.days for span in (new.for_, old.for_))
    return (
        implies(parse_condition(old.when), parse_condition(new.when))
        and set(new.do) >= set(old.do)
        and set(new.after) <= set(old.after)
        and wait_new <= wait_old
    )


def _kpi(rest: tuple[str, ...], old: Project, new: Project) -> str:
    before, after = old.business.kpi, new.business.kpi
    sign = 1 if before.better == "lower" else -1
    if rest in {("name",), ("metric",), ("better",), ("every",)}:
        return "success would be judged by something else than what was agreed"
    if rest == ("target",) and sign * after.target > sign * before.target:
        return "the target would be easier to reach"
    if rest == ("baseline",) and sign * after.baseline > sign * before.baseline:
        return "the same result would look like more of a success"
    return ""


def _fell(before: object, after: object) -> bool:
    return after is None or (before is not None and _size(after) < _size(before))


def _rose(before: object, after: object) -> bool:
    return after is None or (before is not None and _size(after) > _size(before))


def _size(value: object) -> float:
    if isinstance(value, Duration):
        return value.days
    if isinstance(value, Period):
        return Duration(1, value).days
    assert isinstance(value, (int, float)), f"{value!r} has no size"
    return float(value)


def _removed(before: object, after: object) -> bool:
    return before is not None and after is None


def _added(before: object, after: object) -> bool:
    return before is None and after is not None


def _given_up(before: object, after: object) -> bool:
    """Something was given before, and now is not, or is something else."""
    return before is not None and before != after


def _lost_some(before: object, after: object) -> bool:
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    return not set(before) <= set(after)


def _somebody_new(before: object, after: object) -> bool:
    return isinstance(after, tuple) and not set(after) <= {*(before if isinstance(before, tuple) else ())}


def _emptied(before: object, after: object) -> bool:
    return bool(before) and not after


def _widened(before: object, after: object) -> bool:
    """A list of allowed values was taken out or got values that it had not."""
    return isinstance(before, tuple) and (after is None or not (isinstance(after, tuple) and set(after) <= set(before)))


def _escalates_less(before: object, after: object) -> bool:
    """A role hears of what waits later than before, or no more."""
    assert isinstance(before, tuple)
    assert isinstance(after, tuple)
    return not all(any(new.to == old.to and new.after.days <= old.after.days for new in after) for old in before)


def _became(word: object, before: object, after: object) -> bool:
    return after == word and before != word


def _matches(pattern: str, path: tuple[str, ...]) -> bool:
    steps = pattern.split(".")
    return len(steps) == len(path) and all(step in {"*", name} for step, name in zip(steps, path, strict=True))


_BELIEVED_MORE = "rows would be accepted that were not believed before"
_TESTED_LESS = "less of the model would be looked at"
_PAPER = "the project would cost less on paper"
_RULES: tuple[tuple[str, Rule, str], ...] = (
    ("people.*", _emptied, "nobody would have this role"),
    # Auditors change nothing, so that one more of them weakens nothing.
    *(
        (f"people.{role}", _somebody_new, "somebody would get the rights of this role")
        for role in ("business", "data", "science", "operations", "review")
    ),
    ("business.value.kpi_unit", _rose, "the same success would be worth more"),
    ("business.value.treatment.*", _rose, _PAPER),
    ("business.value.running.infrastructure", _fell, _PAPER),
    ("business.value.running.people", _fell, _PAPER),
    ("business.control_group.share", _fell, "a smaller control group sees less of what the treatment does"),
    ("data.sources.*", _removed, "what this source told would no longer be known"),
    ("data.sources.*.delay", _rose, "late data would be noticed later"),
    ("data.treatment", _removed, "what was really done would no longer be known"),
    ("data.personal.*", _given_up, "the column would be protected less, or otherwise"),
    ("data.checks.*", _removed, _BELIEVED_MORE),
    ("data.checks.*.min", _fell, _BELIEVED_MORE),
    ("data.checks.*.max", _rose, _BELIEVED_MORE),
    ("data.checks.*.values", _widened, _BELIEVED_MORE),
    ("data.checks.*.pattern", _given_up, "another pattern may accept what was not believed before"),
    ("data.checks.*.missing", _rose, "more missing values would be tolerated"),
    ("training.on", partial(_became, "all"), "the model would learn from outcomes that its own treatments changed"),
    ("training.holdout", _fell, _TESTED_LESS),
    ("training.pickle", partial(_became, True), "opening a model could run any code"),
    ("deployment.objective", _fell, "less availability would be promised"),
    ("deployment.catch_up", partial(_became, "latest"), "missed runs would not all be made up for"),
    ("deployment.approval", _removed, "versions would be deployed without a person's approval"),
    ("deployment.approval.by", _given_up, "another role would approve"),
    ("deployment.approval.people", _fell, "fewer people would have to approve"),
    ("deployment.approval.expires", _rose, "an approval would count for longer"),
    ("deployment.approval.four_eyes", partial(_became, False), "the author could approve alone"),
    ("monitoring.every", _rose, "what goes wrong would be seen later"),
    ("monitoring.commissioning", _rose, "triggers would only propose for longer"),
    ("monitoring.drift", _rose, "more drift would be tolerated"),
    ("monitoring.metrics", _lost_some, _TESTED_LESS),
    ("monitoring.alerts.file", _given_up, "alerts would no longer arrive there"),
    ("monitoring.alerts.webhook", _given_up, "alerts would no longer arrive there"),
    ("monitoring.alerts.escalate", _escalates_less, "what nobody takes up would be heard of by fewer, or later"),
    ("risk.fairness", _removed, "differences between groups would have no limit"),
    ("risk.fairness.by", _lost_some, "a group would no longer be compared"),
    ("risk.fairness.equal_opportunity_difference", _rose, "a larger difference between groups would be accepted"),
    ("risk.privacy", _removed, "what the model gives away would have no limit"),
    ("risk.privacy.membership_advantage", _rose, "the model could give away more"),
    (
        "regulatory.affects_people",
        partial(_became, False),
        "what is owed to the people affected would no longer be owed",
    ),
    ("regulatory.solely_automated", partial(_became, True), "no human would take part in the decisions any more"),
    ("regulatory.explanation", partial(_became, "none"), "decisions would no longer be explained"),
    ("regulatory.reproducibility", partial(_became, "tolerance"), "a rebuild would no longer have to be identical"),
    ("regulatory.keep.*", _fell, "records would be deleted earlier"),
    ("switched_off.*", _added, "the requirement would no longer be judged"),
)
