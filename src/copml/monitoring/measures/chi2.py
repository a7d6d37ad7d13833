"""Chi-squared statistic of two samples: whether both counts may come from one distribution.

Invariant: without drift it is about the number of used bins less one, however many rows there are; with drift it grows
with the rows. It is no distance: use it to ask whether there is drift, not how much.
"""

import numpy as np

from copml.monitoring.measures.shares import counts
from copml.records import Bins


def chi2(reference: Bins, window: Bins) -> float:
    """Chi-squared statistic of homogeneity, ≥ 0.

    >>> sides = [Bins(kind="number", counts=rows, missing=0, edges=(0.0,)) for rows in ((50, 50), (30, 70))]
    >>> round(chi2(*sides), 4)
    8.3333
    """
    a, b = counts(reference, window)
    used = a + b > 0
    scale = np.sqrt(a.sum() / b.sum())
    return float((((a / scale - b * scale)[used]) ** 2 / (a + b)[used]).sum())
