"""Whether an event of an entity lies in a span of time, for many rows at once.

Invariant: spans are open at their start and closed at their end; rows and events may be in any order, events repeated.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Times = NDArray[np.int64]


def occurs(
    event_entity: pa.ChunkedArray, event_at: Times, entity: pa.ChunkedArray, after: Times, until: Times
) -> NDArray[np.bool_]:
    """For each row, whether an event of its entity lies in (after, until]; shape (rows,). Times are numbers."""
    known = pc.unique(event_entity)
    own = pc.index_in(entity, value_set=known).fill_null(-1).to_numpy().astype(np.int64)
    of = pc.index_in(event_entity, value_set=known).to_numpy().astype(np.int64)
    # Times become ranks, so that entity and time fit one integer, and one sorted array answers for all entities.
    ranks = np.unique(event_at)
    width = len(ranks) + 1
    events = np.sort(of * width + np.searchsorted(ranks, event_at) + 1)
    first = np.searchsorted(events, own * width + np.searchsorted(ranks, after, side="right"), side="right")
    last = np.searchsorted(events, own * width + np.searchsorted(ranks, until, side="right"), side="right")
    return np.asarray((own >= 0) & (last > first))
