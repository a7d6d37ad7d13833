"""Charts for the business owner: the KPI, net value, the effect of the treatment.

Invariant: what was measured is drawn solid with its interval, what is known of a simulated world is dashed, and a
target is a line of its own ink. A chart without any measurement is None, and the page says why.
"""

from collections.abc import Sequence

import altair as alt

from copml.conformance import Evidence
from copml.conformance.evidence import Metric
from copml.conformance.figures import Pooled, kpi_form, summed, window_name
from copml.conformance.words import between, money, points, share
from copml.records import SEGMENT_CONTROL, Measurement
from copml.reporting.charts import (
    DASH,
    DOTS,
    Layer,
    Rows,
    band,
    by_prediction,
    captioned,
    data,
    layered,
    level,
    line,
    marks,
    measured_rows,
    prediction_axis,
    stamp,
    time_axis,
    value_axis,
)
from copml.reporting.drawing import HALF_WIDTH, Figure, Frame, Key, Table, draw
from copml.reporting.events import Event
from copml.reporting.headlines import is_pooled
from copml.reporting.theme import ink
from copml.reporting.truth import Truth, TruthMonth

BAR_SHARE = 0.7
"""How much of a window's width its bar takes."""


def kpi_chart(evidence: Evidence, truth: Truth | None, found: Sequence[Event]) -> Figure | None:
    """The KPI against baseline and target, on all and in the control group, and without the programme where known."""
    kpi, zone, form = evidence.project.business.kpi, evidence.project.tz, kpi_form(evidence)
    items, control = evidence.series(kpi.name), evidence.series(kpi.name, SEGMENT_CONTROL)
    if not items:
        return None
    known = truth_in(truth, items)
    without: Rows = [
        {"at": stamp(item.starts_at, zone), "value": item.churn_rate_without}
        for item in known
        if item.churn_rate_without is not None
    ]
    x = time_axis("at", items[0].starts_at, items[-1].starts_at)
    y = value_axis("value", ".0%" if form is share else "~s", zero=True)
    rows, held = measured_rows(items, zone), measured_rows(control, zone)
    layers = [level(kpi.baseline, y, "quiet"), level(kpi.target, y, "target"), band(rows, x, y, "first")]
    layers += line(without, x, y, "truth", dash=DASH) if without else []
    layers += line(held, x, y, "second", mark="square") if held else []
    name = kpi.name.replace("_", " ")
    keys = (
        Key(ink="first", form="dot", name=f"{name}, all customers"),
        *([Key(ink="second", form="square", name="control group")] if held else []),
        Key(ink="target", form="dash", name=f"target {form(kpi.target)}"),
        Key(ink="quiet", form="dash", name=f"baseline {form(kpi.baseline)}"),
        *([Key(ink="truth", form="dash", name="without the programme (simulated truth)")] if without else []),
    )
    frame = Frame(
        id="kpi",
        title=f"{name.capitalize()} per {kpi.every} against its target",
        caption="The shaded band is the 95 % interval. Numbers above the chart are the events under What happened.",
        keys=keys,
        table=_kpi_table(evidence, items, known),
    )
    return draw(layered([*layers, *line(rows, x, y, "first"), *marks(_within(found, items), x, zone)]), frame)


def _kpi_table(evidence: Evidence, items: Sequence[Measurement], known: Sequence[TruthMonth]) -> Table:
    kpi, form = evidence.project.business.kpi, kpi_form(evidence)
    held = {item.starts_at: item for item in evidence.series(kpi.name, SEGMENT_CONTROL)}
    return Table(
        columns=("window", kpi.name, "95 % interval", "in the control group", "without the programme (truth)"),
        rows=tuple(
            (
                window_name(evidence, item.starts_at),
                form(item.value),
                between(item.low, item.high, form),
                form(held[item.starts_at].value) if item.starts_at in held else "–",
                _true(known, item, "churn_rate_without"),
            )
            for item in items
        ),
    )


