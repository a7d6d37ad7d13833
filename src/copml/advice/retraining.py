"""How often to train again: from what versions lost over time on control, and what trainings gained.

What is lost is that of the metric by which repair is judged: accuracy, of a ranking the area under the ROC curve, of
numbers the mean absolute error, which is lost where it rises.

Invariant: a schedule is advised where accuracy is lost by and by, never where it was lost at once, because a trigger
sees that and a calendar does not; where the history is too short, how many windows are missing is said.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf
from statistics import mean, median

from copml.advice.answers import Advice, Alternative, Confidence, Figure
from copml.advice.decay import Point, Trend, fall, is_sudden, trend, windows_until
from copml.advice.facts import DAYS_OF_YEAR, Facts
from copml.advice.rates import duration, own_seconds
from copml.conformance import Evidence
from copml.conformance.evidence import Metric
from copml.conformance.figures import window_name
from copml.conformance.words import between, count, number, points
from copml.records import (
    SEGMENT_ALL,
    SEGMENT_CONTROL,
    Action,
    Firing,
    Interval,
    Measurement,
    ProblemKind,
    Stage,
    Subject,
    Topic,
    VersionName,
)
from copml.spec.periods import Duration, Period
from copml.spec.vocabulary import FIRST_METRIC

TRIGGERS = "triggers"
NAMES = {"accuracy": "accuracy", "roc_auc": "area under the ROC curve", "mae": "mean absolute error"}
QUESTION = "How often should the model be trained again?"
# Two parameters and an interval: fewer windows than this fit any line.
WINDOWS_MIN = 6
SECONDS_OF_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known of one version in use: its windows, oldest first, and what came of them."""

    version: VersionName | None
    windows: tuple[Measurement, ...]
    points: tuple[Point, ...]

    @property
    def is_enough(self) -> bool:
        """Whether a trend can be told."""
        return len(self.points) >= WINDOWS_MIN


def retraining(facts: Facts) -> Advice:
    """The answer on `retraining`."""
    evidence = facts.evidence
    history = _history(evidence)
    if not history.is_enough:
        return _too_short(facts, history)
    line, gain = trend(history.points), _gain(evidence)
    tolerated = gain.value if gain is not None and gain.value > 0 else _visible(history)
    if not line.falls:
        return _answer(
            facts, history, TRIGGERS, f"{_slope(evidence, line)}: a training by the calendar would have gained nothing."
        )
    if is_sudden(history.points):
        return _answer(facts, history, TRIGGERS, _lost_at_once(evidence, history))
    days = windows_until(tolerated, line.slope) * Duration(1, evidence.project.monitoring.every).days
    every = _period(days, evidence.project.monitoring.every)
    return _answer(facts, history, every or TRIGGERS, _lost_slowly(evidence, line, tolerated, gain, days))


def _history(evidence: Evidence) -> History:
    """The newest version with enough windows, else the one with most."""
    metric = _metric(evidence)
    segment = SEGMENT_CONTROL if evidence.series(metric, SEGMENT_CONTROL) else SEGMENT_ALL
    series = evidence.series(metric, segment)
    of = {version: [item for item in series if item.version == version] for version in dict.fromkeys(_versions(series))}
    found = [_of_version(evidence, version, items) for version, items in of.items()]
    enough = [item for item in found if item.is_enough]
    empty = History(version=None, windows=(), points=())
    return enough[-1] if enough else max(found, key=lambda item: len(item.points), default=empty)


def _versions(series: Sequence[Measurement]) -> list[VersionName | None]:
    return [item.version for item in series]


def _of_version(evidence: Evidence, version: VersionName | None, items: Sequence[Measurement]) -> History:
    days = Duration(1, evidence.project.monitoring.every).days
    first = items[0].starts_at
    return History(
        version=version,
        windows=tuple(items),
        points=tuple(
            Point(
                at=round((item.starts_at - first).total_seconds() / SECONDS_OF_DAY / days),
                value=-item.value if _is_error(evidence) else item.value,
                half=(item.high - item.low) / 2,
            )
            for item in items
        ),
    )


def _metric(evidence: Evidence) -> str:
    return FIRST_METRIC[evidence.project.rule.kind]


