"""Metrics of probabilities: how far they are from what happened.

Invariant: none of them looks at the threshold.

The calibration error is the expected calibration error on ten bins of equal width: the mean over rows of the distance
between mean probability and share of positive outcomes in the row's bin. Noise makes it too high, never too low: also a
perfectly calibrated model shows some. The value is given as other tools give it; from the lower end of the interval all
that noise alone could explain is taken off, so that *surely above* means it (and the interval is wider than need be).
"""

from math import pi, sqrt

import numpy as np

from copml.metrics.decisions import mean
from copml.metrics.estimate import Estimate, Scale, unit
from copml.metrics.sample import Clusters, Codes, Floats, Sample, sums

CALIBRATION_BINS = 10
"""Bins of equal width, as in Naeini, Cooper and Hauskrecht (2015)."""
# The smallest distance from 0 and 1 that log_loss takes a probability to have, as scikit-learn does for float64.
_CLIP = float(np.finfo(np.float64).eps)


def brier(sample: Sample) -> Estimate:
    """Mean squared distance between probability and outcome, 0..1."""
    return mean((sample.answer - sample.outcome) ** 2, sample.weight, Scale.UNIT)


def log_loss(sample: Sample) -> Estimate:
    """Mean negative logarithm of the probability given to what happened, in nats."""
    chance = np.clip(sample.answer, _CLIP, 1 - _CLIP)
    return mean(-np.log(np.where(sample.outcome == 1, chance, 1 - chance)), sample.weight, Scale.POSITIVE)


def calibration_error(sample: Sample) -> Estimate:
    """Expected calibration error on ten bins of equal width, 0..1."""
    mass = sample.weight / sample.weight.sum()
    bins = np.minimum((sample.answer * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
    gap = mass * (sample.outcome - sample.answer)
    gaps = sums(bins, gap, CALIBRATION_BINS)
    value = unit(float(np.abs(gaps).sum()))
    influence = gap * np.sign(gaps)[bins] - mass * value
    spreads = np.sqrt(np.maximum(_seen(gap, mass, gaps, bins, sample.clusters), _expected(sample, mass, bins)))
    # The mean of the absolute value of normal noise around 0: what a bin shows where the model is right.
    bias = sqrt(2 / pi) * float(spreads.sum())
    return Estimate(value=value, influence=influence, mass=mass, scale=Scale.UNIT, bias=bias)


def _expected(sample: Sample, mass: Floats, bins: Codes) -> Floats:
    """Variance of each bin's gap if the probabilities were right and the rows independent."""
    return sums(bins, mass**2 * sample.answer * (1 - sample.answer), CALIBRATION_BINS)


def _seen(gap: Floats, mass: Floats, gaps: Floats, bins: Codes, clusters: Clusters) -> Floats:
    """Variance of each bin's gap as the entities show it, shape (CALIBRATION_BINS,)."""
    shares = sums(bins, mass, CALIBRATION_BINS)
    centred = gap - mass * (gaps / np.where(shares > 0, shares, 1))[bins]
    if clusters.codes is None:
        return sums(bins, centred**2, CALIBRATION_BINS)
    cells = sums(clusters.codes * CALIBRATION_BINS + bins, centred, clusters.count * CALIBRATION_BINS)
    return np.asarray((cells.reshape(clusters.count, CALIBRATION_BINS) ** 2).sum(axis=0), dtype=np.float64)
