"""Choose the runtime that serves a model, by comparing runtimes on rows that it was not trained on.

Invariant: a faster runtime serves only if it agrees with the estimator on every row given; how far a row's prediction
depends on its batch mates is measured, not assumed.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from copml.models.runtimes import ENCODED, ESTIMATOR, LINEAR, Predict

# Another order of summation changes a sum by some units in its last place; this is 100 times that for answers up to 1.
DIFFERENCES_MAX = {LINEAR: 1e-12, ENCODED: 0.0, ESTIMATOR: 0.0}
SINGLE_ROWS = 16
CUT_ROWS = 2000


def choose(runtimes: Mapping[str, Predict], rows: pa.Table) -> str:
    """The first runtime that agrees with the estimator on all the rows."""
    expected = runtimes[ESTIMATOR](rows)
    scale = max(1.0, float(np.abs(expected).max()))
    for name, predict in runtimes.items():
        if name == ESTIMATOR or np.abs(predict(rows) - expected).max() <= DIFFERENCES_MAX[name] * scale:
            return name
    raise AssertionError("the estimator agrees with itself")


def batch_difference(predict: Predict, rows: pa.Table) -> float:
    """The largest difference of a prediction in one batch against alone and in uneven batches; 0.0 if bitwise equal."""
    sample = rows.slice(0, CUT_ROWS)
    whole = predict(sample)
    singles = np.linspace(0, sample.num_rows - 1, min(SINGLE_ROWS, sample.num_rows)).astype(int)
    alone = np.concatenate([predict(sample.slice(row, 1)) for row in singles.tolist()])
    cut = np.concatenate([predict(part) for part in _uneven(sample)])
    return float(max(np.abs(alone - whole[singles]).max(), np.abs(cut - whole).max()))


def _uneven(rows: pa.Table) -> list[pa.Table]:
    """The rows in batches of 1, 2, 3, 5, 8, … rows."""
    parts, start, size, following = [], 0, 1, 2
    while start < rows.num_rows:
        parts.append(rows.slice(start, size))
        start, size, following = start + size, following, size + following
    return parts