def _is_error(evidence: Evidence) -> bool:
    """Whether less of the metric is better."""
    return evidence.project.rule.kind is ProblemKind.REGRESSION


def _form(evidence: Evidence) -> Callable[[float], str]:
    """Points of a share, or the unit of the outcome."""
    return (lambda value: number(value, 3)) if _is_error(evidence) else points


def _gain(evidence: Evidence) -> Interval | None:
    """The mean of what retrains gained, where any was measured."""
    gains = evidence.series(Metric.GAIN, SEGMENT_CONTROL) or evidence.series(Metric.GAIN, SEGMENT_ALL)
    if not gains:
        return None
    return Interval(
        value=mean(item.value for item in gains),
        low=mean(item.low for item in gains),
        high=mean(item.high for item in gains),
        n=len(gains),
    )


def _visible(history: History) -> float:
    """The loss that a window can show: half of its interval."""
    return median(point.half for point in history.points)


def _period(days: float, every: Period) -> Period | None:
    """The longest period that is not longer; the window itself where none is; None beyond a year."""
    if days > DAYS_OF_YEAR:
        return None
    fitting = [period for period in Period if Duration(1, every).days <= Duration(1, period).days <= days]
    return fitting[-1] if fitting else every


def _slope(evidence: Evidence, line: Trend) -> str:
    value, interval = _change(evidence, line)
    return f"The {NAMES[_metric(evidence)]} changed by {value} a window ({interval})"


def _change(evidence: Evidence, line: Trend) -> tuple[str, str]:
    """The slope and its interval as the metric itself goes: an error that is lost rises."""
    form, sign = _form(evidence), -1 if _is_error(evidence) else 1
    low, high = sorted((sign * line.low, sign * line.high))
    return form(sign * line.slope), between(low, high, form)


def _lost_at_once(evidence: Evidence, history: History) -> str:
    found = fall(history.points)
    at = next(item for item, point in zip(history.windows, history.points, strict=True) if point.at == found.at)
    lost, window = _form(evidence)(found.by), window_name(evidence, at.starts_at)
    return (
        f"Version {history.version} lost {lost} at once in {window}, and little before and after: a trigger sees that, "
        "a calendar does not."
    )


def _lost_slowly(evidence: Evidence, line: Trend, tolerated: float, gain: Interval | None, days: float) -> str:
    every = evidence.project.monitoring.every
    low, high = windows_until(tolerated, line.low), windows_until(tolerated, line.high)
    worth = "what a retrain gained" if gain is not None and gain.value > 0 else "what a window can show"
    last = f"{number(high, 1)}" if high != inf else "any number of"
    windows = days / Duration(1, every).days
    return (
        f"{_slope(evidence, line)}. After {number(windows, 1)} windows (between {number(low, 1)} and {last}) the loss "
        f"exceeds {worth}, {_form(evidence)(tolerated)}."
    )


def _answer(facts: Facts, history: History, answer: str, reason: str) -> Advice:
    by_hand = answer == TRIGGERS
    untouched = history.windows[-1].segment == SEGMENT_CONTROL or facts.evidence.project.data.treatment is None
    return Advice(
        topic=Topic.RETRAINING,
        question=QUESTION,
        answer=answer,
        decision="Train when a trigger asks for it." if by_hand else f"Train every {answer}, and when a trigger asks.",
        reason=reason,
        figures=_figures(facts, history),
        cost=_cost(facts),
        alternatives=(_scheduled(facts) if by_hand else _triggered(),),
        confidence=_confidence(history) if untouched else Confidence.LOW,
        rests_on=f"{count(len(history.points), 'window')} of {history.version} on {history.windows[-1].segment}"
        + ("" if untouched else "; without a control group, a treatment that works looks like a loss"),
        in_use=_in_use(facts),
    )


def _confidence(history: History) -> Confidence:
    return Confidence.HIGH if len(history.points) >= 2 * WINDOWS_MIN else Confidence.MEDIUM


