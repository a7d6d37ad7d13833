"""From evidence to verdicts.

Invariant: every requirement gets exactly one verdict. Switched off needs the project's reason; a requirement that does
not apply says so in the project's words; what only those know who run a model elsewhere is unproven; evidence past its
age is unproven, never met (a breach stays a breach until something newer is seen).
"""

from collections.abc import Iterable
from datetime import timedelta

from copml.conformance.evidence import Evidence
from copml.conformance.requirement import Area, Finding, Requirement, RequirementVerdict
from copml.conformance.rules import elsewhere
from copml.conformance.table import REQUIREMENTS
from copml.conformance.words import span
from copml.records import Verdict
from copml.spec import REQUIREMENTS as REQUIREMENT_TITLES

# From the best to the worst: what is known to be wrong weighs more than what is not known.
ORDER = (Verdict.SWITCHED_OFF, Verdict.MET, Verdict.UNPROVEN, Verdict.AT_RISK, Verdict.BREACHED)


def check(evidence: Evidence) -> tuple[RequirementVerdict, ...]:
    """The verdict on every requirement, in the order of the framework."""
    return tuple(_verdict(requirement, evidence) for requirement in REQUIREMENTS)


def areas(verdicts: Iterable[RequirementVerdict]) -> dict[Area, Verdict]:
    """The worst verdict of each area, in the order in which areas are shown."""
    by_area: dict[Area, list[Verdict]] = {area: [] for area in Area}
    for item in verdicts:
        by_area[item.area].append(item.verdict)
    return {area: worst(items) for area, items in by_area.items() if items}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of some verdicts; at least one."""
    return max(verdicts, key=ORDER.index)


def _verdict(requirement: Requirement, evidence: Evidence) -> RequirementVerdict:
    age_max = requirement.age(evidence)
    finding = _aged(_find(requirement, evidence), evidence, age_max)
    done = finding.verdict in (Verdict.MET, Verdict.SWITCHED_OFF)
    return RequirementVerdict(
        id=requirement.id,
        title=REQUIREMENT_TITLES[requirement.id],
        area=requirement.area,
        verdict=finding.verdict,
        reason=finding.reason[:1].upper() + finding.reason[1:] if finding.reason.startswith("no ") else finding.reason,
        evidence=finding.evidence,
        age=_age(finding, evidence),
        age_max=age_max,
        owner=requirement.owner,
        next_step="" if done else finding.step or requirement.next_step,
        depends_on=requirement.rests_on,
    )


def _find(requirement: Requirement, evidence: Evidence) -> Finding:
    off = evidence.project.switched_off.get(requirement.id)
    foreign = None if off is not None else elsewhere.found(requirement.id, evidence)
    if foreign is not None:
        return foreign
    reason = off or requirement.applies(evidence)
    if reason is not None:
        return Finding(verdict=Verdict.SWITCHED_OFF, reason=reason, evidence=("the project file",))
    return requirement.rule(evidence)


def _aged(finding: Finding, evidence: Evidence, age_max: timedelta | None) -> Finding:
    age = _age(finding, evidence)
    if age is None or age_max is None or age <= age_max or finding.verdict not in (Verdict.MET, Verdict.AT_RISK):
        return finding
    return Finding(
        verdict=Verdict.UNPROVEN,
        reason=f"The newest evidence is {span(age)} old, at most {span(age_max)} count. It said: {finding.reason}",
        evidence=finding.evidence,
        seen_at=finding.seen_at,
    )


def _age(finding: Finding, evidence: Evidence) -> timedelta | None:
    return None if finding.seen_at is None else max(timedelta(), evidence.until - finding.seen_at)
