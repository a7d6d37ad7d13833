"""From a value and what each row contributes to it, to a 95 % interval: one mechanism for every metric.

A metric returns its value, its `influence` (one number for each row; the error of the value is, to first order, their
sum) and its `mass` (the share of the metric that rests on each row). Summed by entity these give a variance that is
right for weighted rows and for entities with several rows (linearisation; Binder 1983). Values in 0..1 get Wilson's
score interval on the effective number of entities, as Korn and Graubard (1998) do for surveys, so that the interval
never leaves 0..1 and does not collapse at the ends.

Invariant: low ≤ value ≤ high; independent rows of equal weight give Wilson's interval itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from math import exp, inf, sqrt

import numpy as np

from copml.metrics.sample import Clusters, Floats
from copml.records import Interval

NORMAL_975 = 1.959963984540054
"""The 97.5 % point of the normal distribution."""

# More than a sum over a million float64 loses, less than one row in a billion makes.
ROUNDING = 1e-11

ROWS_THOUGHT_OF = 4
"""As many are added to a share for an interval that holds with few rows (Agresti and Coull 1998)."""

# Cornish-Fisher expansion of Student's t at 97.5 % in powers of 1/freedom (Abramowitz and Stegun 26.7.5).
_STUDENT = (NORMAL_975, 2.3722712, 2.8225002, 2.5558497, 1.5895338)


class Scale(Enum):
    """What values a metric can take."""

    SHARE = auto()
    """A weighted share of rows that are either yes or no, 0..1."""
    UNIT = auto()
    """Any other value in 0..1."""
    POSITIVE = auto()
    """≥ 0 without upper limit."""
    BELOW_ONE = auto()
    """≤ 1 without lower limit."""
    REAL = auto()
    """Any number."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimate:
    """A value, and `influence` and `mass` of shape (rows,).

    `mass` is 0 on rows that the metric does not look at; its sum is 1, or 1 for each class where both are needed.
    `bias` is how much too high noise alone may make the value; `variance_least` is what its variance is not below, for
    a value with a part in which nothing varied, which is no knowledge that nothing varies.
    """

    value: float
    influence: Floats
    mass: Floats
    scale: Scale
    bias: float = 0.0
    variance_least: float = 0.0


def unit(value: float) -> float:
    """A value in 0..1 without the rounding that could take it out, or leave it short of an end that it has reached."""
    return 0.0 if value < ROUNDING else 1.0 if value > 1 - ROUNDING else value


def interval(estimate: Estimate, clusters: Clusters) -> Interval:
    """The 95 % interval; `n` counts the entities that the metric looks at."""
    mass = clusters.total(estimate.mass)
    count = int(np.count_nonzero(mass))
    value = estimate.value
    if estimate.scale in (Scale.SHARE, Scale.UNIT):
        low, high = wilson(value, _entities_effective(estimate, clusters, mass, count))
        return Interval(value=value, low=max(0.0, low - estimate.bias), high=high, n=count)
    spread = student_975(kish(mass) - 1) * sqrt(
        max(estimate.variance_least, variance(estimate.influence, clusters, count))
    )
    low, high = _ENDS[estimate.scale](value, spread)
    return Interval(value=value, low=low, high=high, n=count)


def _positive(value: float, spread: float) -> tuple[float, float]:
    """Symmetric for the logarithm, so that it stays above 0."""
    return (value * exp(-spread / value), _grown(value, spread)) if value > 0 else (0.0, spread)


def _grown(value: float, spread: float) -> float:
    try:
        return value * exp(spread / value)
    except OverflowError:
        return inf


def _below_one(value: float, spread: float) -> tuple[float, float]:
    low, high = _positive(max(0.0, 1 - value), spread)
    return min(value, 1 - high), max(value, 1 - low)


def _real(value: float, spread: float) -> tuple[float, float]:
    return value - spread, value + spread


_ENDS: dict[Scale, Callable[[float, float], tuple[float, float]]] = {
    Scale.POSITIVE: _positive,
    Scale.BELOW_ONE: _below_one,
    Scale.REAL: _real,
}


def variance(influence: Floats, clusters: Clusters, count: int) -> float:
    """Variance of the sum of influences over `count` clusters that take part; infinite for fewer than two."""
    if count < 2:
        return inf
    totals = clusters.total(influence)
    return float(totals @ totals) * count / (count - 1)


def variance_of_few(values: Floats, mass: Floats, likely_variance: Callable[[float], float]) -> float:
    """Variance of the mean of values in 0..1 over independent rows, of which there may be too few to tell.

    `mass`: the share of the mean that rests on each row. Four rows more are thought of: two of value 1 and two of value
    0 move the mean (Agresti and Coull 1998), and `likely_variance` says how values around that mean vary. With many
    rows it is what the rows show.
    """
    n = kish(mass / mass.sum())
    mean = float(mass @ values) / float(mass.sum())
    seen = n * float(mass @ (values - mean) ** 2) / float(mass.sum())
    likely = (mean * n + ROWS_THOUGHT_OF / 2) / (n + ROWS_THOUGHT_OF)
    return (seen + ROWS_THOUGHT_OF * likely_variance(likely)) / (n - 1 + ROWS_THOUGHT_OF) / n


def wilson(share: float, n: float) -> tuple[float, float]:
    """Wilson's score interval of a share that was seen in `n` (> 0, need not be whole) independent trials.

    >>> [round(bound, 4) for bound in wilson(0.5, 100)]
    [0.4038, 0.5962]
    """
    z2 = NORMAL_975**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = NORMAL_975 / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return min(share, max(0.0, centre - half)), max(share, min(1.0, centre + half))


def student_975(freedom: float) -> float:
    """The 97.5 % point of Student's t, within 1 % for 2 degrees of freedom or more; fewer than 1 count as 1.

    >>> round(student_975(10), 3)
    2.228
    """
    steps = max(freedom, 1.0)
    return sum(term / steps**power for power, term in enumerate(_STUDENT))


def kish(mass: Floats) -> float:
    """Kish's effective number of clusters: their number where all weigh the same, else less."""
    return 1 / float(mass @ mass)


def _entities_effective(estimate: Estimate, clusters: Clusters, mass: Floats, count: int) -> float:
    alike = kish(mass)
    rows = int(np.count_nonzero(estimate.mass))
    if estimate.scale is Scale.SHARE and rows == count and alike > count * (1 - 1e-9):
        return float(count)
    binomial = estimate.value * (1 - estimate.value)
    # No values in 0..1 vary more around their mean than zeros and ones do.
    least = min(estimate.variance_least, binomial / alike)
    spread = max(least, variance(estimate.influence, clusters, count))
    # Without any variation, or with one entity alone, the rows say nothing of how they vary.
    if count < 2 or spread <= ROUNDING**2 or binomial <= 0:
        return alike
    effective = binomial / spread
    if estimate.scale is Scale.SHARE:
        effective = min(effective, rows)
    return effective * (NORMAL_975 / student_975(alike - 1)) ** 2
