"""A linear model's sum, taken in one fixed order for each row.

Invariant: a row's sum is the same bit for bit whatever rows are beside it: columns are added one after the other,
elementwise. BLAS, which scikit-learn calls, adds in an order that depends on the number of rows: 459 of 1,000 rows
differed in their last bits alone against in a batch.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from copml.models.encoding import Encoded

Floats = NDArray[np.float64]
# Rows at a time: a block of this many rows and some hundred columns stays in a processor's cache.
BLOCK_ROWS = 2048


def linear_sum(blocks: Iterable[Encoded], weights: Floats, intercept: float, rows: int) -> Floats:
    """`intercept` + Σ weight × value over the columns of all blocks, left to right; shape (rows,)."""
    total = np.full(rows, intercept)
    at = 0
    for block in blocks:
        own = weights[at : at + block.values.shape[1]]
        at += len(own)
        part = _products(block, own)
        total += part if block.codes is None else part[block.codes]
    assert at == len(weights), f"{at} columns for {len(weights)} weights"
    return total


def _products(block: Encoded, weights: Floats) -> Floats:
    values = block.values
    if not isinstance(values, np.ndarray):
        # The product of a sparse matrix goes through each row's entries in their order.
        values.sort_indices()
        return np.asarray(values @ weights)
    total = np.zeros(len(values))
    for start in range(0, len(values), BLOCK_ROWS):
        columns = np.ascontiguousarray(values[start : start + BLOCK_ROWS].T)
        part = total[start : start + BLOCK_ROWS]
        for column, weight in zip(columns, weights, strict=True):
            part += column * weight
    return total
