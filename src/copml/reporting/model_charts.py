"""Charts about the model: what it is judged by on all and on control, naive retraining beside the right one.

Invariant: accuracy on all and on control are always drawn together and said apart, because a treatment that works makes
the first fall and leaves the second where it was.
"""

from collections.abc import Sequence
from datetime import datetime

from copml.conformance import Evidence
from copml.conformance.evidence import Metric
from copml.conformance.figures import window_name
from copml.conformance.words import between, count, listed, number, points, share
from copml.records import SEGMENT_ALL, SEGMENT_CONTROL, Measurement
from copml.reporting.business_charts import truth_in
from copml.reporting.charts import (
    DASH,
    Rows,
    band,
    by_prediction,
    captioned,
    layered,
    line,
    marks,
    measured_rows,
    prediction_axis,
    stamp,
    time_axis,
    value_axis,
)
from copml.reporting.drawing import Figure, Frame, Key, Table, draw
from copml.reporting.events import Event
from copml.reporting.judged import Judged, judged_by
from copml.reporting.truth import Naive, Truth

# A smaller gap than two points between the two accuracies is within what a month's noise does.
GAP_VISIBLE = 0.02
LOSS_DIGITS = 3
"""Digits to which two models of a pair are compared, as they are shown."""


def performance_chart(evidence: Evidence, truth: Truth | None, found: Sequence[Event]) -> Figure | None:
    """What the model is judged by, on all and on control, with the best that is possible where that is known."""
    judged = judged_by(evidence)
    on_all, control = (evidence.series(judged.metric, segment) for segment in (SEGMENT_ALL, SEGMENT_CONTROL))
    if not on_all:
        return None
    zone = evidence.project.tz
    known = truth_in(truth, on_all) if judged.metric == Metric.ACCURACY else ()
    possible: Rows = [
        {"at": stamp(item.starts_at, zone), "value": item.accuracy_possible}
        for item in known
        if item.accuracy_possible is not None
    ]
    x = prediction_axis(evidence, on_all)
    y = value_axis("value", judged.axis)
    layers = [
        band(measured_rows(control, zone), x, y, "second"),
        band(measured_rows(on_all, zone), x, y, "first"),
        *(line(possible, x, y, "truth", dash=DASH) if possible else []),
        *line(measured_rows(control, zone), x, y, "second", mark="square"),
        *line(measured_rows(on_all, zone), x, y, "first"),
        *marks([event for event in found if on_all[0].starts_at <= event.at < on_all[-1].ends_at], x, zone),
    ]
    frame = Frame(
        id="performance",
        title=f"{judged.name} on all customers and on the control group" if control else judged.name,
        caption=captioned(
            explained(evidence) if control and judged.metric == Metric.ACCURACY else "",
            "Shaded bands are 95 % intervals.",
            by_prediction(evidence, on_all),
        ),
        keys=_performance_keys(bool(control), bool(possible)),
        table=_performance_table(evidence, judged, on_all, control),
    )
    return draw(layered(layers), frame)


def _performance_keys(has_control: bool, has_truth: bool) -> tuple[Key, ...]:
    if not has_control:
        return (Key(ink="first", form="dot", name="on all predictions"),)
    best = (Key(ink="truth", form="dash", name="best possible (simulated truth)"),) if has_truth else ()
    return (
        Key(ink="second", form="square", name="on the control group, who get no treatment"),
        Key(ink="first", form="dot", name="on all customers"),
        *best,
    )


