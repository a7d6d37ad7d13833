"""What taking in predictions from elsewhere reads from the lake: rows that are news, their inputs, earlier episodes.

Invariant: reads only. A row is news while no run of another pass holds a prediction of its entity and time; runs of the
same pass do not count, because an attempt before a kill may have made them.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from copml.data import as_of_join, source_table
from copml.operations.view import View
from copml.records import Ingest, Window
from copml.scoring import Logged
from copml.store import Lake

TIME = pa.timestamp("us", "UTC")
OWN = ("entity", "event_at", "known_at", "as_of")
NOBODY = pa.schema([("entity", pa.string()), ("slot", TIME), ("run", pa.string()), ("eligible", pa.bool_())])
_NEWS = """
with said as (
    select * from source where event_at >= $since and event_at < $until
    qualify row_number() over (partition by entity, event_at order by known_at) = 1
)
select said.* from said
anti join (select entity, slot from held where not regexp_matches(run, $own)) as taken
    on said.entity = taken.entity and said.event_at = taken.slot
order by said.event_at, said.entity
"""
_REPEATS = """
select count(*) - count(distinct (entity, event_at)) as repeats from source
where event_at >= $since and event_at < $until
"""
_EPISODES = """
select entity, max(slot) as slot from held
where eligible and slot > $since and slot < $until and not regexp_matches(run, $own) group by entity
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The log as one pass over it left it."""

    view: View
    lake: Lake
    item: Ingest

    def news(self, window: Window) -> pa.Table:
        """Rows of a window that are not predictions yet, each as it was first said, by time and entity."""
        parameters = {"since": window.starts_at, "until": window.ends_at, "own": self._own}
        return self.lake.query(_NEWS, {"source": (self._table, self.item.version), "held": self._held}, parameters)

    def said_again(self, window: Window) -> int:
        """How many rows this pass brought that say something else of a prediction that was known."""
        version = self.item.version
        assert version is not None, "a pass that brought rows made a version"
        return self._repeats(window, version) - (self._repeats(window, version - 1) if version else 0)

    def inputs(self, rows: pa.Table) -> tuple[pa.Table, int]:
        """The inputs of predictions, and how many are of entities that the source of inputs does not know."""
        log = self.view.project.arrivals
        if log.inputs is None:
            return rows.drop_columns([name for name in (*OWN, *log.named) if name in rows.column_names]), 0
        table = source_table(self.view.project, log.inputs)
        if self.lake.version(table) is None:
            return pa.table({}), rows.num_rows
        known = pa.repeat(pa.scalar(self.view.now, TIME), rows.num_rows)
        entities, slots = rows["entity"].combine_chunks(), rows["event_at"].combine_chunks()
        found = as_of_join(self.lake, table, entities=entities, as_of=slots, known_by=known)
        strangers = found["event_at"].null_count
        return found.drop_columns([name for name in OWN if name in found.column_names]), strangers

    def episodes(self, before: datetime) -> dict[str, datetime]:
        """When the latest episode of each entity started that a treatment may still touch."""
        treatment = self.view.project.data.treatment
        if treatment is None:
            return {}
        since = treatment.cooldown.before(before, self.view.project.tz)
        parameters = {"since": since, "until": before, "own": self._own}
        found = self.lake.query(_EPISODES, {"held": self._held}, parameters)
        return dict(zip(found["entity"].to_pylist(), found["slot"].to_pylist(), strict=True))

    def logged(self, rows: pa.Table, inputs: pa.Table) -> Logged:
        """Rows of the log as predictions."""
        log, rule = self.view.project.arrivals, self.view.project.rule
        columns = [log.probabilities[name] for name in rule.classes] if log.probabilities else log.answers
        answers = [np.asarray(rows[name].to_numpy(), dtype=np.float64) for name in columns]
        return Logged(
            entity=rows["entity"].combine_chunks().cast(pa.string()),
            slot=tuple(rows["event_at"].to_pylist()),
            answer=np.column_stack(answers) if log.probabilities else answers[0],
            decision=None if log.decision is None else _flags(rows[log.decision]),
            control=np.zeros(rows.num_rows, dtype=np.bool_) if log.control is None else _flags(rows[log.control]),
            inputs=inputs,
        )

    @property
    def _table(self) -> str:
        return source_table(self.view.project, self.view.project.arrivals.source)

    @property
    def _held(self) -> tuple[str, int | None] | pa.Table:
        table = f"{self.view.name}/predictions"
        return NOBODY.empty_table() if self.lake.version(table) is None else (table, None)

    @property
    def _own(self) -> str:
        """Names of the runs that this pass makes, as an expression."""
        return rf"^x-[-0-9T:]+Z-{self.item.version}-"

    def _repeats(self, window: Window, version: int) -> int:
        parameters = {"since": window.starts_at, "until": window.ends_at}
        found = self.lake.query(_REPEATS, {"source": (self._table, version)}, parameters)
        return int(found["repeats"][0].as_py())


def _flags(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.asarray(pc.fill_null(column, False).to_numpy(), dtype=np.bool_)