def net_chart(evidence: Evidence, found: Sequence[Event]) -> Figure | None:
    """Net value of each window, with its interval."""
    items = evidence.series(Metric.NET_VALUE)
    if not items:
        return None
    zone, currency = evidence.project.tz, evidence.project.business.value.currency
    rows: Rows = [
        {
            "at": stamp(item.starts_at, zone),
            "until": stamp(item.starts_at + BAR_SHARE * (item.ends_at - item.starts_at), zone),
            "middle": stamp(item.starts_at + BAR_SHARE / 2 * (item.ends_at - item.starts_at), zone),
            "value": item.value,
            "low": item.low,
            "high": item.high,
            "nothing": 0,
        }
        for item in items
    ]
    x = prediction_axis(evidence, items, to_end=True)
    y = value_axis("value", "~s", zero=True)
    bars = alt.Chart(data(rows)).encode(x=x, x2="until:T", y=y, y2="nothing:Q")
    sign = alt.condition("datum.value < 0", alt.value(ink("bad")), alt.value(ink("first")))
    whiskers = alt.Chart(data(rows)).mark_rule(color=ink("ink"), strokeWidth=1.2)
    spans = whiskers.encode(x=alt.X("middle:T", scale=x["scale"], axis=x["axis"]), y=alt.Y("low:Q"), y2="high:Q")
    frame = Frame(
        id="net",
        title=f"Net value of each {evidence.project.monitoring.every}, {currency}",
        caption=captioned(
            "Value of avoided outcomes less treatments, infrastructure and people. Thin lines are 95 % intervals.",
            "The bars do not sum to the net value at the top, which is estimated over its windows together."
            if is_pooled(evidence)
            else "",
            by_prediction(evidence, items),
        ),
        keys=(Key(ink="first", form="bar", name="gain"), Key(ink="bad", form="bar", name="loss")),
        table=Table(
            columns=("window", "net value", "95 % interval"),
            rows=tuple(
                (window_name(evidence, item.starts_at), money(item.value, currency), _money_between(item, currency))
                for item in items
            ),
        ),
        width=HALF_WIDTH,
    )
    zero = level(0, y, "quiet", dash=())
    layers: list[Layer] = [bars.mark_bar(opacity=0.9).encode(color=sign), spans, zero]
    return draw(layered([*layers, *marks(_within(found, items), x, zone)]), frame)


def cumulated_chart(evidence: Evidence, truth: Truth | None, found: Sequence[Event]) -> Figure | None:
    """Net value added up since the first window, with its interval and the truth where it is known."""
    items = evidence.series(Metric.NET_VALUE)
    if not items:
        return None
    zone, currency = evidence.project.tz, evidence.project.business.value.currency
    sums = [pooled for end in range(1, len(items) + 1) if (pooled := summed(items[:end])) is not None]
    rows: Rows = [{"at": stamp(pooled.windows[-1].starts_at, zone), **_interval_row(pooled)} for pooled in sums]
    x = prediction_axis(evidence, items)
    y = value_axis("value", "~s", zero=True)
    known = _true_sums(truth, items)
    dated = zip(items, known, strict=False)
    true_rows: Rows = [{"at": stamp(item.starts_at, zone), "value": value} for item, value in dated]
    layers = [level(0, y, "quiet", dash=()), band(rows, x, y, "first")]
    layers += line(true_rows, x, y, "truth", dash=DASH) if true_rows else []
    keys = (Key(ink="first", form="dot", name="measured, with its 95 % interval"),)
    frame = Frame(
        id="cumulated",
        title=f"Net value added up since the start, {currency}",
        caption=captioned(
            "Where the line falls, the programme loses money; below zero it has lost more than it ever brought.",
            by_prediction(evidence, items),
        ),
        keys=(*keys, Key(ink="truth", form="dash", name="simulated truth")) if true_rows else keys,
        table=Table(
            columns=("up to", "net value so far", "95 % interval", "truth"),
            rows=tuple(
                (
                    window_name(evidence, pooled.windows[-1].starts_at),
                    money(pooled.interval.value, currency),
                    between(pooled.interval.low, pooled.interval.high, lambda amount: money(amount, currency)),
                    money(known[index], currency) if index < len(known) else "–",
                )
                for index, pooled in enumerate(sums)
            ),
        ),
        width=HALF_WIDTH,
    )
    return draw(layered([*layers, *line(rows, x, y, "first"), *marks(_within(found, items), x, zone)]), frame)


