"""Which rows are news: neither in the table already, nor said again in the same pass.

A row is about an entity at a time (and, where the source says when it was known, as known then). The same content again
is a repeat. Other content is a correction, and becomes known now. Of several rows about the same in one pass the last
counts; an earlier one with other content is a duplicate. A file that is replaced as a whole says what holds now, so its
rows are compared with the newest row of the table; one of many files may be an old one that came again, so its rows are
compared with all.

Invariant: repeating a pass adds nothing. Only rows of the table within the pass's range of times are looked at.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from copml.data import kinds
from copml.data.columns import OWN, Plan
from copml.data.staging import Staged
from copml.store import Lake

NEWS, REPEATED, DUPLICATE = 0, 1, 2

_SQL = """
with fresh as (
    select file_row_number as place, entity, event_at, known_at, {new_content} as content from staged
), ranked as (
    select *,
        row_number() over about as nth,
        first_value(content) over about as last_content
    from fresh
    window about as (partition by entity, event_at, known_at order by place desc)
), held as (
    select entity, event_at, known_at, {old_content} as content,
        row_number() over (partition by entity, event_at order by known_at desc) = 1 as is_newest
    from existing
    where event_at between $low and $high
), compared as (
    select ranked.place, ranked.nth, entity, event_at, ranked.known_at, ranked.known_at is not null as says_when,
        ranked.content = ranked.last_content as like_last,
        coalesce(bool_or(held.content = ranked.content), false) as same,
        coalesce(bool_or(held.content = ranked.content and held.is_newest), false) as same_newest,
        coalesce(bool_or(held.content = ranked.content and held.known_at = ranked.known_at), false) as same_known,
        coalesce(bool_or(held.known_at = ranked.known_at), false) as known_taken,
        coalesce(bool_or(held.content = ranked.content and held.known_at > ranked.known_at), false) as same_later,
        max(held.known_at) as newest
    from ranked left join held using (entity, event_at)
    group by all
), judged as (
    select place,
        case
            when says_when and (same_known or (known_taken and same_later)) then {repeated}
            when not says_when and (same_newest or (same and (nth > 1 or not $replaced))) then {repeated}
            when nth > 1 then case when like_last then {repeated} else {duplicate} end
            else {news}
        end as verdict,
        case when newest is null or (says_when and not known_taken) then null
            else greatest($now, newest + interval 1 microsecond) + nth_correction * interval 1 microsecond
        end as known_at
    from (
        select *, row_number() over (partition by entity, event_at order by known_at, place desc) - 1 as nth_correction
        from compared
    )
)
select place, verdict, known_at from judged where verdict <> {news} or known_at is not null
"""


@dataclass(frozen=True, slots=True)
class Verdicts:
    """For each staged row, in order: news, repeated or duplicate; and when it became known, in µs (0: as staged)."""

    codes: NDArray[np.int8]
    known_at: NDArray[np.int64]

    def count(self, code: int) -> int:
        """Rows with a verdict."""
        return int(np.count_nonzero(self.codes == code))

    @property
    def corrected_at(self) -> datetime | None:
        """When the latest correction became known."""
        fixed = self.known_at[self.codes == NEWS]
        if not fixed.any():
            return None
        at: datetime = pa.scalar(int(fixed.max()), pa.int64()).cast(kinds.TIME).as_py()
        return at

    def chosen(self, staged: Staged, code: int) -> Iterator[tuple[pa.RecordBatch, NDArray[np.int64]]]:
        """Batches of the staged rows with a verdict, and their places among all staged rows."""
        start = 0
        for batch in staged.batches():
            places = start + np.flatnonzero(self.codes[start : start + batch.num_rows] == code)
            if len(places):
                yield batch.take(pa.array(places - start)), places
            start += batch.num_rows


def judge(
    lake: Lake,
    existing: tuple[str, int | None] | pa.Table,
    staged: Staged,
    plan: Plan,
    *,
    now: datetime,
    replaced: bool,
) -> Verdicts:
    """Compare staged rows with each other and with the table; `replaced`: the source's file is replaced as a whole."""
    codes, known_at = np.zeros(staged.rows, np.int8), np.zeros(staged.rows, np.int64)
    if staged.rows == 0:
        return Verdicts(codes, known_at)
    held = existing.column_names if isinstance(existing, pa.Table) else lake.schema(*existing).names
    sql = _SQL.format(
        new_content=_content(plan, [*plan.kinds]),
        old_content=_content(plan, held),
        news=NEWS,
        repeated=REPEATED,
        duplicate=DUPLICATE,
    )
    low, high = span_of(staged)
    parameters = {"low": low, "high": high, "now": now, "replaced": replaced}
    found = lake.query(sql, {"staged": staged.path, "existing": existing}, parameters)
    places = found["place"].to_numpy()
    codes[places] = found["verdict"].to_numpy()
    known_at[places] = pc.fill_null(found["known_at"].cast(pa.int64()), 0).to_numpy()
    return Verdicts(codes, known_at)


def span_of(staged: Staged) -> tuple[datetime, datetime]:
    """The first and last `event_at` of staged rows, which are not empty."""
    ends = [pc.min_max(batch.column("event_at")).as_py() for batch in staged.batches()]
    return min(end["min"] for end in ends), max(end["max"] for end in ends)


SQL_TYPES = {"number": "DOUBLE", "integer": "BIGINT", "text": "VARCHAR", "boolean": "BOOLEAN", "time": "TIMESTAMPTZ"}


def _content(plan: Plan, present: Sequence[str]) -> str:
    """One number for all that a row says; a column that a table lacks is null there."""
    names = [name for name in plan.kinds if name not in OWN]
    parts = [
        quoted(name) if name in present else f"cast(null as {SQL_TYPES[plan.kinds[name]]})" for name in sorted(names)
    ]
    return f"hash({', '.join(parts)})" if parts else "0"


def quoted(name: str) -> str:
    """A column's name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
