"""Metrics of several classes, from the probability of each.

Invariant: every class that occurs counts the same in a mean over classes, however rare it is; a class that does not
occur in these rows is left out. The named class is the most probable one.
"""

import numpy as np

from copml.errors import MetricUndefined
from copml.metrics import decisions, probabilities, ranking
from copml.metrics.decisions import average, mean, share
from copml.metrics.estimate import Estimate, Scale
from copml.metrics.sample import Floats, Sample

# As in `probabilities`: the smallest probability that a logarithm is taken of.
_LEAST = float(np.finfo(np.float64).eps)


def accuracy(sample: Sample) -> Estimate:
    """Share of rows whose named class is the outcome."""
    return share(_right(sample), sample.weight)


def balanced_accuracy(sample: Sample) -> Estimate:
    """Mean over classes of the share of their rows that was named so."""
    named = sample.named
    return average(*(share((named == code).astype(np.float64), sample.weight * own) for code, own in _present(sample)))


def f1_macro(sample: Sample) -> Estimate:
    """Mean over classes that occur or are named of the harmonic mean of precision and recall."""
    codes = np.union1d(sample.outcome[sample.weight > 0], sample.named[sample.weight > 0])
    return average(*(decisions.f1(_of_class(sample, int(code))) for code in codes))


def roc_auc_ovr(sample: Sample) -> Estimate:
    """Mean over classes of the area under the ROC curve of the class against all others, 0..1."""
    codes = [code for code, _ in _present(sample)]
    if len(codes) < 2:
        raise MetricUndefined("roc_auc_ovr", "all outcomes are the same")
    return average(*(ranking.roc_auc(_of_class(sample, code)) for code in codes))


def log_loss(sample: Sample) -> Estimate:
    """Mean negative logarithm of the probability given to what happened, in nats."""
    return mean(-np.log(np.clip(_chance(sample), _LEAST, 1.0)), sample.weight, Scale.POSITIVE)


def brier(sample: Sample) -> Estimate:
    """Mean over rows of half the sum over classes of the squared distance to what happened, 0..1 (Brier 1950)."""
    happened = np.eye(len(sample.rule.classes))[sample.outcome.astype(np.int64)]
    return mean(((sample.answer - happened) ** 2).sum(axis=1) / 2, sample.weight, Scale.UNIT)


def calibration_error(sample: Sample) -> Estimate:
    """Expected calibration error of the named class: how far its probability is from how often it is right, 0..1."""
    right = _right(sample)
    return probabilities.calibration_error(sample.asked(right, sample.answer.max(axis=1), right))


def majority_accuracy(sample: Sample) -> Estimate:
    """Accuracy of always naming the most frequent class: what a model must beat."""
    counts = np.bincount(sample.outcome.astype(np.int64), weights=sample.weight)
    return share((sample.outcome == counts.argmax()).astype(np.float64), sample.weight)


def _right(sample: Sample) -> Floats:
    return np.asarray(sample.named == sample.outcome, dtype=np.float64)


def _chance(sample: Sample) -> Floats:
    """The probability given to what happened, shape (rows,)."""
    happened = np.arange(len(sample.rule.classes)) == sample.outcome[:, None]
    chance: Floats = np.where(happened, sample.answer, 0.0).sum(axis=1)
    return chance


def _present(sample: Sample) -> list[tuple[int, Floats]]:
    """The classes that occur with any weight, and 1 on their rows."""
    codes = np.unique(sample.outcome[sample.weight > 0]).astype(np.int64)
    return [(int(code), (sample.outcome == code).astype(np.float64)) for code in codes]


def _of_class(sample: Sample, code: int) -> Sample:
    """The question whether a row is of one class, decided by whether that class is named."""
    is_so, is_named = ((codes == code).astype(np.float64) for codes in (sample.outcome, sample.named))
    return sample.asked(is_so, sample.answer[:, code], is_named)