def effect_chart(evidence: Evidence, truth: Truth | None, found: Sequence[Event]) -> Figure | None:
    """The effect of the treatment in each window, treated against control."""
    items = tuple(item for item in evidence.series(Metric.EFFECT) if item.n)
    if not items:
        return None
    zone = evidence.project.tz
    frequency = "rarer" if evidence.project.business.kpi.better == "lower" else "more frequent"
    known = truth_in(truth, items)
    true_rows: Rows = [
        {"at": stamp(item.starts_at, zone), "value": item.effect} for item in known if item.effect is not None
    ]
    rows = measured_rows(items, zone)
    x = prediction_axis(evidence, items)
    y = value_axis("value", "+.0%", zero=True)
    spans = alt.Chart(data(rows)).mark_rule(color=ink("first"), strokeWidth=2, opacity=0.55)
    layers = [
        level(0, y, "quiet", dash=DOTS),
        spans.encode(x=x, y=alt.Y("low:Q", axis=y["axis"], scale=y["scale"]), y2="high:Q"),
        *(line(true_rows, x, y, "truth", dash=DASH) if true_rows else []),
        alt.Chart(data(rows)).mark_point(color=ink("first"), filled=True, opacity=1, size=46).encode(x=x, y=y),
    ]
    keys = (
        Key(ink="first", form="dot", name="measured against control, with its 95 % interval"),
        Key(ink="quiet", form="dash", name="no effect"),
    )
    frame = Frame(
        id="effect",
        title=f"Effect of the treatment: how much {frequency} the outcome is than without it",
        caption=captioned(
            "Everybody who was to be treated is compared with everybody who was drawn into the control group, "
            "whatever was really done (intention to treat). An interval that crosses zero cannot be told from no "
            "effect.",
            by_prediction(evidence, items),
        ),
        keys=(*keys, Key(ink="truth", form="dash", name="simulated truth")) if true_rows else keys,
        table=Table(
            columns=("window", "effect", "95 % interval", "customers", "truth"),
            rows=tuple(
                (
                    window_name(evidence, item.starts_at),
                    points(item.value),
                    between(item.low, item.high, points),
                    f"{item.n:,}",
                    _true(known, item, "effect"),
                )
                for item in items
            ),
        ),
    )
    return draw(layered([*layers, *marks(_within(found, items), x, zone)]), frame)


def truth_in(truth: Truth | None, items: Sequence[Measurement]) -> tuple[TruthMonth, ...]:
    """The months of the truth that the measurements cover."""
    if truth is None or not items:
        return ()
    return tuple(month for month in truth.months if items[0].starts_at <= month.starts_at <= items[-1].starts_at)


def _within(found: Sequence[Event], items: Sequence[Measurement]) -> list[Event]:
    return [event for event in found if items[0].starts_at <= event.at < items[-1].ends_at]


def _true(known: Sequence[TruthMonth], item: Measurement, field: str) -> str:
    value = next((getattr(month, field) for month in known if month.starts_at == item.starts_at), None)
    if value is None:
        return "–"
    return points(value) if field == "effect" else share(value)


def _true_sums(truth: Truth | None, items: Sequence[Measurement]) -> list[float]:
    by_start = {month.starts_at: month.net_value for month in truth_in(truth, items)}
    sums: list[float] = []
    for item in items:
        value = by_start.get(item.starts_at)
        if value is None:
            break
        sums.append(value + (sums[-1] if sums else 0.0))
    return sums


def _interval_row(pooled: Pooled) -> dict[str, object]:
    return {"value": pooled.interval.value, "low": pooled.interval.low, "high": pooled.interval.high}


def _money_between(item: Measurement, currency: str) -> str:
    return between(item.low, item.high, lambda amount: money(amount, currency))
