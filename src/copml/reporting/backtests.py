"""The page of a backtest: how a model would have fared under several policies of retraining, and what wins.

Invariant: policies are compared on the windows that all of them have; which one wins is said only as far as the
interval of the difference allows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from statistics import fmean
from typing import Literal
from zoneinfo import ZoneInfo

from copml.conformance.words import count, day, moment, number
from copml.metrics import series_mean
from copml.records import Interval, Measurement
from copml.reporting.charts import DASH, Rows, captioned, layered, line, stamp, time_axis, value_axis
from copml.reporting.drawing import Figure, Frame, Key, Table, draw
from copml.reporting.rendering import fill
from copml.spec.project import Project

INKS = ("first", "second", "truth")
DIGITS = 3
RUNNING_PARTS = 16
"""A chart of many windows shows means over a sixteenth of them, or it would show noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A policy as it was played: the metric window by window, and when a new version was deployed."""

    policy: str
    windows: tuple[Measurement, ...]
    trained: tuple[datetime, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """Policies over the same data. `naive`: what naming the usual outcome would have had, where that is measured."""

    project: Project
    metric: str
    better: Literal["higher", "lower"]
    since: datetime
    until: datetime
    played: tuple[Played, ...]
    naive: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a policy fared: the metric's mean over windows, and how much better it was than the first policy."""

    policy: str
    value: Interval
    gain: Interval | None
    trainings: int


def standings(backtest: Backtest) -> tuple[Standing, ...]:
    """How each policy fared, in the order in which they were played; empty where nothing could be measured."""
    common = set.intersection(*({item.starts_at for item in played.windows} for played in backtest.played))
    series = [
        [item.value for item in played.windows if item.starts_at in common] for played in backtest.played if common
    ]
    sign = 1 if backtest.better == "higher" else -1
    return tuple(
        Standing(
            policy=played.policy,
            value=series_mean(values),
            gain=series_mean([sign * (a - b) for a, b in zip(values, series[0], strict=True)]) if place else None,
            trainings=len(played.trained),
        )
        for place, (played, values) in enumerate(zip(backtest.played, series, strict=False))
    )


def conclusion(backtest: Backtest) -> str:
    """What wins, in a sentence or two."""
    found = standings(backtest)
    if not found:
        return "No window was measured under all policies: there is too little data after the start."
    sign = 1 if backtest.better == "higher" else -1
    best = max(found, key=lambda item: sign * item.value.value)
    mean = f"with a mean {backtest.metric} of {number(best.value.value, DIGITS)} over {count(best.value.n, 'window')}"
    name = _named(best.policy)
    if best.gain is None:
        words = f"{_capital(name)} is ahead, {mean}"
    else:
        lead = f"{_capital(name)} wins" if best.gain.low > 0 else f"No policy surely wins: {name} is ahead"
        words = f"{lead}, {mean}, {number(best.gain.value, DIGITS)} better than {_named(found[0].policy)}"
    usual = [item.value for item in backtest.naive]
    if usual and sign * fmean(usual) > sign * best.value.value:
        words += f". Naming the usual outcome, with {number(fmean(usual), DIGITS)}, is better than all of them"
    return f"{words}."


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"


def backtest_page(backtest: Backtest) -> str:
    """The page as HTML text."""
    zone = backtest.project.tz
    rows = [
        (
            _named(item.policy),
            interval_words(item.value),
            "–" if item.gain is None else interval_words(item.gain),
            str(item.trainings),
        )
        for item in standings(backtest)
    ]
    return fill(
        "backtest.html.j2",
        project=backtest.project,
        title=f"{backtest.project.project}: backtest",
        simulated=False,
        as_of=moment(backtest.until, zone),
        conclusion=conclusion(backtest),
        span=f"{day(backtest.since, zone)} to {day(backtest.until, zone)}",
        metric=backtest.metric,
        better=backtest.better,
        first=backtest.played[0].policy,
        rows=rows,
        figure=_chart(backtest),
    )


def _chart(backtest: Backtest) -> Figure | None:
    items = [item for played in backtest.played for item in played.windows]
    if not items:
        return None
    zone, every = backtest.project.tz, backtest.project.monitoring.every
    times = sorted(item.starts_at for item in items)
    x = time_axis("at", times[0], times[-1], f"{every} of the prediction")
    y = value_axis("value", ".3~g")
    width = max(1, max(len(played.windows) for played in backtest.played) // RUNNING_PARTS)
    layers = []
    for played, name in zip(backtest.played, INKS, strict=False):
        layers += line(_running(played.windows, width, zone), x, y, name)
    if backtest.naive:
        layers += line(_running(backtest.naive, width, zone), x, y, "quiet", dash=DASH)
    keys = tuple(
        Key(ink=name, form="dot", name=_named(played.policy))
        for played, name in zip(backtest.played, INKS, strict=False)
    )
    usual = (Key(ink="quiet", form="dash", name="naming the usual outcome"),) if backtest.naive else ()
    return draw(
        layered(layers),
        Frame(
            id="backtest",
            title=f"{backtest.metric} under each policy",
            caption=captioned(
                f"{_capital(backtest.better)} is better.",
                f"Each point is the mean of the newest {count(width, str(every))}; the table has them one by one."
                if width > 1
                else f"Each point is one {every}.",
            ),
            keys=(*keys, *usual),
            table=_table(backtest),
        ),
    )


def _running(items: Sequence[Measurement], width: int, zone: ZoneInfo) -> Rows:
    """The mean of each window and those before it, `width` of them."""
    values = [item.value for item in items]
    return [
        {"at": stamp(item.starts_at, zone), "value": fmean(values[max(0, place + 1 - width) : place + 1])}
        for place, item in enumerate(items)
    ]


def _table(backtest: Backtest) -> Table:
    by_time: dict[datetime, dict[str, Measurement]] = {}
    for played in backtest.played:
        for item in played.windows:
            by_time.setdefault(item.starts_at, {})[played.policy] = item
    names = [played.policy for played in backtest.played]
    return Table(
        columns=("window", *map(_named, names)),
        rows=tuple(
            (stamp(at, backtest.project.tz)[:10], *(_cell(found.get(name)) for name in names))
            for at, found in sorted(by_time.items())
        ),
    )


def _cell(item: Measurement | None) -> str:
    return "–" if item is None else number(item.value, DIGITS)


def interval_words(seen: Interval) -> str:
    """A value with its interval, where there are windows enough for one."""
    if not isfinite(seen.high):
        return f"{number(seen.value, DIGITS)} (too few windows for an interval)"
    return f"{number(seen.value, DIGITS)} ({number(seen.low, DIGITS)} to {number(seen.high, DIGITS)})"


def _named(policy: str) -> str:
    return {
        "never": "never retraining",
        "every-window": "retraining every window",
        "triggers": "retraining by the triggers",
    }[policy]
