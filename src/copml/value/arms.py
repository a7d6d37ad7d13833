"""The effect of treatment: outcomes of the control arm against those of the treated arm.

An episode starts when the model decides positively about an entity that was not in an episode already; the draw puts it
into an arm. Episodes stay in the arm that they were drawn into, whatever was really done (intention to treat), and are
compared within the cohort of the window in which they started.

Invariant: a cohort counts with all its episodes or not at all: while one outcome is unknown, it waits. Entities that
come back in later cohorts are known to be the same.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from copml.errors import MetricUndefined
from copml.metrics import pooled_difference
from copml.records import SEGMENT_ALL, Interval, Measurement, Occasion

SEGMENT_POOLED = "pooled"
_COLUMNS = ["entity", "cohort", "control", "outcome"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Episodes:
    """Episodes whose cohort has matured: entity, cohort (window start), control, outcome (0 or 1); one row for each."""

    rows: pa.Table

    @classmethod
    def matured(cls, episodes: pa.Table) -> "Episodes":
        """Keep the cohorts all of whose outcomes are known. Columns as above; `outcome` is null while unknown."""
        known = episodes.select(_COLUMNS).group_by("cohort").aggregate([("outcome", "count"), ([], "count_all")])
        whole = known.filter(pc.equal(known.column("outcome_count"), known.column("count_all"))).column("cohort")
        kept = pc.is_in(episodes.column("cohort"), value_set=whole.combine_chunks())
        return cls(rows=episodes.select(_COLUMNS).filter(kept))

    def of(self, cohort: object) -> "Episodes":
        """The episodes of one cohort."""
        same = pc.equal(self.rows.column("cohort"), pa.scalar(cohort, self.rows.schema.field("cohort").type))
        return Episodes(rows=self.rows.filter(same))

    @property
    def treated(self) -> int:
        """Episodes in the treated arm."""
        return int(np.count_nonzero(~_flags(self.rows, "control")))


def effect(
    occasion: Occasion, episodes: Episodes, *, segment: str = SEGMENT_ALL, better: Literal["lower", "higher"] = "lower"
) -> Measurement:
    """`effect`: share of outcomes in the control arm less that in the treated arm, at the horizon; positive is good.

    Where more outcomes are `better`, the treated arm comes first, so that positive is good as well. Episodes of several
    cohorts are pooled, each cohort weighing by its treated episodes (the mean effect on the treated): give them the
    segment `pooled`. `n` counts the entities of the cohorts that have both arms.

    Raises:
        MetricUndefined: when no cohort has episodes in both arms.
    """
    rows = episodes.rows
    if rows.num_rows == 0:
        raise MetricUndefined("the effect", "no cohort has matured")
    control = _flags(rows, "control")
    outcome = rows.column("outcome").cast(pa.int8()).to_numpy()
    seen = pooled_difference(outcome, control, rows.column("cohort"), rows.column("entity"))
    if better == "higher":
        seen = Interval(value=-seen.value, low=-seen.high, high=-seen.low, n=seen.n)
    return occasion.measurement("effect", segment, seen)


def _flags(rows: pa.Table, column: str) -> NDArray[np.bool_]:
    return np.asarray(rows.column(column).to_numpy(), dtype=np.bool_)
