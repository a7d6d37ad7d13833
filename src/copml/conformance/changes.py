"""What became of verdicts: those of one time beside those of another.

Invariant: pure, and every requirement of either side is in exactly one change. A verdict that is only known less well
(breached, now unproven) is no improvement; one that is no longer asked for is told apart from one that is met.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from copml.conformance.requirement import RequirementVerdict
from copml.conformance.verdicts import ORDER
from copml.records import Verdict


class Turn(StrEnum):
    """Which way a verdict went."""

    WORSE = "worse"
    NOT_ASKED = "no longer asked for"
    NOT_KNOWN = "no longer known"
    BETTER = "better"
    ASKED = "asked for again"
    NEW = "new"
    GONE = "gone"
    SAME = "same"


# What a reviewer has to agree with before a change goes in.
UNWELCOME = frozenset({Turn.WORSE, Turn.NOT_ASKED, Turn.NOT_KNOWN, Turn.GONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedVerdict:
    """A verdict as `copml check` told it at some time."""

    id: str
    title: str
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictChange:
    """One requirement before and after; None where a side did not know it. `reason` and `title` are the newer ones."""

    id: str
    title: str
    before: Verdict | None
    after: Verdict | None
    turn: Turn
    reason: str


def stated(verdict: RequirementVerdict) -> StatedVerdict:
    """What of a verdict is compared."""
    return StatedVerdict(id=verdict.id, title=verdict.title, verdict=verdict.verdict, reason=verdict.reason)


def compare(before: Iterable[StatedVerdict], after: Iterable[StatedVerdict]) -> tuple[VerdictChange, ...]:
    """A change for each requirement, `SAME` ones included, in the order of `after`; what is gone comes last."""
    old, new = {item.id: item for item in before}, {item.id: item for item in after}
    ids = [*new, *(name for name in old if name not in new)]
    return tuple(_change(old.get(name), new.get(name)) for name in ids)


def _change(before: StatedVerdict | None, after: StatedVerdict | None) -> VerdictChange:
    told = after or before
    assert told is not None
    was, now = before.verdict if before else None, after.verdict if after else None
    reason = after.reason if after else "this copml does not know the requirement"
    return VerdictChange(id=told.id, title=told.title, before=was, after=now, turn=turn(was, now), reason=reason)


def turn(before: Verdict | None, after: Verdict | None) -> Turn:
    """Which way it went from one verdict to another.

    >>> turn(Verdict.MET, Verdict.AT_RISK), turn(Verdict.BREACHED, Verdict.UNPROVEN)
    (<Turn.WORSE: 'worse'>, <Turn.NOT_KNOWN: 'no longer known'>)
    """
    if before == after:
        return Turn.SAME
    if before is None or after is None:
        return Turn.NEW if before is None else Turn.GONE
    if Verdict.SWITCHED_OFF in (before, after):
        return Turn.NOT_ASKED if after is Verdict.SWITCHED_OFF else Turn.ASKED
    if after is Verdict.UNPROVEN:
        return Turn.NOT_KNOWN
    return Turn.BETTER if ORDER.index(after) < ORDER.index(before) else Turn.WORSE