def _too_short(facts: Facts, history: History) -> Advice:
    short = WINDOWS_MIN - len(history.points)
    return Advice(
        topic=Topic.RETRAINING,
        question=QUESTION,
        answer=TRIGGERS,
        decision="Train when a trigger asks for it, until there is enough history.",
        reason=f"Not enough history: {count(len(history.points), 'window')} of one version measured, "
        f"{count(short, 'more window')} needed to tell what is lost by and by from noise.",
        figures=_figures(facts, history),
        cost=_cost(facts),
        alternatives=(_scheduled(facts),),
        confidence=Confidence.LOW,
        rests_on="no history of this project, but that a trigger waits for evidence and a calendar does not",
        in_use=_in_use(facts),
        missing=(f"{count(short, 'more window')} of {_metric(facts.evidence)} on {_untouched(facts.evidence)}",),
    )


def _untouched(evidence: Evidence) -> str:
    return SEGMENT_ALL if evidence.project.data.treatment is None else SEGMENT_CONTROL


def _in_use(facts: Facts) -> tuple[str, ...]:
    project = facts.evidence.project
    triggered = any(Action.RETRAIN in trigger.do for trigger in project.monitoring.triggers)
    if project.training.every is not None:
        return (project.training.every.value,)
    return (TRIGGERS,) if triggered else ("never",)


def _figures(facts: Facts, history: History) -> tuple[Figure, ...]:
    evidence = facts.evidence
    gain = _gain(evidence)
    drift = evidence.series(Metric.DRIFT)
    asked = [item for item in evidence.firings if Action.RETRAIN in item.actions and item.mode == "acted"]
    found = []
    if history.is_enough:
        line = trend(history.points)
        value, interval = _change(evidence, line)
        segment, windows = history.windows[-1].segment, count(len(history.points), "window")
        source = f"{_metric(evidence)} on {segment} of {history.version}, {windows}"
        found.append(
            Figure(what=f"change of {_metric(evidence)} in a window", value=f"{value} ({interval})", source=source)
        )
    if gain is not None:
        form = _form(evidence)
        value = f"{form(gain.value)} ({between(gain.low, gain.high, form)})"
        source = f"measurements of retrain_gain, {count(gain.n, 'retrain')}"
        found.append(Figure(what="gain of a retrain", value=value, source=source))
    if drift:
        drifted = sum(item.value > 0 for item in drift)
        value = f"{drifted} of {count(len(drift), 'window')}"
        found.append(Figure(what="windows with drift", value=value, source="measurements of drift"))
    if asked:
        found.append(Figure(what="trainings that triggers asked for", value=str(len(asked)), source=_waited(asked)))
    return (*found, *_cost_figures(facts))


def _waited(asked: Sequence[Firing]) -> str:
    days = median((item.fired_at - item.starts_at).total_seconds() / SECONDS_OF_DAY for item in asked)
    return f"firings; from the start of the window to the firing {count(round(days), 'day')}, the median"


def _cost_figures(facts: Facts) -> tuple[Figure, ...]:
    evidence, found = facts.evidence, []
    if seconds := own_seconds(facts, Stage.TRAIN):
        value = duration(median(seconds))
        found.append(Figure(what="one training", value=value, source="measured in this workspace, the median"))
    made = {item.name: item.created_at for item in evidence.versions}
    waits = [
        (item.at - made[VersionName(item.subject_id)]).total_seconds()
        for item in evidence.decisions
        if item.subject is Subject.VERSION and item.subject_id in made
    ]
    if waits:
        value = duration(median(waits))
        found.append(Figure(what="waiting for an approval", value=value, source="decisions on versions, the median"))
    return tuple(found)


def _cost(facts: Facts) -> str:
    seconds = own_seconds(facts, Stage.TRAIN)
    machine = f"{duration(median(seconds))} of this machine" if seconds else "a time that is known once one has run"
    approval = facts.evidence.project.deployment.approval
    people = f", and somebody of {approval.by} who looks at it and approves" if approval is not None else ""
    return f"For each training {machine}{people}."


def _scheduled(facts: Facts) -> Alternative:
    return Alternative(
        what="a schedule (training.every)",
        right_when="accuracy is lost by and by, too little in each window for a trigger to be sure",
        cost=_cost(facts),
    )


def _triggered() -> Alternative:
    return Alternative(
        what="triggers alone",
        right_when="what is lost is lost at once, and seldom",
        cost="what is lost by and by goes on until a trigger is sure of it",
    )
