"""Differences with 95 % intervals: of two shares, of two arms over cohorts, of one metric before and after.

Each side gets its own interval, and the two are joined by Newcombe's hybrid method (1998, method 10; Zou and Donner
2008 with the correlation): the interval is exact where each side's is, and stays within the possible values. Entities
that appear on both sides, or in several cohorts, enter through the covariance of their summed influences.

Invariant: the value is always first minus second, or after minus before.
"""

from math import sqrt
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from copml.errors import MetricInputWrong, MetricUndefined
from copml.metrics.estimate import Estimate, Scale, interval, unit, wilson
from copml.metrics.sample import Clusters, Codes, Floats, Sample, clusters_of, entities, sums
from copml.metrics.table import named
from copml.records import DecisionRule, Interval


def proportion(events: int, n: int) -> Interval:
    """The share of `n` independent entities that had the event, with Wilson's interval.

    Raises:
        MetricUndefined: when n is 0.
        MetricInputWrong: when there are fewer than 0 or more than n events.
    """
    if n < 1:
        raise MetricUndefined("a share", "there is no entity to count")
    if not 0 <= events <= n:
        raise MetricInputWrong("events", f"{events} among {n} entities", "a count from 0 to the number of entities")
    low, high = wilson(events / n, n)
    return Interval(value=events / n, low=low, high=high, n=n)


def difference(first: Interval, second: Interval, *, correlation: float = 0.0) -> Interval:
    """First minus second, from their values and intervals; `n` counts both. Without a correlation: independent ones.

    >>> seen = difference(proportion(56, 70), proportion(48, 80))
    >>> round(seen.value, 4), round(seen.low, 4), round(seen.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    value = first.value - second.value
    down = _joined(first.value - first.low, second.high - second.value, correlation)
    up = _joined(first.high - first.value, second.value - second.low, correlation)
    return Interval(value=value, low=value - down, high=value + up, n=first.n + second.n)


def compare(name: str, before: Sample, after: Sample) -> Interval:
    """One metric after minus before, for two windows, or two models on the same rows; `n` counts entities once.

    Rows of one entity are taken to belong together across both. Without entities the two sides are independent.

    Raises:
        MetricUnknown: for a name that is not in `METRICS` for their kind of problem.
        MetricUndefined: where the metric has no value on one of the sides.
    """
    metric = named(before.rule.kind, name)
    clusters, count = _across(before, after)
    old, new = metric.estimate(before), metric.estimate(after)
    here, there = np.zeros(len(before.outcome)), np.zeros(len(after.outcome))
    correlation = _correlation(np.concatenate((old.influence, there)), np.concatenate((here, new.influence)), clusters)
    found = difference(interval(new, after.clusters), interval(old, before.clusters), correlation=correlation)
    return Interval(value=found.value, low=found.low, high=found.high, n=count)


def pooled_difference(outcome: ArrayLike, arm: ArrayLike, stratum: Any, entity: Any) -> Interval:
    """Share of outcomes in the first arm minus in the second, pooled over strata (cohorts); `n` counts entities.

    `outcome` 0 or 1; `arm` True for the first arm, False for the second; all of shape (rows,). Each stratum counts by
    its rows in the second arm, so that, with the treated as the second, the result is the mean effect on the treated,
    and times their number the sum over them. Strata that lack one of the arms say nothing, and are left out.

    Raises:
        MetricInputWrong: for missing values or unequal lengths.
        MetricUndefined: when no stratum has both arms.
    """
    sample = Sample.of(outcome, np.zeros(len(np.asarray(outcome))), rule=DecisionRule(), entity=entity)
    first = np.asarray(arm, dtype=np.bool_)
    if first.shape != sample.outcome.shape:
        raise MetricInputWrong("arm", f"{len(first)} rows", f"{len(sample.outcome)} rows, as the outcome has")
    strata = _strata(stratum, len(first))
    counts = np.stack([np.bincount(strata[rows], minlength=strata.max() + 1) for rows in (first, ~first)])
    heavy = np.where(counts.min(axis=0) > 0, counts[1], 0)
    if not heavy.any():
        raise MetricUndefined("the effect", "no cohort has entities in both arms")
    share = heavy / heavy.sum()
    sides = [_arm(sample.outcome, rows, strata, counts[side], share) for side, rows in enumerate((first, ~first))]
    correlation = _correlation(sides[0].influence, sides[1].influence, sample.clusters)
    found = difference(*(interval(side, sample.clusters) for side in sides), correlation=correlation)
    taking_part = sample.clusters.total(sides[0].mass + sides[1].mass)
    return Interval(value=found.value, low=found.low, high=found.high, n=int(np.count_nonzero(taking_part)))


def _arm(outcome: Floats, rows: NDArray[np.bool_], strata: Codes, counts: Codes, share: Floats) -> Estimate:
    """The arm's share of outcomes, were its rows spread over the strata as `share` says."""
    safe = np.maximum(counts, 1)
    mass = np.where(rows, (share / safe)[strata], 0.0)
    rates = sums(strata, np.where(rows, outcome, 0.0), len(counts)) / safe
    value = unit(float(mass @ outcome))
    # A stratum's own rate is nearer to its few rows than the truth is: n / (n - 1) makes up for it. Of a single row
    # only the arm as a whole says how far it may lie off.
    stretch = np.sqrt(safe / np.maximum(safe - 1, 1))
    centre = np.where(counts > 1, rates, value)
    return Estimate(
        value=value, influence=mass * (outcome - centre[strata]) * stretch[strata], mass=mass, scale=Scale.SHARE
    )


def _strata(stratum: Any, rows: int) -> Codes:
    encoded = entities(stratum).dictionary_encode()
    if len(encoded) != rows or encoded.null_count:
        seen = f"{len(encoded)} rows and {encoded.null_count} missing values"
        raise MetricInputWrong("stratum", seen, f"a value in each of {rows} rows")
    return np.asarray(encoded.indices, dtype=np.int64)


def _across(before: Sample, after: Sample) -> tuple[Clusters, int]:
    """Clusters of the rows of both samples, one after the other, and how many they are."""
    rows = len(before.outcome) + len(after.outcome)
    if before.entity is None or after.entity is None:
        return Clusters(codes=None, count=rows), rows
    clusters = clusters_of(pa.concat_arrays([before.entity, after.entity.cast(before.entity.type)]), rows)
    return clusters, clusters.count


def _correlation(first: Floats, second: Floats, clusters: Clusters) -> float:
    a, b = clusters.total(first), clusters.total(second)
    scale = sqrt(float(a @ a) * float(b @ b))
    return min(1.0, max(-1.0, float(a @ b) / scale)) if scale > 0 else 0.0


def _joined(one: float, other: float, correlation: float) -> float:
    return sqrt(max(0.0, one * one + other * other - 2 * correlation * one * other))
