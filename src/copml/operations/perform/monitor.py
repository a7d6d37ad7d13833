"""Measure a window: its inputs at once, its KPI when it is over, the rest when its outcomes have matured.

Invariant: reads through a `Bench` and hands values to pure functions; a window's second measurement keeps the first.
"""

from collections.abc import Callable
from dataclasses import replace

from copml.errors import MetricUndefined
from copml.monitoring import PerformanceFound, helped, performance_measurements
from copml.operations.agenda import Task
from copml.operations.gaps import gap_records
from copml.operations.perform.bench import Bench
from copml.operations.signs import drift, occasion, quality, service, untreated
from copml.operations.stages import Kept, Stages
from copml.operations.view import View
from copml.records import SEGMENT_ALL, Interval, Measurement, ProblemKind, Window
from copml.spec.project import Kpi, Project
from copml.spec.vocabulary import FIRST_METRIC
from copml.value import Episodes, effect, kpi, net_value, running_cost

POOLED_WINDOWS = 12
"""How many windows the pooled effect looks back."""
SEGMENT_POOLED = "pooled"
CORRECTIONS = "corrections"

Measured = tuple[Measurement, ...]


def monitor(task: Task, view: View, stages: Stages) -> Kept:
    """Measure what the task names."""
    assert task.window is not None
    seen = occasion(view, task.window, again=task.subject == CORRECTIONS)
    bench = Bench(view=view, lake=stages.lake, window=task.window, occasion=seen)
    return MEASURES[task.subject](bench)


def inputs(bench: Bench) -> Kept:
    """Drift against the version that served, the quality of what was ingested, and incidents of what came empty."""
    view, window = bench.view, bench.window
    shift = drift(view, window)
    gaps = gap_records(view, window, shift.upstream)
    return Kept(records=(*shift.measurements, *quality(view, window).measurements, *gaps))


def goal(bench: Bench) -> Kept:
    """The KPI of the window, and whether its batches came in time."""
    view, project = bench.view, bench.view.project
    came = service(view, bench.window).measurements
    if not view.scored_in(bench.window) or project.business.kpi.metric is not None or not _counts_events(project):
        return Kept(records=came)
    rows = bench.predictions([bench.window])
    found = kpi(
        bench.occasion,
        project.business.kpi.name,
        rows["entity"],
        bench.events(),
        control=rows["entity"].filter(rows["control"]) if project.business.control_group.share else None,
        treated=rows["entity"].filter(rows["treat"]) if project.data.treatment is not None else None,
    )
    return Kept(records=(*came, *found))


def outcomes(bench: Bench) -> Kept:
    """Performance, effect and value of a window whose outcomes are known; the note says what has no value, and why."""
    view = bench.view
    worth = _worth(bench) if view.project.data.treatment is not None else ()
    found = _performance(bench, bench.window)
    seen = found.measurements
    return Kept(
        records=(*seen, *_judged_by(view.project.business.kpi, seen), *worth, *_gain(bench)), note=_without_value(found)
    )


def _without_value(found: PerformanceFound) -> str:
    """The metrics of all entities that have no value, by the reason."""
    names: dict[str, list[str]] = {}
    for name, reason in found.undefined.items():
        metric, _, segment = name.rpartition(".")
        if segment == SEGMENT_ALL:
            names.setdefault(reason, []).append(metric)
    return "; ".join(f"no {', '.join(metrics)}: {reason}" for reason, metrics in names.items())


MEASURES: dict[str, Callable[[Bench], Kept]] = {
    "inputs": inputs,
    "kpi": goal,
    "outcomes": outcomes,
    CORRECTIONS: outcomes,
}


def _counts_events(project: Project) -> bool:
    """Whether a KPI can be counted: how many of those who were there had the event."""
    return project.data.outcome.kind in (ProblemKind.BINARY, ProblemKind.RANKING)


def _judged_by(kpi: Kpi, seen: Measured) -> Measured:
    """The KPI, where it is a metric of the model."""
    return tuple(
        replace(item, metric=kpi.name) for item in seen if (item.metric, item.segment) == (kpi.metric, SEGMENT_ALL)
    )


def _performance(bench: Bench, window: Window) -> PerformanceFound:
    project = bench.view.project
    rows = bench.predictions([window])
    return performance_measurements(
        bench.occasion,
        rows,
        bench.outcomes(rows),
        metrics=project.metrics,
        rule=project.rule,
    )


def _worth(bench: Bench) -> Measured:
    """Effect and money of the window's episodes, and of the last year's together."""
    view = bench.view
    span = [window for window in view.windows if window.starts_at <= bench.window.starts_at][-POOLED_WINDOWS:]
    running = running_cost(view.project.business.value.running, view.project.monitoring.every)
    year = Episodes.matured(bench.episodes(span))
    own = _money(bench, year.of(bench.window.starts_at), running, SEGMENT_ALL)
    return own + _money(bench, year, running * len(span), SEGMENT_POOLED)


def _money(bench: Bench, episodes: Episodes, running: float, segment: str) -> Measured:
    business = bench.view.project.business
    try:
        seen = effect(bench.occasion, episodes, segment=segment, better=business.kpi.better)
    except MetricUndefined:
        return ()
    interval = Interval(value=seen.value, low=seen.low, high=seen.high, n=seen.n)
    value = business.value
    return (seen, *net_value(bench.occasion, interval, episodes.treated, value, running=running, segment=segment))


def _gain(bench: Bench) -> Measured:
    """Whether the version that serves first in this window is better than the one before, on control entities."""
    view = bench.view
    scored = [window for window in view.windows if view.scored_in(window) and window.starts_at < bench.window.starts_at]
    if not scored or view.scored_in(scored[-1])[-1].version == bench.occasion.version:
        return ()
    before, after = (_performance(bench, window).samples for window in (scored[-1], bench.window))
    segment, metric = untreated(view), FIRST_METRIC[view.project.rule.kind]
    if segment not in before or segment not in after:
        return ()
    try:
        return (helped(bench.occasion, metric, before[segment], after[segment], segment=segment),)
    except MetricUndefined:
        return ()
