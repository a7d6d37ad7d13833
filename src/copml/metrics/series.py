"""The mean of a series of windows, with an interval that knows that neighbours are alike.

The effective number of windows is that of an autoregressive series of order one, n (1 - r) / (1 + r), for a correlation
r ≥ 0 of neighbours (Bayley and Hammersley 1946); series without such a correlation keep all their windows.

Invariant: values come in the order of time.
"""

from math import inf, sqrt

import numpy as np
from numpy.typing import ArrayLike

from copml.errors import MetricUndefined
from copml.metrics.estimate import student_975
from copml.records import Interval


def series_mean(values: ArrayLike) -> Interval:
    """Mean of the values, shape (windows,), with its 95 % interval; `n` counts windows.

    >>> seen = series_mean([1.0, 2.0, 3.0, 2.0, 1.0, 2.0])
    >>> round(seen.value, 3), seen.n
    (1.833, 6)

    Raises:
        MetricUndefined: when there is no value.
    """
    series = np.asarray(values, dtype=np.float64)
    count = len(series)
    if count == 0:
        raise MetricUndefined("a mean", "there is no window")
    mean = float(series.mean())
    effective = count * (1 - _alike(series)) / (1 + _alike(series))
    spread = inf if count < 3 else student_975(effective - 1) * float(series.std(ddof=1)) / sqrt(effective)
    return Interval(value=mean, low=mean - spread, high=mean + spread, n=count)


def _alike(series: np.ndarray) -> float:
    """The correlation of neighbours, from 0; kept below 1."""
    centred = series - series.mean()
    total = float(centred @ centred)
    return 0.0 if total == 0 else min(0.95, max(0.0, float(centred[1:] @ centred[:-1]) / total))
