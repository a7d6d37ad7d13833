"""Metrics of numbers: how far predictions are from what came, in the unit of the outcome where nothing else is said.

Invariant: none of them looks at the decision.
"""

from math import sqrt

import numpy as np

from copml.errors import MetricUndefined
from copml.metrics.decisions import mean
from copml.metrics.estimate import Estimate, Scale
from copml.metrics.sample import Floats, Sample


def mae(sample: Sample) -> Estimate:
    """Mean absolute error."""
    return mean(abs(_error(sample)), sample.weight, Scale.POSITIVE)


def rmse(sample: Sample) -> Estimate:
    """Root of the mean squared error."""
    squared = mean(_error(sample) ** 2, sample.weight, Scale.POSITIVE)
    value = sqrt(squared.value)
    slope = 1 / (2 * value) if value > 0 else 0.0
    return Estimate(value=value, influence=squared.influence * slope, mass=squared.mass, scale=Scale.POSITIVE)


def bias(sample: Sample) -> Estimate:
    """Mean of prediction less outcome: above 0 where predictions are too high."""
    return mean(_error(sample), sample.weight, Scale.REAL)


def wape(sample: Sample) -> Estimate:
    """Sum of absolute errors by the sum of absolute outcomes, a share of their size ≥ 0."""
    size = abs(sample.outcome)
    return _ratio("wape", abs(_error(sample)), size, sample.weight, "all outcomes are 0")


def r2(sample: Sample) -> Estimate:
    """Coefficient of determination, ≤ 1: 0 is no better than always naming the mean of these outcomes."""
    spread = (sample.outcome - np.average(sample.outcome, weights=sample.weight)) ** 2
    left = _ratio("r2", _error(sample) ** 2, spread, sample.weight, "all outcomes are the same")
    return Estimate(value=1 - left.value, influence=-left.influence, mass=left.mass, scale=Scale.BELOW_ONE)


def naive_mae(sample: Sample) -> Estimate:
    """Mean absolute error of always naming the median of these outcomes: what a model must beat."""
    return mean(abs(sample.outcome - _median(sample.outcome, sample.weight)), sample.weight, Scale.POSITIVE)


def outcome_mean(sample: Sample) -> Estimate:
    """Mean of the outcomes."""
    return mean(sample.outcome, sample.weight, Scale.REAL)


def _error(sample: Sample) -> Floats:
    return sample.answer - sample.outcome


def _ratio(metric: str, above: Floats, below: Floats, weight: Floats, otherwise: str) -> Estimate:
    """Weighted sum of one column ≥ 0 by that of another; its influence is that of a ratio (linearised)."""
    total = float(weight @ below)
    if total <= 0:
        raise MetricUndefined(metric, otherwise)
    value = float(weight @ above) / total
    influence = weight * (above - value * below) / total
    return Estimate(value=value, influence=influence, mass=weight / weight.sum(), scale=Scale.POSITIVE)


def _median(values: Floats, weight: Floats) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
