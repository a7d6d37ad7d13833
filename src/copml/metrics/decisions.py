"""Metrics of decisions and of outcomes: shares of rows.

Invariant: each is a weighted mean of zeros and ones over the rows that it is about, or a mean of two of them.
"""

import numpy as np

from copml.errors import MetricUndefined
from copml.metrics.estimate import Estimate, Scale, kish, unit
from copml.metrics.sample import Floats, Sample


def accuracy(sample: Sample) -> Estimate:
    """Share of rows whose decision equals the outcome."""
    right = 1 - abs(sample.outcome - sample.decided)
    return share(right, sample.weight)


def recall(sample: Sample) -> Estimate:
    """Share of positive outcomes that were decided positively."""
    return _about("recall", sample.decided, sample.weight * sample.outcome, "there is no positive outcome")


def specificity(sample: Sample) -> Estimate:
    """Share of negative outcomes that were decided negatively."""
    negative = sample.weight * (1 - sample.outcome)
    return _about("specificity", 1 - sample.decided, negative, "there is no negative outcome")


def precision(sample: Sample) -> Estimate:
    """Share of positive decisions whose outcome was positive."""
    return _about("precision", sample.outcome, sample.weight * sample.decided, "there is no positive decision")


def balanced_accuracy(sample: Sample) -> Estimate:
    """Mean of recall and specificity."""
    return average(recall(sample), specificity(sample))


def f1(sample: Sample) -> Estimate:
    """Harmonic mean of precision and recall: twice the rows found, by positive outcomes plus positive decisions."""
    either = sample.outcome + sample.decided
    if not (sample.weight * either).any():
        raise MetricUndefined("f1", "there is no positive outcome and no positive decision")
    mass = sample.weight * either / (sample.weight @ either)
    both = np.where(either == 2, 1.0, 0.0)
    value = unit(float(mass @ both))
    return Estimate(value=value, influence=mass * (both - value), mass=mass, scale=Scale.UNIT)


def decided_ratio(sample: Sample) -> Estimate:
    """Share of rows that were decided positively."""
    return share(sample.decided, sample.weight)


def positive_ratio(sample: Sample) -> Estimate:
    """Share of rows with a positive outcome: the base rate."""
    return share(sample.outcome, sample.weight)


def majority_accuracy(sample: Sample) -> Estimate:
    """Accuracy of always giving the more frequent outcome: what a model must beat."""
    positive = share(sample.outcome, sample.weight)
    return positive if positive.value >= 0.5 else share(1 - sample.outcome, sample.weight)


def share(yes: Floats, weight: Floats) -> Estimate:
    """Weighted mean of zeros and ones; the weights must not all be 0."""
    return mean(yes, weight, Scale.SHARE)


def mean(values: Floats, weight: Floats, scale: Scale) -> Estimate:
    """Weighted mean of values, with what each row contributes."""
    mass = weight / weight.sum()
    value = float(mass @ values)
    if scale in (Scale.SHARE, Scale.UNIT):
        value = unit(value)
    return Estimate(value=value, influence=mass * (values - value), mass=mass, scale=scale)


def average(*parts: Estimate) -> Estimate:
    """The mean of several metrics in 0..1, each counting the same."""
    count = len(parts)
    return Estimate(
        value=unit(sum(part.value for part in parts) / count),
        influence=np.sum([part.influence for part in parts], axis=0) / count,
        mass=np.sum([part.mass for part in parts], axis=0),
        scale=Scale.UNIT,
        variance_least=sum(_variance_least(part) for part in parts) / count**2,
    )


def _about(metric: str, yes: Floats, weight: Floats, otherwise: str) -> Estimate:
    if not weight.any():
        raise MetricUndefined(metric, otherwise)
    return share(yes, weight)


def _variance_least(part: Estimate) -> float:
    """Variance of a share of independent rows, two successes and two failures added (Agresti and Coull 1998)."""
    n = kish(part.mass) + 4
    likely = (part.value * (n - 4) + 2) / n
    return likely * (1 - likely) / n
