"""The figures that a verdict, a report and a terminal all quote.

Invariant: each figure is worked out here and nowhere else, with its interval and the number of windows behind it. An
effect is the difference in the share of outcomes between control and treated, as `value` measures it: positive is good.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from copml.conformance.evidence import Evidence, Metric
from copml.conformance.pooled import mean, total
from copml.conformance.words import day, month, number, points, share
from copml.records import Interval, Measurement
from copml.spec.periods import Duration, Period

SEGMENT_POOLED = "pooled"
"""The segment of measurements over the newest twelve windows together."""
YEAR = Duration(12, Period.MONTH)
# Enough windows to smooth a single month, few enough to notice within half a year that an offer stopped working.
EFFECT_WINDOWS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Pooled:
    """A figure over several windows, and those windows, oldest first; at least one."""

    interval: Interval
    windows: tuple[Measurement, ...]


def recent_effect(evidence: Evidence) -> Pooled | None:
    """The effect over the newest windows; None before any effect could be measured."""
    items = tuple(item for item in evidence.series(Metric.EFFECT) if item.n)[-EFFECT_WINDOWS:]
    return Pooled(interval=mean(items), windows=items) if items else None


def recent_net(evidence: Evidence) -> Pooled | None:
    """Net value over the newest twelve months that were measured; None before any was."""
    windows = this_year(evidence, Metric.NET_VALUE)
    pooled = {item.starts_at: item for item in evidence.series(Metric.NET_VALUE, SEGMENT_POOLED)}
    if not windows or windows[-1].starts_at not in pooled:
        return summed(windows)
    year = pooled[windows[-1].starts_at]
    return Pooled(interval=Interval(value=year.value, low=year.low, high=year.high, n=year.n), windows=windows)


def summed(windows: tuple[Measurement, ...]) -> Pooled | None:
    """The sum of some windows of one metric; None without any."""
    return Pooled(interval=total(windows), windows=windows) if windows else None


def this_year(evidence: Evidence, metric: str) -> tuple[Measurement, ...]:
    """The newest twelve months of a metric that were measured; outcomes mature late, so not those up to now."""
    items = evidence.series(metric)
    since = YEAR.before(items[-1].ends_at, evidence.project.tz) if items else evidence.now
    return tuple(item for item in items if item.starts_at >= since)


def frequency(evidence: Evidence, effect: float) -> str:
    """What an effect means for the outcome of those treated: `4.2 percentage points less frequent`."""
    fewer = (effect > 0) == (evidence.project.business.kpi.better == "lower")
    return f"{points(abs(effect))} {'less' if fewer else 'more'} frequent"


def kpi_form(evidence: Evidence) -> Callable[[float], str]:
    """How the KPI is written: as a share where baseline and target lie in 0 to 1, else as a number."""
    kpi = evidence.project.business.kpi
    ratio = 0 <= kpi.baseline <= 1 and 0 <= kpi.target <= 1
    return share if ratio else lambda value: number(value, 2 if abs(value) < 100 else 0)


def window_name(evidence: Evidence, starts_at: datetime) -> str:
    """What a monitoring window is called: `July 2026` where windows are months, else the day on which it starts."""
    form = month if evidence.project.monitoring.every is Period.MONTH else day
    return form(starts_at, evidence.project.tz)
