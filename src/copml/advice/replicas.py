"""How many replicas the objective needs: machines of which one is enough, for a batch or an endpoint.

Invariant: every assumption of the arithmetic is a figure that says that it is assumed.
"""

from math import floor, isinf, log10

from copml.advice.answers import Advice, Alternative, Confidence, Figure
from copml.advice.facts import Facts
from copml.advice.redundancy import (
    ASSUMED_AVAILABILITY,
    ASSUMED_RUNS,
    attained_by,
    availability_of,
    may_fail,
    replicas_needed,
)
from copml.conformance.rules.availability import attained
from copml.conformance.words import count, money, number
from copml.records import Topic

QUESTION = "How many machines does the availability objective need?"
# One failure in twenty is of what the machines share: network, power, a faulty release, an empty source.
COMMON = 0.05
MEASURED_RUNS = 50
MORE = 1
# Below this, a float cannot tell a ratio from 1.
EXACT_MIN = 1e-12


def replicas(facts: Facts) -> Advice:
    """The answer on `replicas`."""
    seen = attained(facts.evidence)
    late = len(seen.due) - seen.on_time
    one = availability_of(len(seen.due), late)
    objective = facts.evidence.project.deployment.objective
    needed = replicas_needed(one, objective)
    enough = not isinf(needed)
    found = int(needed) if enough else 0
    return Advice(
        topic=Topic.REPLICAS,
        question=QUESTION,
        answer=str(found) if enough else "",
        decision=_decision(found)
        if enough
        else f"No number of machines reaches {exact(objective)}: lower the objective.",
        reason=_reason(one, objective, found),
        figures=(*_figures(facts, one, len(seen.due), late), *_tolerated(facts)),
        cost=_cost(facts, found or 1),
        alternatives=_alternatives(facts, one, found),
        confidence=Confidence.HIGH if len(seen.due) >= MEASURED_RUNS else Confidence.LOW,
        rests_on=f"{count(len(seen.due), 'due batch', 'due batches')} of the last twelve months, and an assumption "
        f"that counts as {ASSUMED_RUNS} more",
        missing=()
        if len(seen.due) >= MEASURED_RUNS
        else (f"{MEASURED_RUNS - len(seen.due)} more batches, to rest on what was measured here",),
    )


def exact(ratio: float) -> str:
    """A ratio with as many digits as it takes to see two of what is lacking to 1.

    >>> exact(0.99), exact(0.9999), exact(0.99940975), exact(1), exact(0)
    ('99 %', '99.99 %', '99.941 %', '100 %', '0 %')
    """
    lacking = 1 - ratio
    digits = max(0, 1 - floor(log10(lacking)) - 2) if lacking > EXACT_MIN else 0
    return f"{round(ratio * 100, digits):.{digits + 4}g} %"


def _decision(needed: int) -> str:
    if needed == 1:
        return "One machine is enough."
    return f"Have {needed} machines of which one is enough: whoever is up takes the lease of a batch, or the request."


def _reason(one: float, objective: float, needed: int) -> str:
    if not needed:
        return f"1 − (1 − {one:.4g})^n comes close to {exact(objective)} and never reaches it."
    reached = exact(attained_by(one, needed))
    if needed == 1:
        return f"One machine is there for {exact(one)} of the batches, and the objective is {exact(objective)}."
    fewer = exact(attained_by(one, needed - 1))
    return (
        f"1 − (1 − {one:.4g})^{needed} = {reached} reaches the objective of {exact(objective)}; with {needed - 1} it "
        f"is {fewer}."
    )


def _figures(facts: Facts, one: float, due: int, late: int) -> tuple[Figure, ...]:
    seen = f"{late} of {count(due, 'due batch', 'due batches')} late or missing" if due else "no batch was due yet"
    most = 1 - COMMON * (1 - one)
    return (
        Figure(
            what="objective", value=exact(facts.evidence.project.deployment.objective), source="deployment.objective"
        ),
        Figure(
            what="availability of one machine",
            value=exact(one),
            source=f"measured: {seen}; assumed: {exact(ASSUMED_AVAILABILITY)}, counting as {ASSUMED_RUNS} runs",
        ),
        Figure(
            what="most that more machines can reach",
            value=exact(most),
            source=f"assumed: {COMMON:.0%} of failures strike all of them at once; else failures are independent",
        ),
    )


def _tolerated(facts: Facts) -> tuple[Figure, ...]:
    project = facts.evidence.project
    year = facts.batches_per_year
    tolerated = may_fail(project.deployment.objective, year)
    whole = floor(tolerated + 1e-9)
    words = count(whole, "batch", "batches") if whole else f"no batch (one late batch uses up {_years(tolerated)})"
    return (
        Figure(
            what="batches that may be late in a year",
            value=words,
            source=f"(1 − {project.deployment.objective:g}) × {number(year)} batches = {number(tolerated, 2)}",
        ),
    )


def _years(tolerated: float) -> str:
    return f"the budget of {number(1 / tolerated, 1)} years" if tolerated > 0 else "a budget that there is not"


def _cost(facts: Facts, machines: int) -> str:
    value = facts.evidence.project.business.value
    total = money(machines * value.running.infrastructure, value.currency)
    return (
        f"{total} for a {value.running.per}, if each machine costs what the project file states for infrastructure "
        "(business.value.running)."
    )


def _alternatives(facts: Facts, one: float, needed: int) -> tuple[Alternative, ...]:
    found = []
    for machines in (needed - MORE, needed + MORE):
        if machines < 1 or not needed:
            continue
        reached = exact(attained_by(one, machines, common=COMMON))
        when = f"an objective of {reached} is enough" if machines < needed else f"{reached} is worth its price"
        found.append(Alternative(what=count(machines, "machine"), right_when=when, cost=_cost(facts, machines)))
    lower = Alternative(
        what="another objective",
        right_when="a late batch does little harm: say under deployment.objective how many may be late",
        cost="nothing, and decisions wait more often",
    )
    return (*found, lower)
