"""Which columns are missing together.

Invariant: looks at no more than `ROWS_MAX` rows, evenly spread, and `COLUMNS_MAX` columns, those that miss the most.
Columns belong together when the rows that miss one nearly all miss the other.
"""

import numpy as np
from numpy.typing import NDArray

from copml.exploration.columns import Column
from copml.exploration.result import Together

ROWS_MAX = 100_000
COLUMNS_MAX = 200
# Rows that miss both, of those that miss either.
ALIKE_RATIO = 0.95

Masks = NDArray[np.float32]


def together(columns: list[Column]) -> tuple[Together, ...]:
    """Groups of two columns or more that are missing in the same rows, the most frequent first."""
    gappy = [column for column in columns if 0 < column.profile.missing < column.profile.rows]
    gappy = sorted(gappy, key=lambda column: -column.profile.missing)[:COLUMNS_MAX]
    if len(gappy) < 2:
        return ()
    masks = _masks(gappy)
    both = masks.T @ masks
    each = np.diagonal(both)
    either = each[:, None] + each[None, :] - both
    alike = (both >= ALIKE_RATIO * either) & (both > 0)
    groups: list[Together] = []
    taken: set[int] = set()
    for first in range(len(gappy)):
        members = [place for place in np.flatnonzero(alike[first]).tolist() if place not in taken]
        if first not in taken and len(members) > 1:
            taken.update(members)
            names = tuple(gappy[place].profile.name for place in members)
            groups.append(Together(columns=names, ratio=gappy[first].profile.missing_ratio))
    return tuple(groups)


def _masks(columns: list[Column]) -> Masks:
    """1 where a value is missing, shape (rows, columns)."""
    rows = columns[0].profile.rows
    stride = max(1, -(-rows // ROWS_MAX))
    masks = np.empty((-(-rows // stride), len(columns)), dtype=np.float32)
    for place, column in enumerate(columns):
        masks[:, place] = column.codes[::stride] == len(column.profile.bins.counts)
    return masks
