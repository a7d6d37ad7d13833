"""Metrics of the order of the answers: areas under the ROC and the precision-recall curve, and the top of the list.

Invariant: one sort of the answers gives the value and what each row contributes to it; equal answers are
one step of the curve. The influences of the first area are the placement values of DeLong, DeLong and Clarke-Pearson
(1988), weighted.
"""

from dataclasses import dataclass

import numpy as np

from copml.errors import MetricUndefined
from copml.metrics.decisions import decided_ratio, positive_ratio, precision, recall
from copml.metrics.estimate import Estimate, Scale, kish, unit, variance_of_few
from copml.metrics.sample import Codes, Floats, Sample


def roc_auc(sample: Sample) -> Estimate:
    """Weighted area under the ROC curve, 0..1: the chance that a positive row is above a negative one, ties half."""
    positive, negative = _classes("roc_auc", sample)
    steps = _steps(sample.answer)
    beaten, beating = steps.total(negative), steps.total(positive)
    below = steps.spread(np.cumsum(beaten) - beaten / 2)
    above = steps.spread(1 - np.cumsum(beating) + beating / 2)
    placement = np.where(sample.outcome == 1, below, above)
    value = unit(float(positive @ placement))
    mass = positive + negative
    return Estimate(
        value=value,
        influence=mass * (placement - value),
        mass=mass,
        scale=Scale.UNIT,
        variance_least=sum(_placed(placement, own) for own in (positive, negative)),
    )


def average_precision(sample: Sample) -> Estimate:
    """Weighted area under the precision-recall curve, 0..1: the precision at each positive row, on average."""
    positive, negative = _classes("average_precision", sample)
    steps = _steps(sample.answer)
    weight = sample.weight / (sample.weight @ sample.outcome)
    here = steps.total(positive)
    chosen = np.cumsum(steps.total(weight)[::-1])[::-1]
    precision = np.divide(np.cumsum(here[::-1])[::-1], chosen, out=np.zeros_like(chosen), where=chosen > 0)
    value = unit(float(here @ precision))
    # A row moves the precision of every positive row that is not above it: for the better by the first sum if it is
    # positive, for the worse by the second in any case.
    rate = np.divide(here, chosen, out=np.zeros_like(chosen), where=chosen > 0)
    gain, loss = steps.spread(np.cumsum(rate)), steps.spread(np.cumsum(rate * precision))
    own = steps.spread(precision)
    influence = positive * (own - value + gain) - weight * loss
    return Estimate(
        value=value,
        influence=influence,
        mass=positive + negative,
        scale=Scale.UNIT,
        variance_least=variance_of_few(own, positive, _of_yes_and_no),
    )


def lift(sample: Sample) -> Estimate:
    """Share of positive outcomes among the positive decisions, by that among all; 1 is no better than chance.

    The same as the share of positive decisions among the positive outcomes, by that among all: what is rarer of the two
    tells how sure it is.
    """
    if not (sample.weight * sample.outcome).any():
        raise MetricUndefined("lift", "there is no positive outcome")
    chosen, found, everyone = precision(sample), recall(sample), positive_ratio(sample)
    value = chosen.value / everyone.value
    influence = (chosen.influence - value * everyone.influence) / everyone.value
    rarer, scale = (
        (found, decided_ratio(sample).value) if kish(found.mass) < kish(chosen.mass) else (chosen, everyone.value)
    )
    both = sample.outcome * sample.decided
    return Estimate(
        value=value,
        influence=influence,
        mass=rarer.mass,
        scale=Scale.POSITIVE,
        variance_least=variance_of_few(both, rarer.mass, _of_yes_and_no) / scale**2,
    )


def _placed(placement: Floats, mass: Floats) -> float:
    """Variance of the mean placement of the rows of one class, where few of them may look more alike than they are.

    A row more of the class is taken to be placed as if scores were exponential (Hanley and McNeil 1982).
    """
    return variance_of_few(placement, mass, lambda likely: 2 * likely**2 / (1 + likely) - likely**2)


def _of_yes_and_no(share: float) -> float:
    return share * (1 - share)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """Rows in the order of their answer, lowest first, and where each distinct answer starts."""

    order: Codes
    first: Codes

    def total(self, rows: Floats) -> Floats:
        """Sums over the rows of each distinct answer."""
        return np.asarray(np.add.reduceat(rows[self.order], self.first), dtype=np.float64)

    def spread(self, steps: Floats) -> Floats:
        """The value of each row's step, in the order of the rows."""
        rows = np.empty(len(self.order))
        rows[self.order] = np.repeat(steps, np.diff(np.append(self.first, len(self.order))))
        return rows


def _steps(answer: Floats) -> _Steps:
    order = np.argsort(answer, kind="stable")
    ordered = answer[order]
    first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    return _Steps(order=order, first=first)


def _classes(metric: str, sample: Sample) -> tuple[Floats, Floats]:
    """Weights of the positive and of the negative rows, each with the sum 1."""
    positive, negative = sample.weight * sample.outcome, sample.weight * (1 - sample.outcome)
    if not positive.any() or not negative.any():
        raise MetricUndefined(metric, "all outcomes are the same")
    return positive / positive.sum(), negative / negative.sum()
