"""How large the control group must be to see the change that the project is for.

Invariant: the arithmetic is that of `value.power`; the entities that a batch has stand for those of the KPI.
"""

from copml.advice.answers import Advice, Alternative, Confidence, Figure
from copml.advice.facts import Facts
from copml.conformance.figures import recent_effect
from copml.conformance.words import between, count, money, points, share
from copml.records import Topic
from copml.value import smallest_effect

QUESTION = "How large should the control group be?"
SHARES = (0.01, 0.02, 0.05, 0.10, 0.15, 0.20, 0.30, 0.50)
NONE = "none"


def control_group(facts: Facts) -> Advice:
    """The answer on `control-group`."""
    project, rows = facts.evidence.project, facts.rows
    group, kpi = project.business.control_group, project.business.kpi
    in_use = (NONE if group.share is None else percent(group.share),)
    if project.data.treatment is None and group.share is None:
        return _open(in_use, "No treatment is recorded (data.treatment), so there is none to withhold.", ())
    if kpi.metric is not None:
        return _open(in_use, f"The KPI {kpi.name} is the model's own {kpi.metric}, which no treatment changes.", ())
    if not 0 < kpi.baseline < 1:
        return _open(in_use, f"The KPI {kpi.name} is no share, so that its arithmetic is another.", ())
    if rows is None or rows < 2:
        return _open(in_use, "Nobody knows yet how many entities there are.", ("entities: run `copml run ingest`",))
    wanted = abs(kpi.target - kpi.baseline)
    enough = next((item for item in SHARES if _seen(facts, item) <= wanted), None)
    return Advice(
        topic=Topic.CONTROL_GROUP,
        question=QUESTION,
        answer=percent(enough) if enough else "",
        decision=f"Withhold the treatment from {percent(enough)} of the entities."
        if enough
        else f"No control group sees a change by {points(wanted)} with {count(rows, 'entity', 'entities')}.",
        reason=_reason(facts, enough, wanted),
        figures=_figures(facts, wanted),
        cost=_cost(facts, enough or SHARES[-1]),
        alternatives=_alternatives(facts, enough),
        confidence=Confidence.MEDIUM,
        rests_on="the arithmetic of two shares over all entities; those whom the model picks are fewer, and what they "
        "show is less",
        in_use=in_use,
    )


def percent(ratio: float) -> str:
    """A share as the project file writes it.

    >>> percent(0.05), percent(0.125)
    ('5%', '12.5%')
    """
    return f"{ratio * 100:g}%"


def _seen(facts: Facts, ratio: float) -> float:
    """The smallest change that a group of this share sees; a rise is as hard to see as a fall of the rest."""
    kpi = facts.evidence.project.business.kpi
    baseline = kpi.baseline if kpi.target <= kpi.baseline else 1 - kpi.baseline
    return smallest_effect(population=facts.rows or 0, share=ratio, baseline=baseline)


def _change(effect: float) -> str:
    return f"a change by {points(effect)}" if effect < 1 else "no change at all"


def _reason(facts: Facts, enough: float | None, wanted: float) -> str:
    group = facts.evidence.project.business.control_group
    none = f" The project file says why there is none: {group.none}." if group.none else ""
    if enough is None:
        return f"Even half of them in control would see {_change(_seen(facts, SHARES[-1]))}.{none}"
    return (
        f"In four cases of five {percent(enough)} in control shows a change by {points(_seen(facts, enough))}, and the "
        f"project is for one by {points(wanted)}.{none}"
    )


def _figures(facts: Facts, wanted: float) -> tuple[Figure, ...]:
    kpi = facts.evidence.project.business.kpi
    found = [
        Figure(what="entities", value=f"{facts.rows:,}", source="the newest batch, features or ingest"),
        Figure(
            what="change that is wanted",
            value=points(wanted),
            source=f"business.kpi: from {share(kpi.baseline)} to {share(kpi.target)}",
        ),
    ]
    seen = {item: _seen(facts, item) for item in SHARES}
    for item, effect in seen.items():
        source = "two shares, two-sided at 5 %, seen in four cases of five"
        found.append(Figure(what=f"{percent(item)} in control sees", value=_change(effect), source=source))
    if (effect_found := recent_effect(facts.evidence)) is not None:
        interval = effect_found.interval
        value = f"{points(interval.value)} ({between(interval.low, interval.high, points)})"
        found.append(Figure(what="effect on those treated", value=value, source="measured, the newest windows"))
    return tuple(found)


def _cost(facts: Facts, ratio: float) -> str:
    business, effect = facts.evidence.project.business, recent_effect(facts.evidence)
    runs = facts.evidence.scored
    if effect is None or effect.interval.value <= 0 or not runs:
        return "What the treatment would have saved among those who do not get it; known once its effect is measured."
    starting = runs[-1].treated + runs[-1].control
    lost = ratio * starting * (effect.interval.value * business.value.kpi_unit - business.value.treatment_cost)
    unit = business.value.currency
    return f"About {money(lost, unit)} for each batch: {percent(ratio)} of its {starting:,} episodes go without."


def _alternatives(facts: Facts, enough: float | None) -> tuple[Alternative, ...]:
    near = next((item for item in SHARES if enough is not None and item > enough), SHARES[-1])
    return (
        Alternative(
            what=f"{percent(near)} in control",
            right_when=f"it is worth seeing {_change(_seen(facts, near))}",
            cost=_cost(facts, near),
        ),
        Alternative(
            what="no control group",
            right_when="withholding would harm somebody: say so under business.control_group.none",
            cost="nobody can tell success from luck: EF-3 stays unproven, and so does net value",
        ),
    )


def _open(in_use: tuple[str, ...], reason: str, missing: tuple[str, ...]) -> Advice:
    return Advice(
        topic=Topic.CONTROL_GROUP,
        question=QUESTION,
        answer="",
        decision="This cannot be answered yet." if missing else "This is for people to answer.",
        reason=reason,
        figures=(),
        cost="What the treatment would have saved among those who do not get it.",
        alternatives=(),
        confidence=Confidence.LOW,
        rests_on="the project file only",
        in_use=in_use,
        missing=missing,
    )
