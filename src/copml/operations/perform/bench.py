"""What measuring a window reads from the lake: predictions, their outcomes, the episodes that start in them.

Invariant: an outcome that is not known yet is null, never a no.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from copml.data import events_in, labels, treatments
from copml.monitoring import answer_columns
from copml.operations.view import View
from copml.records import Occasion, ScoringRun, Window
from copml.store import Lake

COLUMNS = ("entity", "slot", "decision", "control", "eligible", "treat")
TIME = pa.timestamp("us", "UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The project as it stands, its tables, the window that is measured and the occasion."""

    view: View
    lake: Lake
    window: Window
    occasion: Occasion

    def predictions(self, windows: Sequence[Window]) -> pa.Table:
        """Every prediction of these windows, with `COLUMNS` and its answer."""
        runs = [run for item in windows for run in self.view.scored_in(item)]
        return _predictions(self.lake, self.view.name, runs, [*COLUMNS, *answer_columns(self.view.project.rule)])

    def outcomes(self, rows: pa.Table) -> pa.Table:
        """entity, slot, outcome (null while unknown), over and treated, a row for each prediction, in their order."""
        view = self.view
        entities, slots = rows["entity"].combine_chunks(), rows["slot"].combine_chunks()
        found = labels(self.lake, view.project, entities=entities, as_of=slots, now=view.now)
        ends = found["matures_at"]
        return pa.table(
            {
                "entity": rows["entity"],
                "slot": rows["slot"],
                "outcome": pc.if_else(pc.is_nan(found["label"]), None, found["label"]),
                "over": pc.less_equal(ends, pa.scalar(view.now, ends.type)),
                "treated": pc.or_(rows["treat"], pc.is_in(rows["entity"], value_set=self._treated(rows))),
            }
        )

    def episodes(self, windows: Sequence[Window]) -> pa.Table:
        """Episodes that start in these windows: entity, cohort (start of the window), control, outcome."""
        rows = self.predictions(windows)
        rows = rows.filter(rows["eligible"])
        known = self.outcomes(rows)
        return pa.table(
            {
                "entity": rows["entity"],
                "cohort": _cohorts(rows["slot"], windows),
                "control": rows["control"],
                "outcome": known["outcome"],
            }
        )

    def events(self) -> pa.ChunkedArray:
        """Entities that had the outcome's event in the window."""
        return events_in(self.lake, self.view.project, self.window, known_by=self.view.now)["entity"]

    def _treated(self, rows: pa.Table) -> pa.Array:
        """Entities whose outcome a treatment may have touched: from a cooldown before the rows to their horizon."""
        treatment = self.view.project.data.treatment
        if rows.num_rows == 0 or treatment is None:
            return pa.array([], pa.string())
        zone = self.view.project.tz
        until = self.view.matures_at(pc.max(rows["slot"]).as_py())
        assert until is not None, "outcomes with a horizon mature"
        since = treatment.cooldown.before(pc.min(rows["slot"]).as_py(), zone)
        found = treatments(self.lake, self.view.project, since=since, until=until, known_by=self.view.now)
        return found["entity"].combine_chunks()


def _predictions(lake: Lake, project: str, runs: Sequence[ScoringRun], columns: list[str]) -> pa.Table:
    table = f"{project}/predictions"
    wanted = pc.is_in(pc.field("run"), pa.array([run.id for run in runs], pa.string()))
    return lake.read(table, columns=columns, filter=wanted)


def _cohorts(slots: pa.ChunkedArray, windows: Sequence[Window]) -> pa.Array:
    """The start of the window that each slot lies in."""
    starts = pa.array([window.starts_at for window in windows], TIME)
    edges = starts.cast(pa.int64()).to_numpy()
    places = np.searchsorted(edges, slots.cast(TIME).cast(pa.int64()).to_numpy(), side="right") - 1
    return starts.take(pa.array(places))
