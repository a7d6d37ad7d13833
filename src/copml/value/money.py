"""Money: what the effect is worth, what it costs, what is left.

Invariant: in the project's currency; the interval of the value is that of the effect, because counts and prices are
known. Positive `net_value` means that the programme earns more than it costs, people and infrastructure included.
"""

from copml.records import SEGMENT_ALL, Interval, Measurement, Occasion
from copml.spec.periods import Duration, Period
from copml.spec.project import Running, Value


def running_cost(running: Running, every: Period) -> float:
    """What infrastructure and people cost in one period, in the currency; a month counts as 30.4375 days."""
    return (running.infrastructure + running.people) * Duration(1, every).days / Duration(1, running.per).days


def net_value(
    occasion: Occasion, effect: Interval, treated: int, value: Value, *, running: float, segment: str = SEGMENT_ALL
) -> tuple[Measurement, ...]:
    """`value`, `cost`, `net_value` and, where anything costs, `return_on_investment` of a window or of several.

    `effect`: positive is good, as `effect` gives it; `treated`: episodes that were treated; `running`: what the same
    time cost to run (windows times `running_cost`). For the sum over windows give the pooled effect of their cohorts,
    all their treated episodes and all their running cost, with a segment of its own: its interval then knows which
    entities came back, which the intervals of the windows cannot.
    """
    worth = _scaled(effect, treated * value.kpi_unit)
    cost = treated * value.treatment_cost + running
    net = Interval(value=worth.value - cost, low=worth.low - cost, high=worth.high - cost, n=effect.n)
    seen = {"value": worth, "cost": Interval(value=cost, low=cost, high=cost, n=treated), "net_value": net}
    if cost > 0:
        seen["return_on_investment"] = _scaled(net, 1 / cost)
    return tuple(occasion.measurement(metric, segment, interval) for metric, interval in seen.items())


def _scaled(seen: Interval, factor: float) -> Interval:
    ends = sorted((seen.low * factor, seen.high * factor))
    return Interval(value=seen.value * factor, low=ends[0], high=ends[1], n=seen.n)
