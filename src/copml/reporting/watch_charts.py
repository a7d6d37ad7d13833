"""Charts of what was watched: drift by column, incidents over time.

Invariant: how strongly a column drifted is said by four steps of one ink and by a mark in the cell, so that it is read
in print and without colour as well.
"""

from collections.abc import Sequence
from datetime import datetime

import altair as alt

from copml.conformance import Evidence
from copml.conformance.evidence import Metric
from copml.conformance.figures import window_name
from copml.conformance.words import day, number
from copml.records import CauseStage, Incident, IncidentState, Measurement
from copml.reporting.charts import Rows, data, layered, stamp, time_axis
from copml.reporting.drawing import Figure, Frame, Key, Table, draw
from copml.reporting.theme import ink

COLUMNS_MAX = 30
ROW_HEIGHT = 24
LANE_HEIGHT = 16
# Half of the project's limit is where a change begins to be worth seeing, twice of it where it is plain.
STEPS = (0.5, 1.0, 2.0)
STEP_NAMES = ("as when trained", "some change", "drifted", "strongly drifted")


def column_drift(evidence: Evidence) -> dict[str, tuple[Measurement, ...]]:
    """Drift by column, the most drifting first, at most `COLUMNS_MAX` columns."""
    found = {column: evidence.series(Metric.PSI, column) for column in evidence.segments(Metric.PSI)}
    worst = sorted(found, key=lambda column: (-max(item.value for item in found[column]), column))
    return {column: found[column] for column in worst[:COLUMNS_MAX]}


def drift_chart(evidence: Evidence) -> Figure | None:
    """A heat map: windows across, columns down."""
    columns = column_drift(evidence)
    if not columns:
        return None
    zone, limit = evidence.project.tz, evidence.project.monitoring.drift
    items = [item for series in columns.values() for item in series]
    rows: Rows = [
        {
            "at": stamp(item.starts_at, zone),
            "until": stamp(item.ends_at, zone),
            "middle": stamp(item.starts_at + (item.ends_at - item.starts_at) / 2, zone),
            "column": column,
            "step": _step(item.value, limit),
        }
        for column, series in columns.items()
        for item in series
    ]
    x = time_axis("at", min(item.starts_at for item in items), max(item.ends_at for item in items))
    y = alt.Y("column:N", sort=[*columns], axis=alt.Axis(title=None, grid=False, labelFlush=False))
    names = [f"heat-{step}" for step in range(len(STEP_NAMES))]
    scale = alt.Scale(domain=[*range(len(names))], range=[ink(name) for name in names])
    cells = alt.Chart(data(rows)).mark_rect(strokeWidth=1, stroke="none")
    cells = cells.encode(x=x, x2="until:T", y=y, color=alt.Color("step:O", scale=scale, legend=None))
    strong = alt.Chart(data([row for row in rows if row["step"] in (2, 3)] or rows[:0]))
    spots = strong.mark_point(color=ink("heat-0"), filled=True, opacity=1, size=40, shape="diamond")
    spotted = spots.encode(x=alt.X("middle:T", scale=x["scale"], axis=x["axis"]), y=y)
    frame = Frame(
        id="drift",
        title="Drift by column, against the data that the live model was trained on",
        caption=f"Population stability index by window; above {limit:g} a column counts as drifted and carries a mark.",
        keys=tuple(Key(ink=f"heat-{step}", form="bar", name=name) for step, name in enumerate(STEP_NAMES)),
        table=_drift_table(evidence, columns),
        height=60 + ROW_HEIGHT * len(columns),
    )
    return draw(layered([cells, spotted] if any(row["step"] in (2, 3) for row in rows) else [cells]), frame)


def incident_chart(evidence: Evidence) -> Figure | None:
    """When incidents were open, by the stage that caused them."""
    if not evidence.incidents:
        return None
    zone = evidence.project.tz
    items = sorted(evidence.incidents, key=lambda item: item.opened_at)
    lanes = _lanes(items, evidence)
    rows: Rows = [
        {
            "at": stamp(item.opened_at, zone),
            "until": stamp(item.closed_at or evidence.now, zone),
            "row": f"{item.cause_stage}/{lane}",
            "open": item.state is not IncidentState.RESOLVED,
        }
        for item, lane in zip(items, lanes, strict=True)
    ]
    x = time_axis("at", items[0].opened_at, evidence.now)
    order = sorted({(item.cause_stage, lane) for item, lane in zip(items, lanes, strict=True)}, key=_place)
    # The first row of a stage carries its name.
    names = "split(datum.label, '/')[1] == '0' ? split(datum.label, '/')[0] : ''"
    axis = alt.Axis(title=None, grid=False, labelFlush=False, labelExpr=names, domain=False, ticks=False)
    y = alt.Y("row:N", sort=[f"{stage}/{lane}" for stage, lane in order], axis=axis)
    tint = alt.condition("datum.open", alt.value(ink("bad")), alt.value(ink("quiet")))
    chart = alt.Chart(data(rows)).encode(y=y, color=tint)
    bars = chart.mark_bar(height=5, cornerRadius=2).encode(x=x, x2="until:T")
    starts = chart.mark_point(filled=True, opacity=1, size=46, shape="circle").encode(x=x)
    frame = Frame(
        id="incidents",
        title="Incidents by the stage that caused them",
        caption="A dot is when an incident was opened, the bar how long it stayed open.",
        keys=(Key(ink="bad", form="dot", name="still open"), Key(ink="quiet", form="dot", name="resolved")),
        table=_incident_table(evidence, items),
        height=60 + LANE_HEIGHT * max(6, len(order)),
    )
    return draw(layered([bars, starts]), frame)


def _place(row: tuple[CauseStage, int]) -> tuple[int, int]:
    return list(CauseStage).index(row[0]), row[1]


def _step(value: float, limit: float) -> int:
    return sum(value > factor * limit for factor in STEPS)


def _lanes(items: Sequence[Incident], evidence: Evidence) -> list[int]:
    """A lane for each incident, so that those of one stage that are open together do not hide each other."""
    ends: dict[tuple[CauseStage, int], datetime] = {}
    lanes: list[int] = []
    for item in items:
        lane = 0
        while (end := ends.get((item.cause_stage, lane))) is not None and end > item.opened_at:
            lane += 1
        ends[item.cause_stage, lane] = item.closed_at or evidence.now
        lanes.append(lane)
    return lanes


def _drift_table(evidence: Evidence, columns: dict[str, tuple[Measurement, ...]]) -> Table:
    starts = sorted({item.starts_at for series in columns.values() for item in series})
    cells = {(column, item.starts_at): item.value for column, series in columns.items() for item in series}
    return Table(
        columns=("window", *columns),
        rows=tuple(
            (
                window_name(evidence, start),
                *(number(cells[column, start], 2) if (column, start) in cells else "–" for column in columns),
            )
            for start in starts
        ),
    )


def _incident_table(evidence: Evidence, items: Sequence[Incident]) -> Table:
    zone = evidence.project.tz
    return Table(
        columns=("opened", "what", "cause", "owner", "state"),
        rows=tuple(
            (
                day(item.opened_at, zone),
                item.what,
                f"{item.cause_stage}: {item.cause}",
                item.owner.value,
                f"{item.state}, {day(item.closed_at, zone)}" if item.closed_at else item.state.value,
            )
            for item in items
        ),
    )
