"""Kolmogorov-Smirnov statistic on the bins: the largest difference between the shares of rows up to some edge.

Categories have no order, so any set of labels takes the place of "up to some edge", which gives the total variation.

Invariant: a distance in 0..1 with the triangle inequality. Missing values count as one more set. Values within a bin
cannot be told apart, so it is never above the statistic of the rows themselves.
"""

import numpy as np

from copml.monitoring.measures.shares import on_a_line, shares
from copml.records import Bins


def kolmogorov_smirnov(reference: Bins, window: Bins) -> float:
    """Kolmogorov-Smirnov statistic on the bins, 0..1.

    >>> sides = [Bins(kind="number", counts=rows, missing=0, edges=(0.0, 1.0)) for rows in ((2, 2, 0), (1, 1, 2))]
    >>> kolmogorov_smirnov(*sides)
    0.5
    """
    if reference.labels:
        a, b = shares(reference, window)
        return float(np.abs(a - b).sum() / 2)
    gaps, missing = on_a_line(reference, window)
    return max(missing, float(gaps.max(initial=0.0)))
