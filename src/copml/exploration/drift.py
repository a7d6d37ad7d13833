"""How far the later windows of a table are from the first ones, from counts.

Invariant: the same measure and the same rule as in production (`monitoring`), so that what is called drift here would
be called drift there. Columns of times move with time by nature, and are left out.
"""

import numpy as np
from numpy.typing import NDArray

from copml.exploration.columns import Column
from copml.exploration.result import Drift
from copml.exploration.windows import Windowed
from copml.monitoring import drift_measurements
from copml.records import Bins, Interval, Occasion

REFERENCE_RATIO = 0.25
"""The reference is the first windows that hold this share of the rows."""

# Columns go by one name here, because some names mean a model's answer to `monitoring`.
_ANY = "column"

Counts = NDArray[np.int64]


def reference_windows(windowed: Windowed) -> int:
    """How many of the first windows are the reference; at least one is left to compare."""
    rows = np.cumsum(windowed.history.rows)
    enough = int(np.searchsorted(rows, REFERENCE_RATIO * rows[-1])) + 1
    return min(enough, len(windowed.history.windows) - 1)


def drift(column: Column, windowed: Windowed, *, reference: int, threshold: float) -> Drift:
    """The drift of one column over the history."""
    windows = windowed.history.windows
    bins = column.profile.bins
    count = len(bins.counts) + 1
    inside = windowed.places >= 0
    cells = windowed.places[inside] * count + column.codes[inside]
    counts = np.bincount(cells, minlength=len(windows) * count).reshape(len(windows), count)
    before = _bins(bins, counts[:reference].sum(axis=0))
    found = []
    for place in range(reference, len(windows)):
        occasion = Occasion(project="", window=windows[place], version=None, measured_at=windows[place].ends_at)
        seen = drift_measurements(occasion, {_ANY: before}, {_ANY: _bins(bins, counts[place])}, threshold=threshold)
        psi = next((item for item in seen.measurements if item.metric == "psi"), None)
        far = psi is not None and psi.value > threshold
        found.append((psi, _ANY in seen.drifted, far and _ANY in seen.upstream))
    return Drift(
        column=column.profile.name,
        by_window=tuple(
            None if psi is None else Interval(value=psi.value, low=psi.low, high=psi.high, n=psi.n)
            for psi, _, _ in found
        ),
        drifted=tuple(drifted for _, drifted, _ in found),
        missing_jump=any(upstream for _, _, upstream in found),
    )


def _bins(like: Bins, counts: Counts) -> Bins:
    return Bins(
        kind=like.kind,
        counts=tuple(counts[:-1].tolist()),
        missing=int(counts[-1]),
        edges=like.edges,
        labels=like.labels,
    )
