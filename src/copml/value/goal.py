"""The KPI of a window: the share of the entities that were there which had the event.

Invariant: only entities of the population count, each once, however many events they had. The control arm shows what
the KPI would be without the programme.
"""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from copml.metrics import proportion
from copml.records import SEGMENT_ALL, SEGMENT_CONTROL, Measurement, Occasion

SEGMENT_TREATED = "treated"


def kpi(
    occasion: Occasion, name: str, population: Any, events: Any, *, control: Any = None, treated: Any = None
) -> tuple[Measurement, ...]:
    """The KPI on `all`, `control` and `treated`, with `control_ratio` and `treated_ratio`, the sizes of the arms.

    All arguments are entities, in anything that Arrow reads: who was there when the window began, who had the event in
    it, whom the draw put into control, who was treated. Nothing is measured on entities that are none.
    """
    everybody = _entities(population).unique()
    total = len(everybody)
    if total == 0:
        return ()
    had = _among(everybody, events)
    found = [occasion.measurement(name, SEGMENT_ALL, proportion(had.true_count, total))]
    for segment, arm in ((SEGMENT_CONTROL, control), (SEGMENT_TREATED, treated)):
        if arm is None:
            continue
        inside = _among(everybody, arm)
        size = inside.true_count
        found.append(occasion.measurement(f"{segment}_ratio", SEGMENT_ALL, proportion(size, total)))
        if size:
            found.append(occasion.measurement(name, segment, proportion(pc.and_(inside, had).true_count, size)))
    return tuple(found)


def _among(everybody: pa.Array, some: Any) -> pa.BooleanArray:
    return pc.is_in(everybody, value_set=_entities(some).cast(everybody.type))


def _entities(values: Any) -> pa.Array:
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