def naive_chart(evidence: Evidence, naive: Naive | None) -> Figure | None:
    """A metric of naive retraining beside the right one."""
    if naive is None or not naive.months:
        return None
    zone = evidence.project.tz
    x = time_axis("at", naive.months[0].starts_at, naive.months[-1].starts_at)
    y = value_axis("value", ".0%" if naive.metric == Metric.ACCURACY else ".2f")
    form = share if naive.metric == Metric.ACCURACY else lambda value: number(value, 3)
    right: Rows = [{"at": stamp(item.starts_at, zone), "value": item.right} for item in naive.months]
    wrong: Rows = [{"at": stamp(item.starts_at, zone), "value": item.naive} for item in naive.months]
    name = naive.metric.replace("_", " ")
    frame = Frame(
        id="naive",
        title=f"Retraining on everybody's outcome, beside retraining on untreated outcomes: {name}",
        caption=captioned(
            "Who was about to leave and stayed because of an offer looks loyal in everybody's outcomes.",
            _compared(evidence, naive),
            "Both are measured on customers without an offer; without intervals, a small difference may be chance.",
        ),
        keys=(
            Key(ink="second", form="square", name="retrained on untreated outcomes, as this project does"),
            Key(ink="first", form="dot", name="retrained on everybody's outcomes"),
        ),
        table=Table(
            columns=("window", "on untreated outcomes", "on everybody's outcomes"),
            rows=tuple(
                (window_name(evidence, item.starts_at), form(item.right), form(item.naive)) for item in naive.months
            ),
        ),
    )
    return draw(layered([*line(right, x, y, "second", mark="square"), *line(wrong, x, y, "first")]), frame)


def _compared(evidence: Evidence, naive: Naive) -> str:
    """In how many pairs the naive model was worse, by how much, and where it was not."""
    form = points if naive.metric == Metric.ACCURACY else lambda value: number(value, 3)
    losses = {item.starts_at: round(item.right - item.naive, LOSS_DIGITS) for item in naive.months}
    worse = [loss for loss in losses.values() if loss > 0]
    mean = sum(losses.values()) / len(losses)
    words = f"Here the model retrained on them was the worse one in {len(worse)} of {count(len(losses), 'pair')}"
    if worse:
        words += f", by {form(max(worse))} at most"
    words += f", and {form(abs(mean))} {'worse' if mean > 0 else 'better'} on average over all pairs."
    other = [window_name(evidence, start) for start, loss in losses.items() if loss <= 0]
    return f"{words} It was no worse in {listed(other)}." if worse and other else words


def explained(evidence: Evidence) -> str:
    """What the two accuracies say together, with their figures."""
    gaps = _gaps(evidence)
    surely = [item.starts_at for item in evidence.series(Metric.EFFECT) if item.low > 0]
    working = [gaps[start] for start in surely if start in gaps]
    rule = (
        "A treatment that works makes accuracy on all fall: whoever stays because of it was rightly expected to leave, "
        "and counts as a mistake. The control group shows how good the model really is."
    )
    if not working:
        return rule
    mean = sum(working) / len(working)
    if mean < GAP_VISIBLE:
        return f"{rule} Here the two lie {points(mean)} apart on average, which is hardly visible."
    return (
        f"{rule} Here accuracy on all was {points(mean)} lower on average in the {len(working)} windows in which the "
        "treatment surely helped, which is the treatment at work and not a worse model."
    )


def _gaps(evidence: Evidence) -> dict[datetime, float]:
    on_all = {item.starts_at: item.value for item in evidence.series(Metric.ACCURACY, SEGMENT_ALL)}
    control = {item.starts_at: item.value for item in evidence.series(Metric.ACCURACY, SEGMENT_CONTROL)}
    return {start: control[start] - value for start, value in on_all.items() if start in control}


def _performance_table(
    evidence: Evidence, judged: Judged, on_all: Sequence[Measurement], control: Sequence[Measurement]
) -> Table:
    held = {item.starts_at: item for item in control}
    on_control = ("on control", "95 % interval") if control else ()
    return Table(
        columns=("window", "on all", "95 % interval", *on_control, "version"),
        rows=tuple(
            (
                window_name(evidence, item.starts_at),
                *_value_and_interval(judged, item),
                *(_value_and_interval(judged, held.get(item.starts_at)) if control else ()),
                item.version or "–",
            )
            for item in on_all
        ),
    )


def _value_and_interval(judged: Judged, item: Measurement | None) -> tuple[str, str]:
    return ("–", "–") if item is None else (judged.form(item.value), between(item.low, item.high, judged.form))
