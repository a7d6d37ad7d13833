"""From which probability on the treatment is worth its price, from predictions whose outcomes are known.

What is expected of treating everybody from probability t on is a sum over the bins above t: of each bin its entities,
times the share of untreated control entities in it that had the outcome, times the share of those outcomes that the
treatment prevents, times what one is worth; less the price of the treatments. That the treatment prevents the same
share of outcomes whatever the probability is assumed, and said.

Invariant: the interval of the answer is that of the effect; where the effect cannot be told from none, there is no
answer.
"""

from dataclasses import dataclass

from copml.advice.answers import Advice, Alternative, Confidence, Figure
from copml.advice.facts import Curve, Facts
from copml.conformance.words import between, count, money, number, share
from copml.records import ProblemKind, Topic

QUESTION = "From which probability on should the decision be yes?"
# Fewer control entities in a bin than this, and its share is that of chance.
HELD_MIN = 200
DECIDED_BY = {
    ProblemKind.BINARY: "threshold",
    ProblemKind.MULTICLASS: "act_on",
    ProblemKind.RANKING: "top",
    ProblemKind.REGRESSION: "threshold",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What one prevented outcome is worth, what one treatment costs, which share of outcomes it prevents."""

    unit: float
    cost: float
    prevented: float


def threshold(facts: Facts) -> Advice:
    """The answer on `threshold`."""
    project, curve = facts.evidence.project, facts.curve
    now = project.rule.threshold
    if project.rule.kind is not ProblemKind.BINARY or now is None:
        decides = f"what it acts on is said by `deployment.{DECIDED_BY[project.rule.kind]}`"
        return _open(facts, f"This model does not answer with the probability of a yes; {decides}.", "")
    if project.data.treatment is None or project.business.kpi.better != "lower":
        return _open(
            facts, "Its value follows from a treatment that prevents an outcome, and this project has none.", ""
        )
    if curve is None or sum(curve.held) < HELD_MIN:
        seen = sum(curve.held) if curve is not None else 0
        return _open(
            facts,
            f"Known outcomes of untreated control entities: {seen:,}, and {HELD_MIN} at least are needed.",
            f"{HELD_MIN - seen:,} more predictions of untreated control entities whose outcomes are known",
        )
    low, middle, high = _worths(facts, curve, now)
    if low.prevented <= 0:
        return _open(
            facts,
            "The effect of the treatment cannot be told from none: no threshold is better than treating nobody.",
            "an effect that is surely above none: `copml why EF-3`",
        )
    found = best(curve, middle)
    # The more a treatment prevents, the lower the probability from which it pays.
    bounds = sorted((best(curve, high), best(curve, low)))
    stays = bounds[0] <= now <= bounds[1]
    gain = expected(curve, found, middle) - expected(curve, now, middle)
    unit = project.business.value.currency
    return Advice(
        topic=Topic.THRESHOLD,
        question=QUESTION,
        answer=f"{now if stays else found:g}",
        decision=f"Keep the threshold of {now:g}." if stays else f"Decide yes from a probability of {found:g} on.",
        reason=f"The expected net value is highest at {found:g} (between {bounds[0]:g} and {bounds[1]:g}); against "
        f"{now:g}, which is in use, a batch would bring {money(gain, unit)} more.",
        figures=_figures(facts, curve, (low, middle, high), found),
        cost=f"{number(treated(curve, found))} treatments for each batch, {number(treated(curve, now))} today.",
        alternatives=_what_if(facts, curve, middle, (found, now)),
        confidence=Confidence.MEDIUM if stays or gain > 0 else Confidence.LOW,
        rests_on=f"{count(sum(curve.held), 'prediction')} of control entities in "
        f"{count(curve.batches, 'batch', 'batches')}, and on two assumptions: the treatment prevents "
        "the same share of outcomes at every probability, and as many as today were treated lately",
        in_use=(f"{now:g}",),
    )


def edges(curve: Curve) -> list[float]:
    """The thresholds that can be told apart, from treating everybody to treating nobody."""
    bins = len(curve.scored)
    return [round(number / bins, 6) for number in range(bins + 1)]


def treated(curve: Curve, at: float) -> float:
    """Entities of a mean batch whose bin lies at or above a threshold."""
    return sum(amount for edge, amount in zip(edges(curve), curve.scored, strict=False) if edge >= at)


def expected(curve: Curve, at: float, worth: Worth) -> float:
    """Expected net value of a mean batch, before running cost, in the currency."""
    rates = smoothed(curve)
    rows = zip(edges(curve), curve.scored, rates, strict=False)
    return sum(amount * (rate * worth.prevented * worth.unit - worth.cost) for edge, amount, rate in rows if edge >= at)


def best(curve: Curve, worth: Worth) -> float:
    """The threshold with the highest expected net value; the highest of several."""
    return max(edges(curve), key=lambda at: (expected(curve, at, worth), at))


def smoothed(curve: Curve) -> list[float]:
    """The share of control entities that had the outcome, by bin, made to rise with the probability.

    Neighbours that fall are pooled (the pool-adjacent-violators algorithm); an empty bin takes the share below it.
    """
    blocks: list[tuple[float, float, int]] = []  # events, entities, bins
    for events, held in zip(curve.held_events, curve.held, strict=True):
        blocks.append((float(events), float(held), 1))
        while len(blocks) > 1 and _rate(blocks[-2]) >= _rate(blocks[-1]):
            events_, held_, bins = blocks.pop()
            before = blocks.pop()
            blocks.append((before[0] + events_, before[1] + held_, before[2] + bins))
    return [_rate(block) for block in blocks for _ in range(block[2])]


def _rate(block: tuple[float, float, int]) -> float:
    return block[0] / block[1] if block[1] else 0.0


def _worths(facts: Facts, curve: Curve, now: float) -> tuple[Worth, Worth, Worth]:
    """Low, middle, high: the share that the treatment prevents, from its effect on those treated until now."""
    value = facts.evidence.project.business.value
    above = [at for at, edge in enumerate(edges(curve)[:-1]) if edge >= now]
    held = sum(curve.held[at] for at in above)
    base = sum(curve.held_events[at] for at in above) / held if held else 0.0
    effect = curve.effect
    ends = (effect.low, effect.value, effect.high) if effect is not None and base > 0 else (0.0, 0.0, 0.0)
    low, middle, high = (
        Worth(unit=value.kpi_unit, cost=value.treatment_cost, prevented=min(1.0, end / base) if base else 0.0)
        for end in ends
    )
    return low, middle, high


def _figures(facts: Facts, curve: Curve, worths: tuple[Worth, Worth, Worth], found: float) -> tuple[Figure, ...]:
    low, middle, high = worths
    value = facts.evidence.project.business.value
    return (
        Figure(
            what="share of outcomes that the treatment prevents",
            value=f"{share(middle.prevented)} ({between(low.prevented, high.prevented, share)})",
            source="measured effect against the share of outcomes in control",
        ),
        Figure(
            what="probability from which one treatment pays",
            value=number(min(1.0, middle.cost / (middle.prevented * middle.unit)), 2),
            source=f"{money(value.treatment_cost, value.currency)} / (share prevented × "
            f"{money(value.kpi_unit, value.currency)}), if probabilities are right",
        ),
        Figure(
            what=f"expected net value of a batch at {found:g}",
            value=money(expected(curve, found, middle), value.currency),
            source=f"between {money(expected(curve, found, low), value.currency)} and "
            f"{money(expected(curve, found, high), value.currency)}, by the interval of the effect",
        ),
    )


def _what_if(facts: Facts, curve: Curve, worth: Worth, ends: tuple[float, float]) -> tuple[Alternative, ...]:
    """Other thresholds than the one that was found, the one in use among them."""
    found, now = ends
    unit = facts.evidence.project.business.value.currency
    others = {now, *(at for at in edges(curve)[2:-1:2] if abs(at - found) <= 0.3)} - {found}
    return tuple(
        Alternative(
            what=f"a threshold of {at:g}",
            right_when=f"{number(treated(curve, at))} treatments for each batch are what the business can give",
            cost=f"expected net value {money(expected(curve, at, worth), unit)} a batch",
        )
        for at in sorted(others)
    )


def _open(facts: Facts, reason: str, missing: str) -> Advice:
    now = facts.evidence.project.rule.threshold
    return Advice(
        topic=Topic.THRESHOLD,
        question=QUESTION,
        answer="",
        decision="This cannot be answered yet; what is in use stays." if missing else "This is for people to answer.",
        reason=reason,
        figures=(),
        cost="Treatments that do not pay, or outcomes that could have been prevented.",
        alternatives=(),
        confidence=Confidence.LOW,
        rests_on="the project file only",
        in_use=() if now is None else (f"{now:g}",),
        missing=(missing,) if missing else (),
    )
