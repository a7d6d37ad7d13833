"""The page of a sweep: every trial with its figure and interval, the best, and the candidate's holdout beside it.

Invariant: the best of several figures is never shown without saying that it is optimistic, nor without the holdout's
where that is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from copml.conformance import Evidence
from copml.conformance.words import count, moment
from copml.records import Interval, ModelVersion, Trial
from copml.reporting.charts import DASH, Layer, Rows, data, layered, level, value_axis
from copml.reporting.drawing import Figure, Frame, Key, Table, draw
from copml.reporting.rendering import fill
from copml.reporting.theme import ink

DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepFacts:
    """What a sweep came to. `trials`: in their order, each with what it is compared by, None where it failed.

    `searched`: names of the parameters that differ. `holdout`: the candidate's figure on rows that no trial saw.
    """

    metric: str
    better: str
    searched: tuple[str, ...]
    trials: tuple[tuple[Trial, Interval | None], ...]
    best: Trial | None
    candidate: ModelVersion | None
    holdout: Interval | None


def sweep_page(evidence: Evidence, facts: SweepFacts) -> str:
    """The page as HTML text."""
    failed = sum(seen is None for _, seen in facts.trials)
    return fill(
        "sweep.html.j2",
        project=evidence.project,
        title=f"{evidence.project.project}: sweep",
        simulated=evidence.simulated,
        as_of=moment(evidence.now, evidence.project.tz),
        heading=f"{count(len(facts.trials), 'trial')}, {failed} failed",
        words=words(facts),
        figures=[_chart(facts)] if any(seen is not None for _, seen in facts.trials) else [],
        columns=("trial", facts.metric, "95 % interval", *facts.searched, "note"),
        rows=_rows(facts),
    )


def words(facts: SweepFacts) -> str:
    """What the figures say, in sentences."""
    seen = dict((trial.id, seen) for trial, seen in facts.trials)
    if facts.best is None or (best := seen[facts.best.id]) is None:
        return "No trial came to a figure."
    tried = sum(item is not None for item in seen.values())
    text = (
        f"The best of {count(tried, 'trial')} has {facts.metric} {_number(best.value)} ({_between(best)}) by "
        "cross-validation. The best of many is optimistic: some of it is luck."
    )
    if facts.holdout is None or facts.candidate is None:
        return f"{text} No candidate was made of it, so what it is worth on the holdout is not known."
    return (
        f"{text} On the holdout, which no trial saw, {facts.candidate.name} has {_number(facts.holdout.value)} "
        f"({_between(facts.holdout)}): believe that one."
    )


def _chart(facts: SweepFacts) -> Figure:
    rows = _points(facts.trials)
    x = alt.X(
        "number:Q", axis=alt.Axis(title="trial", tickMinStep=1, format="d"), scale=alt.Scale(nice=False, padding=12)
    )
    y = value_axis("value", ".3f")
    chart = alt.Chart(data(rows)).encode(x=x)
    spans = chart.mark_rule(color=ink("first"), strokeWidth=1.4).encode(
        y=alt.Y("low:Q", axis=y["axis"], scale=y["scale"]), y2="high:Q"
    )
    points = chart.mark_point(color=ink("first"), filled=True, opacity=1, size=40).encode(y=y)
    so_far = alt.Chart(data(_best_so_far(rows, facts.better))).encode(x=x, y=y)
    steps = so_far.mark_line(color=ink("second"), interpolate="step-after", strokeWidth=2)
    layers: list[Layer] = [spans, points, steps]
    keys = [
        Key(ink="first", form="dot", name="a trial, with its interval"),
        Key(ink="second", form="line", name="best so far"),
    ]
    if facts.holdout is not None:
        layers.append(level(facts.holdout.value, y, "target", dash=DASH))
        keys.append(Key(ink="target", form="dash", name="the candidate on the holdout"))
    frame = Frame(
        id="trials",
        title=f"{facts.metric} of every trial",
        caption=f"Cross-validated on training rows; {facts.better} is better. "
        "The first is of the project's own parameters.",
        keys=tuple(keys),
        table=Table(
            columns=("trial", facts.metric, "95 % interval"),
            rows=tuple((trial.id, _number(seen.value), _between(seen)) for trial, seen in facts.trials if seen),
        ),
    )
    return draw(layered(layers), frame)


def _points(trials: Sequence[tuple[Trial, Interval | None]]) -> Rows:
    return [
        {"number": place, "value": seen.value, "low": seen.low, "high": seen.high}
        for place, (_, seen) in enumerate(trials)
        if seen is not None
    ]


def _best_so_far(rows: Rows, better: str) -> Rows:
    choose, found = (max if better == "higher" else min), []
    for place, row in enumerate(rows):
        values = [float(str(item["value"])) for item in rows[: place + 1]]
        found.append({"number": row["number"], "value": choose(values)})
    return found


def _rows(facts: SweepFacts) -> list[tuple[str, ...]]:
    best = facts.best.id if facts.best is not None else ""
    return [
        (
            f"{trial.id} (best)" if trial.id == best else trial.id,
            _number(seen.value) if seen is not None else "failed",
            _between(seen) if seen is not None else "–",
            *(_text(trial.params.get(name)) for name in facts.searched),
            trial.note,
        )
        for trial, seen in facts.trials
    ]


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    return f"{value:.{DIGITS}f}"


def _between(seen: Interval) -> str:
    return f"{_number(seen.low)} to {_number(seen.high)}"
