"""Sums and means of measurements over several windows, with an interval.

Invariant: errors of windows add in quadrature. A customer is in one episode of treatment at a time, so windows hold
different episodes; that somebody who comes back later is the same person is left aside here. Where the loop measured a
year's windows together (segment `pooled`), it took that into account, and `figures` prefers what it measured.
"""

from collections.abc import Sequence
from math import hypot

from copml.records import Interval, Measurement


def total(items: Sequence[Measurement]) -> Interval:
    """The sum over windows; at least one measurement. `n` is that of the largest window."""
    return _combined(items, [1.0] * len(items))


def mean(items: Sequence[Measurement]) -> Interval:
    """The mean over windows, each weighted by its entities; at least one measurement."""
    entities = sum(item.n for item in items)
    return _combined(items, [item.n / entities if entities else 1 / len(items) for item in items])


def _combined(items: Sequence[Measurement], weights: Sequence[float]) -> Interval:
    weighted = list(zip(items, weights, strict=True))
    value = sum(item.value * weight for item, weight in weighted)
    return Interval(
        value=value,
        low=value - hypot(*((item.value - item.low) * weight for item, weight in weighted)),
        high=value + hypot(*((item.high - item.value) * weight for item, weight in weighted)),
        n=max(item.n for item in items),
    )
