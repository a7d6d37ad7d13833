"""Charts of an exploration: strengths, the event by value, both over time, drift, missing values.

Invariant: as in `watch_charts`, a step of a heat map is told by its ink and, from the third step on, by a mark in the
cell. At most `COLUMNS_MAX` columns are drawn, the strongest or worst.
"""

from collections.abc import Callable, Mapping, Sequence
from zoneinfo import ZoneInfo

import altair as alt

from copml.conformance.words import number, share
from copml.exploration import Association, Exploration
from copml.records import Interval, Window
from copml.reporting.charts import DASH, Layer, Rows, data, layered, stamp
from copml.reporting.drawing import HALF_WIDTH, Figure, Frame, Key, Table, draw
from copml.reporting.theme import ink

COLUMNS_MAX = 30
RATES_MAX = 6
ROW_HEIGHT = 24
AXES_HEIGHT = 60
WINDOW_LABELS_MAX = 8
# An area of 0.5 tells nothing; from 0.9 on a column is suspected to be known only afterwards.
SUSPECT = 0.9
STRENGTH_STEPS = (0.55, 0.65, 0.8)
STRENGTH_NAMES = ("up to 0.55: tells next to nothing", "up to 0.65", "up to 0.8", "above 0.8")
# Parts of the limit: half of it is where a change begins to be worth seeing, twice of it where it is plain.
DRIFT_STEPS = (0.5, 1.0, 2.0)
DRIFT_NAMES = ("as in the first part", "some change", "drifted", "strongly drifted")


def strength_figure(found: Exploration) -> Figure | None:
    """How well each column alone tells the outcome."""
    items = found.associations[:COLUMNS_MAX]
    if not items:
        return None
    frame = Frame(
        id="strengths",
        title="How well each column alone tells the outcome",
        caption="Area under the ROC curve, with its 95 % interval, on rows that the ranking was not made on. "
        f"0.5 tells nothing; what lies beyond {SUSPECT} should be known before the outcome.",
        keys=(
            Key(ink="first", form="dot", name="strength"),
            Key(ink="quiet", form="line", name="0.5, nothing"),
            Key(ink="bad", form="dash", name=f"{SUSPECT}, suspicious"),
        ),
        table=Table(
            columns=("column", "strength", "low", "high"),
            rows=tuple((item.column, *_three(item.strength, lambda value: number(value, 3))) for item in items),
        ),
        height=AXES_HEIGHT + ROW_HEIGHT * len(items),
        is_list=True,
    )
    return draw(strength_chart(items), frame)


def strength_chart(items: Sequence[Association]) -> Layer:
    """The chart alone."""
    rows: Rows = [_row(item.column, item.strength) for item in items]
    low = min(0.45, *(item.strength.low for item in items))
    x = alt.X(
        "value:Q", scale=alt.Scale(domain=[low, 1.0], nice=False), axis=alt.Axis(title=None, format=".1f", tickCount=6)
    )
    y = _names([item.column for item in items])
    levels = [
        alt.Chart(data([{"value": 0.5}])).mark_rule(color=ink("quiet")).encode(x=x),
        alt.Chart(data([{"value": SUSPECT}])).mark_rule(color=ink("bad"), strokeDash=DASH).encode(x=x),
    ]
    return layered([*levels, *_intervals(rows, x, y)])


def rate_figures(found: Exploration) -> list[Figure]:
    """The share of the event by value, for the strongest columns."""
    return [_rate_figure(place, item) for place, item in enumerate(found.associations[:RATES_MAX]) if item.rates]


def _rate_figure(place: int, item: Association) -> Figure:
    labels = [f"{rate.label}" for rate in item.rates]
    rows: Rows = [_row(rate.label, rate.share) for rate in item.rates]
    x = alt.X("value:Q", scale=alt.Scale(zero=True, nice=True), axis=alt.Axis(title=None, format=".0%", tickCount=5))
    frame = Frame(
        id=f"rate-{place}",
        title=item.column,
        caption="Share of the event among the rows of each value, with its 95 % interval.",
        keys=(Key(ink="first", form="dot", name="share of the event"),),
        table=Table(
            columns=(item.column, "share", "low", "high", "rows"),
            rows=tuple((rate.label, *_three(rate.share, share), f"{rate.share.n:,}") for rate in item.rates),
        ),
        width=HALF_WIDTH,
        height=AXES_HEIGHT + ROW_HEIGHT * len(labels),
        is_list=True,
    )
    return draw(layered(_intervals(rows, x, _names(labels))), frame)


def strength_history_figure(found: Exploration, zone: ZoneInfo) -> Figure | None:
    """How well each column tells the outcome, window by window."""
    items = [item for item in found.associations if any(item.by_window)][:COLUMNS_MAX]
    if found.history is None or not items:
        return None
    cells = {item.column: item.by_window for item in items}
    frame = Frame(
        id="strength-history",
        title="How well each column tells the outcome, window by window",
        caption="The same ranking in every window. A cell is empty where the column does not vary, or only one outcome "
        "is known.",
        keys=_heat_keys(STRENGTH_NAMES),
        table=_table(cells, found.history.windows, zone, found.history.every),
        height=AXES_HEIGHT + ROW_HEIGHT * len(items),
        is_list=True,
    )
    return draw(_heat(cells, found.history.windows, zone, found.history.every, STRENGTH_STEPS), frame)


