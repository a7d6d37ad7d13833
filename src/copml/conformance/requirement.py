"""The nouns of conformance: a requirement of COPML, what a rule found, the verdict that follows.

Invariant: a requirement states every verdict that its rule can give, so that tests can ask for a fixture of each. The
rows themselves are in `table`; how a finding becomes a verdict is for `check`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from copml.conformance.evidence import Evidence
from copml.records import Role, Verdict


class Area(StrEnum):
    """The chapters of COPML, in the order in which they are shown."""

    DECISIONS = "decisions"
    AVAILABILITY = "availability"
    EFFECTIVENESS = "effectiveness"
    AUTOMATION = "automation"
    RISK = "risk"
    ENVIRONMENTS = "environments"
    AUDITABILITY = "auditability"
    REPRODUCIBILITY = "reproducibility"
    EXPLAINABILITY = "explainability"
    OVERSIGHT = "oversight"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule saw. `seen_at` is the time of the newest evidence behind it, None where evidence does not age.

    `step` is what to do next in this project, where the rule knows better than the table; else it is empty.
    """

    verdict: Verdict
    reason: str
    evidence: tuple[str, ...] = ()
    seen_at: datetime | None = None
    step: str = ""


def met(reason: str, *evidence: str, at: datetime | None = None) -> Finding:
    """The requirement holds."""
    return Finding(verdict=Verdict.MET, reason=reason, evidence=evidence, seen_at=at)


def at_risk(reason: str, *evidence: str, at: datetime | None = None, step: str = "") -> Finding:
    """The requirement holds in part, or is about to fail."""
    return Finding(verdict=Verdict.AT_RISK, reason=reason, evidence=evidence, seen_at=at, step=step)


def breached(reason: str, *evidence: str, at: datetime | None = None, step: str = "") -> Finding:
    """The evidence says that the requirement does not hold."""
    return Finding(verdict=Verdict.BREACHED, reason=reason, evidence=evidence, seen_at=at, step=step)


def unproven(reason: str, *evidence: str, step: str = "") -> Finding:
    """There is no evidence, or it does not decide."""
    return Finding(verdict=Verdict.UNPROVEN, reason=reason, evidence=evidence, step=step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One row of the table.

    `applies` returns None where the requirement applies, else the reason why it does not, in the project's own words.
    `age` is the oldest that the newest evidence may be. `rule` gives one of `can_be`. `rests_on` names requirements
    without which this verdict is worth less. `next_step` is what to do in general; a finding's own step goes before it.
    """

    id: str
    area: Area
    asks: str
    evidence: str
    rule: Callable[[Evidence], Finding]
    can_be: frozenset[Verdict]
    owner: Role
    next_step: str
    applies: Callable[[Evidence], str | None] = lambda evidence: None
    age: Callable[[Evidence], timedelta | None] = lambda evidence: None
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementVerdict:
    """The verdict on one requirement.

    `evidence` names records or what was looked at; `age` is that of the newest of it, `age_max` the oldest it may be.
    `next_step` is empty where nothing is to be done.
    """

    id: str
    title: str
    area: Area
    verdict: Verdict
    reason: str
    evidence: tuple[str, ...]
    age: timedelta | None
    age_max: timedelta | None
    owner: Role
    next_step: str
    depends_on: tuple[str, ...]
