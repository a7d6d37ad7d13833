"""What a control group can show: the smallest effect that it would see, and the controls that an effect needs.

The test is of two shares, two-sided at 5 %, and *seen* means in four cases of five (80 % power), by the textbook
formula for arms of unequal size (Fleiss, Levin and Paik 2003, section 4.2), which fits the intervals of `metrics`. The
shortcut (1.96 + 0.84)² p (1 - p) / d² for a base share p and an effect d asks for more controls (785 in place of 668
for a fall from 10 to 7 % with 5 % of all as controls), so plans made with it are on the safe side.

Invariant: pure arithmetic in plain Python, so that validating a project file needs no numerical library.
"""

from math import ceil, inf, sqrt
from statistics import NormalDist

from copml.errors import DesignWrong

SIGNIFICANCE = 0.05
POWER = 0.80
_STEPS = 60


def smallest_effect(*, population: int, share: float, baseline: float) -> float:
    """The smallest fall from a base share that is seen with this population and share of controls.

    In the units of the baseline: 0.03 is a fall by three points. Infinite where even a fall to nothing is not seen.

    >>> round(smallest_effect(population=20_000, share=0.05, baseline=0.10), 4)
    0.025

    Raises:
        DesignWrong: for a population below 2, or a share or baseline that does not lie between 0 and 1.
    """
    _check(population, share, baseline)
    low, high = 0.0, baseline
    if not _is_seen(population, share, baseline, high):
        return inf
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if _is_seen(population, share, baseline, middle) else (middle, high)
    return high


def controls_needed(*, share: float, baseline: float, effect: float) -> int:
    """How many controls a fall by `effect` from a base share needs, when this share of entities is control.

    >>> controls_needed(share=0.05, baseline=0.10, effect=0.03)
    668

    Raises:
        DesignWrong: for a share or baseline that does not lie between 0 and 1, or an effect beyond the baseline.
    """
    _check(2, share, baseline)
    if not 0 < effect <= baseline:
        raise DesignWrong("the effect", effect, f"above 0 and at most the baseline of {baseline:g}")
    return ceil(_controls(share, baseline, effect))


def _is_seen(population: int, share: float, baseline: float, effect: float) -> bool:
    return effect > 0 and population * share >= _controls(share, baseline, effect)


def _controls(share: float, baseline: float, effect: float) -> float:
    """Controls that a fall by `effect` > 0 needs."""
    treated, ratio = baseline - effect, share / (1 - share)
    pooled = share * baseline + (1 - share) * treated
    if_none = sqrt(pooled * (1 - pooled) * (1 + ratio))
    if_any = sqrt(baseline * (1 - baseline) + treated * (1 - treated) * ratio)
    wanted = NormalDist().inv_cdf(1 - SIGNIFICANCE / 2) * if_none + NormalDist().inv_cdf(POWER) * if_any
    return (wanted / effect) ** 2


def _check(population: int, share: float, baseline: float) -> None:
    if population < 2:
        raise DesignWrong("the population", population, "2 or more")
    if not 0 < share < 1:
        raise DesignWrong("the share of the control group", share, "above 0 and below 1")
    if not 0 < baseline < 1:
        raise DesignWrong("the baseline", baseline, "above 0 and below 1, to work out what a control group can show")