def drift_figure(found: Exploration, zone: ZoneInfo) -> Figure | None:
    """How far each column is from the first part of the history, window by window."""
    if found.history is None or not found.drift:
        return None
    items = found.drift[:COLUMNS_MAX]
    windows = found.history.windows[found.reference :]
    cells = {item.column: item.by_window for item in items}
    frame = Frame(
        id="drift",
        title="Drift by column, against the first part of the history",
        caption=f"Population stability index by window; above {found.drift_limit:g} a column counts as drifted.",
        keys=_heat_keys(DRIFT_NAMES),
        table=_table(cells, windows, zone, found.history.every),
        height=AXES_HEIGHT + ROW_HEIGHT * len(items),
        is_list=True,
    )
    steps = [step * found.drift_limit for step in DRIFT_STEPS]
    return draw(_heat(cells, windows, zone, found.history.every, steps), frame)


def missing_figure(found: Exploration) -> Figure | None:
    """The share of missing values by column."""
    gappy = sorted((item for item in found.columns if item.missing), key=lambda item: (-item.missing, item.name))
    items = gappy[:COLUMNS_MAX]
    if not items:
        return None
    rows: Rows = [{"name": item.name, "value": item.missing_ratio} for item in items]
    x = alt.X("value:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(title=None, format=".0%", tickCount=5))
    bars = alt.Chart(data(rows)).mark_bar(color=ink("second"), height=12).encode(x=x, y=_names([i.name for i in items]))
    left = len(gappy) - len(items)
    frame = Frame(
        id="missing-values",
        title="Missing values by column",
        caption=f"Share of rows without a value. {left} more columns miss fewer."
        if left
        else "Share of rows without a value; all other columns are complete.",
        keys=(Key(ink="second", form="bar", name="missing"),),
        table=Table(
            columns=("column", "missing", "rows"),
            rows=tuple((item.name, share(item.missing_ratio), f"{item.missing:,}") for item in items),
        ),
        height=AXES_HEIGHT + ROW_HEIGHT * len(items),
        is_list=True,
    )
    return draw(layered([bars]), frame)


def _names(labels: Sequence[str]) -> alt.Y:
    return alt.Y("name:N", sort=[*labels], axis=alt.Axis(title=None, grid=False, labelFlush=False, domain=False))


def _row(name: str, seen: Interval) -> dict[str, object]:
    return {"name": name, "value": seen.value, "low": seen.low, "high": seen.high}


def _intervals(rows: Rows, x: alt.X, y: alt.Y) -> list[Layer]:
    chart = alt.Chart(data(rows)).encode(y=y)
    bars = chart.mark_rule(color=ink("first"), strokeWidth=2)
    bars = bars.encode(x=alt.X("low:Q", scale=x["scale"], axis=x["axis"]), x2="high:Q")
    return [bars, chart.mark_point(color=ink("first"), filled=True, opacity=1, size=46).encode(x=x)]


def _heat(
    cells: Mapping[str, Sequence[Interval | None]],
    windows: Sequence[Window],
    zone: ZoneInfo,
    every: str,
    steps: Sequence[float],
) -> Layer:
    names = [_name(window, zone, every) for window in windows]
    rows: Rows = [
        {"window": names[place], "column": column, "step": sum(seen.value > limit for limit in steps)}
        for column, series in cells.items()
        for place, seen in enumerate(series)
        if seen is not None
    ]
    shown = names[:: -(-len(names) // WINDOW_LABELS_MAX)]
    axis = alt.Axis(
        title=None, labelAngle=0, values=shown, domain=False, grid=False, labelFlush=False, labelOverlap=True
    )
    x = alt.X("window:O", sort=names, scale=alt.Scale(domain=names, paddingInner=0.04), axis=axis)
    y = alt.Y("column:N", sort=[*cells], axis=alt.Axis(title=None, grid=False, labelFlush=False, domain=False))
    inks = [ink(f"heat-{step}") for step in range(len(steps) + 1)]
    color = alt.Color("step:O", scale=alt.Scale(domain=[*range(len(inks))], range=inks), legend=None)
    drawn = [alt.Chart(data(rows)).mark_rect().encode(x=x, y=y, color=color)]
    if strong := [row for row in rows if row["step"] in (2, 3)]:
        marks = alt.Chart(data(strong)).mark_point(
            color=ink("heat-0"), filled=True, opacity=1, size=30, shape="diamond"
        )
        drawn.append(marks.encode(x=x, y=y))
    return layered(drawn)


def _heat_keys(names: Sequence[str]) -> tuple[Key, ...]:
    return tuple(Key(ink=f"heat-{step}", form="bar", name=name) for step, name in enumerate(names))


def _name(window: Window, zone: ZoneInfo, every: str) -> str:
    """The start of a window, no longer than it must be."""
    at = window.starts_at.astimezone(zone)
    forms = {"hour": "%d %b %H:%M", "day": "%d %b", "week": "%d %b %y", "year": "%Y"}
    return at.strftime(forms.get(every, "%b %Y"))


def _table(
    cells: Mapping[str, Sequence[Interval | None]], windows: Sequence[Window], zone: ZoneInfo, every: str
) -> Table:
    return Table(
        columns=(every, *cells),
        rows=tuple(
            (
                stamp(window.starts_at, zone)[: 16 if every == "hour" else 10].replace("T", " "),
                *("–" if series[place] is None else number(_value(series[place]), 2) for series in cells.values()),
            )
            for place, window in enumerate(windows)
        ),
    )


def _value(seen: Interval | None) -> float:
    assert seen is not None, "only what was measured is written out"
    return seen.value


def _three(seen: Interval, form: Callable[[float], str]) -> tuple[str, str, str]:
    return form(seen.value), form(seen.low), form(seen.high)
