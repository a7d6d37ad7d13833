"""Verdicts on a project file that leaves questions open: what rests on one is unproven, whatever it would say.

Invariant: a verdict that rests on no open question stays as it is; one that does names the places that are open.
"""

from collections.abc import Iterable
from dataclasses import replace

from copml.conformance.requirement import RequirementVerdict
from copml.conformance.words import listed
from copml.records import Verdict

RESTS_ON: dict[str, frozenset[str]] = {
    "business.kpi": frozenset({"AV-4", "EF-1", "EF-2", "EF-4", "AU-3"}),
    "business.value": frozenset({"AV-4", "EF-1", "EF-4"}),
    "business.control_group": frozenset({"EF-3"}),
    "data.outcome": frozenset({"AU-3"}),
    "data.predictions": frozenset({"AD-1", "AD-2"}),
    "data.sources": frozenset({"AU-1", "RI-1"}),
    "deployment.objective": frozenset({"AV-1", "AV-3"}),
    "regulatory.affects_people": frozenset({"RI-5", "EX-1", "EX-2", "EX-3", "EX-4"}),
    "regulatory.solely_automated": frozenset({"HO-1"}),
    "risk": frozenset({"RI-3"}),
}
"""The beginning of a place in the project file → the requirements whose verdicts rest on what it says."""


def with_open(verdicts: Iterable[RequirementVerdict], places: Iterable[str]) -> tuple[RequirementVerdict, ...]:
    """The verdicts, where `places` (such as `business.kpi.name`) are open."""
    known = tuple(places)
    return tuple(_judged(item, [place for place in known if item.id in _resting(place)]) for item in verdicts)


def _resting(place: str) -> frozenset[str]:
    within = (ids for start, ids in RESTS_ON.items() if f"{place}.".startswith(f"{start}."))
    return frozenset().union(*within)


def _judged(item: RequirementVerdict, places: list[str]) -> RequirementVerdict:
    if not places:
        return item
    return replace(
        item,
        verdict=Verdict.UNPROVEN,
        reason=f"The project file leaves open: {listed(places, 3)}.",
        evidence=(),
        age=None,
        next_step="Answer what is marked FILL IN in the project file; `copml validate` lists each place.",
    )
