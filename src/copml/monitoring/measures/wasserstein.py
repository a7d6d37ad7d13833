"""Wasserstein distance on the bins: how far rows must be moved on average, in parts of the scale from first to last.

Bins that are neighbours are one step apart, whatever their edges; where edges are quantiles this is a distance in
ranks. Categories have no order, so any two are the whole scale apart, and the distance is the share of rows to move.

Invariant: a distance with the triangle inequality, for each kind. For numbers it is the sum of the distance of the
present values (0..1) and the change of the missing share (0..1).
"""

import numpy as np

from copml.monitoring.measures.shares import on_a_line, shares
from copml.records import Bins


def wasserstein(reference: Bins, window: Bins) -> float:
    """Wasserstein distance on the bins, ≥ 0.

    >>> sides = [Bins(kind="number", counts=rows, missing=0, edges=(0.0, 1.0)) for rows in ((4, 0, 0), (0, 4, 0))]
    >>> wasserstein(*sides)
    0.5
    """
    if reference.labels:
        a, b = shares(reference, window)
        return float(np.abs(a - b).sum() / 2)
    gaps, missing = on_a_line(reference, window)
    return float(gaps.mean()) + missing if gaps.size else missing
