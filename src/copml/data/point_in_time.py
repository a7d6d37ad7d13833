"""Rows of a source joined to many entities and times at once, each as it was known then.

Invariant: what is visible is what `data.visibility` says: the newest event at or before `as_of`, as it was known by
`known_by`.
"""

from datetime import datetime

import pyarrow as pa

from copml.data import kinds
from copml.store import Lake

_JOIN = """
with spine as (select *, row_number() over () as place from given),
matched as (
    select spine.place, source.* exclude (entity), source.entity as found
    from spine join source
        on source.entity = spine.entity and source.event_at <= spine.as_of and source.known_at <= spine.known_by
    qualify row_number() over (partition by spine.place order by source.event_at desc, source.known_at desc) = 1
)
select spine.entity, spine.as_of, matched.* exclude (place, found)
from spine left join matched using (place)
order by spine.place
"""


def as_of_join(
    lake: Lake,
    table: str,
    *,
    entities: pa.Array,
    as_of: pa.Array,
    known_by: pa.Array | None = None,
    version: int | None = None,
) -> pa.Table:
    """For each (entity, as_of), in the order given, the newest row of a source's table that was visible then.

    All three arrays have one length; times are UTC; `known_by` is `as_of` unless given. The result has `entity`,
    `as_of`, then the columns of the table, null where nothing was visible.

    Raises:
        TableMissing: when there is no such table or version.
    """
    spine = spine_of(entities, as_of, as_of if known_by is None else known_by)
    return lake.query(_JOIN, {"given": spine, "source": (table, version)})


def spine_of(entities: pa.Array, as_of: pa.Array, known_by: pa.Array) -> pa.Table:
    """Entities and times as a table for queries."""
    columns = {"entity": entities.cast(pa.string()), "as_of": as_of, "known_by": known_by}
    return pa.table({name: column if name == "entity" else column.cast(kinds.TIME) for name, column in columns.items()})


def times(at: datetime, count: int) -> pa.Array:
    """One time, `count` times."""
    return pa.repeat(pa.scalar(at, kinds.TIME), count)
