"""The pieces that charts over time are made of.

Invariant: an axis of time shows the project's own calendar: times are written as local time and read as UTC, so that
neither the machine's zone nor a change of daylight saving time moves a month. Data are values, never expressions.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import altair as alt

from copml.conformance import Evidence
from copml.conformance.figures import window_name
from copml.records import Measurement
from copml.reporting.events import Event
from copml.reporting.theme import ink

Layer = Any
"""An Altair chart or layer; its own types are too wide to help here."""
Rows = list[dict[str, object]]
DASH = [6, 4]
DOTS = [2, 3]
BAND_OPACITY = 0.18
LABEL_GAP = 10
"""Pixels between two labels of the axis of time; a label without them is left out."""
_STEPS = ((8, 1), (18, 2), (36, 3), (72, 6))


def stamp(at: datetime, zone: ZoneInfo) -> str:
    """A time on the project's calendar, as text for a chart's data."""
    return at.astimezone(zone).replace(tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def data(rows: Rows) -> alt.InlineData:
    """Rows of plain values for a chart."""
    return alt.InlineData(values=rows)


def time_axis(field: str, first: datetime, last: datetime, title: str | None = None) -> alt.X:
    """The axis of time from `first` to `last`, with a label every few months."""
    months = max(1, round((last - first).days / 30.4))
    step = next((step for limit, step in _STEPS if months <= limit), 12)
    axis = alt.Axis(
        format="%b %Y",
        tickCount={"interval": "month", "step": step},
        labelOverlap=True,
        labelSeparation=LABEL_GAP,
        title=title,
    )
    return alt.X(f"{field}:T", scale=alt.Scale(type="utc"), axis=axis)


def prediction_axis(evidence: Evidence, items: Sequence[Measurement], *, to_end: bool = False) -> alt.X:
    """The axis of time for what is measured by the window of the prediction, up to the last start, or to its end."""
    title = f"{evidence.project.monitoring.every} of the prediction"
    return time_axis("at", items[0].starts_at, items[-1].ends_at if to_end else items[-1].starts_at, title)


def by_prediction(evidence: Evidence, items: Sequence[Measurement]) -> str:
    """Why an effect may stand to the left of its cause, where outcomes come after the prediction."""
    horizon = evidence.project.data.outcome.horizon
    if horizon is None:
        return ""
    words = (
        f"Drawn by the {evidence.project.monitoring.every} of the prediction; its outcomes come up to {horizon} later"
    )
    cause = items[-1].starts_at
    reached = horizon.before(cause, evidence.project.tz)
    seen = max((item.starts_at for item in items if item.starts_at <= reached), default=items[0].starts_at)
    if seen == cause:
        return f"{words}."
    return f"{words}, so what happens in {window_name(evidence, cause)} is seen from {window_name(evidence, seen)} on."


def captioned(*parts: str) -> str:
    """The sentences of a caption, without those that are empty."""
    return " ".join(part for part in parts if part)


def value_axis(field: str, form: str, *, zero: bool = False) -> alt.Y:
    """The axis of values, with labels in d3's number format."""
    axis = alt.Axis(labelExpr=f"datum.value ? format(datum.value, '{form}') : '0'", title=None, tickCount=6)
    return alt.Y(f"{field}:Q", axis=axis, scale=alt.Scale(zero=zero, nice=True))


def measured_rows(items: Sequence[Measurement], zone: ZoneInfo) -> Rows:
    """Measurements as rows: `at`, `value`, `low`, `high`."""
    return [
        {"at": stamp(item.starts_at, zone), "value": item.value, "low": item.low, "high": item.high} for item in items
    ]


def line(rows: Rows, x: alt.X, y: alt.Y, name: str, *, dash: Sequence[int] = (), mark: str = "circle") -> list[Layer]:
    """A line with a mark at every value, or without marks where it is dashed."""
    chart = alt.Chart(data(rows)).encode(x=x, y=y)
    drawn = [chart.mark_line(color=ink(name), strokeWidth=2.2, strokeDash=[*dash] if dash else alt.Undefined)]
    if not dash:
        drawn.append(chart.mark_point(color=ink(name), filled=True, opacity=1, size=34, shape=mark))
    return drawn


def band(rows: Rows, x: alt.X, y: alt.Y, name: str) -> Layer:
    """The interval around a line, from `low` to `high`."""
    chart = alt.Chart(data(rows)).mark_area(color=ink(name), opacity=BAND_OPACITY)
    return chart.encode(x=x, y=alt.Y("low:Q", axis=y["axis"], scale=y["scale"]), y2="high:Q")


def level(value: float, y: alt.Y, name: str, *, dash: Sequence[int] = DASH) -> Layer:
    """A horizontal line at a value."""
    rule = alt.Chart(data([{"value": value}])).mark_rule(color=ink(name), strokeDash=[*dash], strokeWidth=1.6)
    return rule.encode(y=y)


def marks(found: Sequence[Event], x: alt.X, zone: ZoneInfo) -> list[Layer]:
    """A dotted line and its numbers for everything that happened, above the chart."""
    by_month: dict[str, list[str]] = {}
    for event in found:
        by_month.setdefault(stamp(event.at, zone)[:7], []).append(str(event.number))
    rows: Rows = [{"at": f"{start}-01T00:00:00Z", "label": ",".join(numbers)} for start, numbers in by_month.items()]
    if not rows:
        return []
    chart = alt.Chart(data(rows)).encode(x=x)
    return [
        chart.mark_rule(color=ink("quiet"), strokeDash=DOTS, strokeWidth=1),
        chart.mark_text(color=ink("quiet"), baseline="bottom", fontSize=11).encode(text="label:N", y=alt.value(-3)),
    ]


def layered(layers: Sequence[Layer]) -> Layer:
    """Layers over one another, on shared axes."""
    return alt.layer(*layers)
