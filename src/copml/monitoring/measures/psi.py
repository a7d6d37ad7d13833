"""Population stability index: the mean of both Kullback-Leibler divergences, times two, in nats.

Invariant: finite, because half a row is added to each bin of either side (Jeffreys); therefore it depends a little on
how many rows there are. It is no distance: the triangle inequality does not hold.

Noise alone makes it about (bins - 1) (1/n + 1/m) for n and m rows; its interval takes that off at the lower end.
"""

from math import sqrt

import numpy as np

from copml.monitoring.measures.shares import Floats, counts
from copml.records import Bins, Interval

# Half a row in each bin: Jeffreys' prior for shares.
SMOOTHING_ROWS = 0.5
_NORMAL_975 = 1.959963984540054


def psi(reference: Bins, window: Bins) -> float:
    """Population stability index in nats, ≥ 0.

    >>> sides = [Bins(kind="number", counts=rows, missing=0, edges=(0.0,)) for rows in ((50, 50), (25, 75))]
    >>> round(psi(*sides), 2)
    0.27
    """
    a, b = _smooth(*counts(reference, window))
    return float((a - b) @ np.log(a / b))


def psi_interval(reference: Bins, window: Bins) -> Interval:
    """The index with its 95 % interval (delta method); `n` counts the rows of the window."""
    rows = counts(reference, window)
    a, b = _smooth(*rows)
    value = float((a - b) @ np.log(a / b))
    sizes = [float(side.sum()) for side in rows]
    spread = sqrt(_variance(a, np.log(a / b) - b / a) / sizes[0] + _variance(b, np.log(b / a) - a / b) / sizes[1])
    used = int(np.count_nonzero(rows[0] + rows[1]))
    noise = max(0, used - 1) * (1 / sizes[0] + 1 / sizes[1])
    low = max(0.0, value - noise - _NORMAL_975 * spread)
    return Interval(value=value, low=low, high=value + _NORMAL_975 * spread, n=int(sizes[1]))


def _smooth(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Shares after adding to every bin that either side uses; a bin that neither uses is no bin."""
    used = (a > 0) | (b > 0)
    a, b = a[used] + SMOOTHING_ROWS, b[used] + SMOOTHING_ROWS
    return a / a.sum(), b / b.sum()


def _variance(share: Floats, slope: Floats) -> float:
    """Variance over rows of the slope at the row's bin."""
    return float(share @ (slope - share @ slope) ** 2)
