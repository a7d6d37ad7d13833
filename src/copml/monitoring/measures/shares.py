"""Two counts of one column, made comparable.

Invariant: both have the same bins, in the same order, the missing values last; both have at least one row.
"""

import numpy as np
from numpy.typing import NDArray

from copml.errors import MetricUndefined, ProfilesDiffer
from copml.records import Bins

Floats = NDArray[np.float64]


def same_bins(a: Bins, b: Bins) -> bool:
    """Whether both count in the same bins."""
    return (a.kind, a.edges, a.labels) == (b.kind, b.edges, b.labels)


def counts(reference: Bins, window: Bins) -> tuple[Floats, Floats]:
    """Rows in each bin, missing values last; each of shape (bins + 1,).

    Raises:
        ProfilesDiffer: when the bins are not the same.
        MetricUndefined: when one of the two has no rows.
    """
    if not same_bins(reference, window):
        raise ProfilesDiffer("the column", "their bins have other edges or labels")
    found = tuple(np.array([*bins.counts, bins.missing], dtype=np.float64) for bins in (reference, window))
    if not all(column.any() for column in found):
        raise MetricUndefined("a drift measure", "the reference or the window has no rows")
    return found[0], found[1]


def shares(reference: Bins, window: Bins) -> tuple[Floats, Floats]:
    """Share of rows in each bin, missing values last; see `counts`."""
    a, b = counts(reference, window)
    return a / a.sum(), b / b.sum()


def on_a_line(reference: Bins, window: Bins) -> tuple[Floats, float]:
    """How far the cumulated shares of the present values are apart at each inner edge, and of the missing ones.

    Where only one of the two has present values at all, these are 1 apart at each edge.
    """
    a, b = counts(reference, window)
    present = a[:-1].sum(), b[:-1].sum()
    missing = abs(a[-1] / a.sum() - b[-1] / b.sum())
    if min(present) == 0:
        return np.full(len(a) - 2, float(max(present) > 0)), float(missing)
    return np.abs(np.cumsum(a[:-1]) / present[0] - np.cumsum(b[:-1]) / present[1])[:-1], float(missing)
