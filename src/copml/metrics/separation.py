"""How well one column alone tells two outcomes apart, from the bins that its rows are in.

The share of positive outcomes in each bin ranks the rows, as a model of that column alone would. Each half of the
entities is ranked by the shares that the other half shows, so that a column of many labels gains nothing by having
many; the area under the ROC curve is that of DeLong, DeLong and Clarke-Pearson (1988) in each half, averaged.

Invariant: work and memory grow with the rows, not with the bins or the windows; rows of one entity are in one half and
belong together in the interval. Which area is suspicious is for `exploration`.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from copml.metrics.estimate import (
    NORMAL_975,
    ROUNDING,
    Estimate,
    Scale,
    interval,
    student_975,
    unit,
    wilson,
)
from copml.metrics.profiles import Codes
from copml.metrics.sample import Clusters, Floats, clusters_of, entities
from copml.records import Interval

Flags = NDArray[np.bool_]
# An odd constant of SplitMix64 (Steele, Lea and Flood 2014): the top bit of its multiples halves any numbering evenly.
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, eq=False)
class Separable:
    """Rows with a known outcome, in the order of their spans; each span is a slice of rows.

    `positive` of shape (rows,); `half` 0 or 1, the same for all rows of an entity; `clusters` of each span.
    """

    positive: Flags
    half: Codes
    whole: slice
    spans: tuple[slice, ...]
    clusters: tuple[Clusters, ...]

    @classmethod
    def of(cls, positive: Flags, *, entity: Any = None, spans: tuple[slice, ...] = ()) -> Self:
        """Split the rows in halves. `entity`: whose rows they are, in any array that Arrow reads; None: each its own.

        `spans` are looked at apart, beside all rows together.
        """
        rows = len(positive)
        whole = slice(0, rows)
        codes = clusters_of(None if entity is None else entities(entity), rows).codes
        numbers = np.arange(rows) if codes is None else codes
        half = ((numbers.astype(np.uint64) * _MIX) >> np.uint64(63)).astype(np.int32)
        clusters = tuple(_within(codes, span) for span in (whole, *spans))
        return cls(positive, half, whole, spans, clusters)

    def separation(self, bins: Codes, count: int) -> "Separation":
        """The area for rows in these bins, each 0..`count` - 1."""
        cells = (self.half * count + bins) * 2 + self.positive
        counts = _counts(cells, count)
        shares = _shares(counts)
        areas = [
            _area(cells[span], shares, count, clusters)
            for span, clusters in zip((self.whole, *self.spans), self.clusters, strict=True)
        ]
        return Separation(
            overall=areas[0], spans=tuple(areas[1:]), right=_right(cells, shares, self.clusters[0]), shares=shares
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Separation:
    """`overall` and `spans`: areas, 0.5 where the column tells nothing; None where a span has one outcome only.

    `right`: share of rows whose outcome the column alone names, by the likelier outcome of their bin.
    """

    overall: Interval | None
    spans: tuple[Interval | None, ...]
    right: Interval | None
    shares: Floats


def _within(codes: NDArray[np.int64] | None, span: slice) -> Clusters:
    rows = span.stop - span.start
    if codes is None:
        return Clusters(codes=None, count=rows)
    found, inverse = np.unique(codes[span], return_inverse=True)
    return Clusters(codes=None if len(found) == rows else inverse.astype(np.int64), count=len(found))


def _counts(cells: Codes, count: int) -> Floats:
    """Rows by half, bin and outcome: shape (2, count, 2)."""
    return np.bincount(cells, minlength=4 * count).astype(np.float64).reshape(2, count, 2)


def _shares(counts: Floats) -> Floats:
    """What each half's rows are ranked by: the other half's share of positives by bin, drawn to its mean by one row."""
    other = counts[::-1]
    mean = other[..., 1].sum(axis=1) / np.maximum(other.sum(axis=(1, 2)), 1)
    return np.asarray((other[..., 1] + mean[:, None]) / (other.sum(axis=2) + 1))


def _area(cells: Codes, shares: Floats, count: int, clusters: Clusters) -> Interval | None:
    counts = _counts(cells, count)
    classes = counts.sum(axis=1)
    weight = classes.prod(axis=1) / np.maximum(classes.sum(axis=1), 1)
    if not weight.any():
        return None
    weight /= weight.sum()
    influence, mass = np.zeros((2, count, 2)), np.zeros((2, count, 2))
    value = 0.0
    for half in np.flatnonzero(weight):
        negative, positive = counts[half].T / classes[half][:, None]
        below, above = _placements(shares[half], negative, positive)
        area = float(positive @ below)
        value += float(weight[half]) * area
        influence[half, :, 1] = weight[half] * (below - area) / classes[half, 1]
        influence[half, :, 0] = weight[half] * (above - area) / classes[half, 0]
        mass[half] = weight[half] / classes[half]
    return _interval(unit(value), _Cells(influence.ravel(), mass.ravel(), counts.ravel(), Scale.UNIT), cells, clusters)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """What a row of each cell contributes to a value, and how many rows there are of each."""

    influence: Floats
    mass: Floats
    rows: Floats
    scale: Scale


def _interval(value: float, of: _Cells, cells: Codes, clusters: Clusters) -> Interval:
    """What `estimate.interval` gives; where each row stands alone, without going over the rows again."""
    if clusters.codes is not None:
        estimate = Estimate(value=value, influence=of.influence[cells], mass=of.mass[cells], scale=of.scale)
        return interval(estimate, clusters)
    alike = 1 / float((of.rows * of.mass**2).sum())
    count = int(of.rows[of.mass > 0].sum())
    spread = float((of.rows * of.influence**2).sum()) * count / max(1, count - 1)
    effective = alike
    if count > 1 and spread > ROUNDING**2 and 0 < value < 1 and of.scale is Scale.UNIT:
        effective = value * (1 - value) / spread * (NORMAL_975 / student_975(alike - 1)) ** 2
    low, high = wilson(value, effective)
    return Interval(value=value, low=low, high=high, n=count)


def _placements(shares: Floats, negative: Floats, positive: Floats) -> tuple[Floats, Floats]:
    """By bin, the share of negatives ranked below it and of positives ranked above it; ties half."""
    _, step = np.unique(shares, return_inverse=True)
    beaten, beating = np.bincount(step, weights=negative), np.bincount(step, weights=positive)
    below = np.cumsum(beaten) - beaten / 2
    above = 1 - np.cumsum(beating) + beating / 2
    return below[step], above[step]


def _right(cells: Codes, shares: Floats, clusters: Clusters) -> Interval | None:
    rows = len(cells)
    if not rows:
        return None
    counts = np.bincount(cells, minlength=2 * shares.size).astype(np.float64)
    yes = (shares >= 0.5).astype(np.float64)
    right = np.stack([1 - yes, yes], axis=-1).ravel()
    value = unit(float((counts * right).sum()) / rows)
    of = _Cells((right - value) / rows, np.where(counts > 0, 1 / rows, 0.0), counts, Scale.SHARE)
    return _interval(value, of, cells, clusters)
