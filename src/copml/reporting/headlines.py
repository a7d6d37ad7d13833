"""The few figures that answer the business owner's question, for the report and for the terminal.

Invariant: the answer follows from net value and its interval alone; accuracy never decides it. What is not known yet
says so, and is not guessed.
"""

from dataclasses import dataclass
from enum import StrEnum

from copml.conformance import Evidence, RequirementVerdict
from copml.conformance.evidence import Metric
from copml.conformance.figures import (
    EFFECT_WINDOWS,
    Pooled,
    frequency,
    kpi_form,
    recent_effect,
    recent_net,
    summed,
    window_name,
)
from copml.conformance.words import between, count, money, number, points
from copml.records import SEGMENT_ALL, SEGMENT_CONTROL, IncidentState, Interval, Measurement, Verdict, VersionState
from copml.reporting.judged import judged_by
from copml.reporting.steps import NextStep, next_steps
from copml.spec.project import Kpi

RECENT_WINDOWS = 3


class Answer(StrEnum):
    """Whether the model is worth its cost."""

    YES = "Yes"
    NO_LONGER = "No longer"
    NO = "No"
    UNCERTAIN = "Not certain"
    UNKNOWN = "Not known yet"


OPENINGS = {
    Answer.YES: "The model is worth its cost",
    Answer.NO_LONGER: "The model was worth its cost and no longer is",
    Answer.NO: "The model costs more than it brings",
    Answer.UNCERTAIN: "Whether the model is worth its cost is not certain",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure with its name, its value and what it is set against; `value` is `–` where nothing is known."""

    name: str
    value: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What the report opens with and the terminal ends with."""

    answer: Answer
    paragraph: str
    lines: tuple[Line, ...]
    verdicts: dict[Verdict, int]
    next_steps: tuple[NextStep, ...]
    simulated: bool


def headline(evidence: Evidence, verdicts: tuple[RequirementVerdict, ...]) -> Headline:
    """The answer, the figures behind it, and what to look at next."""
    answer = _answer(evidence)
    return Headline(
        answer=answer,
        paragraph=" ".join(part for part in (_worth(evidence, answer), _kpi(evidence), _effect(evidence)) if part),
        lines=tuple(line(evidence) for line in LINES),
        verdicts={verdict: sum(item.verdict is verdict for item in verdicts) for verdict in Verdict},
        next_steps=next_steps(evidence, verdicts),
        simulated=evidence.simulated,
    )


def performances(evidence: Evidence) -> tuple[Interval, Interval] | None:
    """The newest figure on all and on control over the same window; None where one of them was never measured."""
    metric = judged_by(evidence).metric
    on_all = {item.starts_at: item for item in evidence.series(metric, SEGMENT_ALL)}
    on_control = {item.starts_at: item for item in evidence.series(metric, SEGMENT_CONTROL)}
    both = sorted(on_all.keys() & on_control.keys())
    if not both:
        return None
    one, other = (
        Interval(value=item.value, low=item.low, high=item.high, n=item.n)
        for item in (on_all[both[-1]], on_control[both[-1]])
    )
    return one, other


def _answer(evidence: Evidence) -> Answer:
    items = evidence.series(Metric.NET_VALUE)
    year, ever = recent_net(evidence), summed(items)
    if year is None or ever is None:
        return Answer.UNKNOWN
    if year.interval.high < 0:
        return Answer.NO_LONGER if ever.interval.low > 0 else Answer.NO
    return Answer.YES if year.interval.low > 0 else Answer.UNCERTAIN


def _worth(evidence: Evidence, answer: Answer) -> str:
    currency, every = evidence.project.business.value.currency, evidence.project.monitoring.every
    items = evidence.series(Metric.NET_VALUE)
    year, ever, quarter = recent_net(evidence), summed(items), summed(items[-RECENT_WINDOWS:])
    if year is None or ever is None or quarter is None:
        return "Whether the model is worth its cost is not known yet: outcomes have to mature first."
    interval = between(year.interval.low, year.interval.high, lambda amount: money(amount, currency))
    words = (
        f"{OPENINGS[answer]}: in the {count(len(year.windows), every)} up to {_up_to(evidence)}, value less "
        f"all cost is {money(year.interval.value, currency)} ({interval})"
    )
    if quarter.interval.high < 0 and len(quarter.windows) < len(year.windows):
        words += f". {_newest(evidence, quarter)}"
    if len(ever.windows) > len(year.windows):
        words += f". Over all {len(ever.windows)} measured windows it comes to {money(ever.interval.value, currency)}"
    return f"{words}."


def _newest(evidence: Evidence, quarter: Pooled) -> str:
    windows = count(len(quarter.windows), evidence.project.monitoring.every)
    amount = money(quarter.interval.value, evidence.project.business.value.currency)
    return f"The newest {windows}, simply added up, come to {amount}"


def is_pooled(evidence: Evidence) -> bool:
    """Whether the net value of the newest months is estimated over them together, and is not their sum."""
    recent = recent_net(evidence)
    return recent is not None and recent != summed(recent.windows)


def _kpi(evidence: Evidence) -> str:
    kpi, form = evidence.project.business.kpi, kpi_form(evidence)
    measured = evidence.series(kpi.name)
    if not measured:
        return ""
    now = measured[-1].value
    return (
        f"The {_name(kpi.name)} was {form(now)} in {window_name(evidence, measured[-1].starts_at)}, from a baseline "
        f"of {form(kpi.baseline)} and with a target of {form(kpi.target)}: it has {_development(kpi, measured[-1])}."
    )


def _effect(evidence: Evidence) -> str:
    recent = recent_effect(evidence)
    if recent is None:
        return ""
    effect = recent.interval
    interval = between(effect.low, effect.high, points)
    if effect.low <= 0 <= effect.high:
        return (
            "Set against the control group, who get no treatment, no effect can be made out in the newest "
            f"{count(len(recent.windows), evidence.project.monitoring.every)} ({interval})."
        )
    judged = "so the treatment works" if effect.value > 0 else "so the treatment does harm"
    return (
        f"The outcome is {frequency(evidence, effect.value)} among those treated than in the control group "
        f"({interval}), {judged}."
    )


def _net_line(evidence: Evidence) -> Line:
    recent, currency = recent_net(evidence), evidence.project.business.value.currency
    if recent is None:
        return Line(name="Net value", value="–", detail="no outcome has matured yet")
    interval = between(recent.interval.low, recent.interval.high, lambda amount: money(amount, currency))
    return Line(
        name=f"Net value, {count(len(recent.windows), evidence.project.monitoring.every)} up to {_up_to(evidence)}",
        value=money(recent.interval.value, currency),
        detail=f"{interval}{_not_summed(evidence, recent)}",
    )


def _not_summed(evidence: Evidence, recent: Pooled) -> str:
    single = summed(recent.windows)
    if single is None or not is_pooled(evidence):
        return ""
    amount = money(single.interval.value, evidence.project.business.value.currency)
    every = evidence.project.monitoring.every
    return f"; estimated over the {every}s together, so single {every}s sum to another figure ({amount})"


def _development(kpi: Kpi, now: Measurement) -> str:
    """How the KPI stands against target and baseline; that it got worse is said only where its interval says so."""
    sign = 1 if kpi.better == "higher" else -1
    if sign * now.value >= sign * kpi.target:
        return "reached its target"
    if sign * now.value > sign * kpi.baseline:
        return "moved towards its target"
    return "got worse" if max(sign * now.low, sign * now.high) < sign * kpi.baseline else "not improved"


def _kpi_line(evidence: Evidence) -> Line:
    kpi, form = evidence.project.business.kpi, kpi_form(evidence)
    measured = evidence.series(kpi.name)
    aim = f"baseline {form(kpi.baseline)}, target {form(kpi.target)}"
    if not measured:
        return Line(name=_name(kpi.name).capitalize(), value="–", detail=aim)
    when = window_name(evidence, measured[-1].starts_at)
    return Line(name=f"{_name(kpi.name).capitalize()}, {when}", value=form(measured[-1].value), detail=aim)


def _effect_line(evidence: Evidence) -> Line:
    recent = recent_effect(evidence)
    if recent is None:
        return Line(name="Effect of treatment", value="–", detail="treated against control, not measured yet")
    months = count(min(EFFECT_WINDOWS, len(recent.windows)), evidence.project.monitoring.every)
    interval = between(recent.interval.low, recent.interval.high, points)
    return Line(name=f"Effect of treatment, newest {months}", value=_points(recent.interval.value), detail=interval)


def _performance_line(evidence: Evidence) -> Line:
    """What the model is judged by, on control where there is one."""
    judged, both = judged_by(evidence), performances(evidence)
    if both is not None:
        on_all, on_control = both
        interval = between(on_control.low, on_control.high, judged.form)
        detail = f"{interval}; on all {judged.form(on_all.value)}"
        return Line(name=f"{judged.name} on control", value=judged.form(on_control.value), detail=detail)
    has_control = evidence.project.business.control_group.share is not None
    newest = () if has_control else evidence.series(judged.metric)[-1:]
    for item in newest:
        detail = between(item.low, item.high, judged.form)
        return Line(name=judged.name, value=judged.form(item.value), detail=detail)
    name = f"{judged.name} on control" if has_control else judged.name
    return Line(name=name, value="–", detail="no outcome has matured yet")


def _work_line(evidence: Evidence) -> Line:
    open_ = sum(item.state is not IncidentState.RESOLVED for item in evidence.incidents)
    waiting = sum(not item.decided for item in evidence.dossiers)
    candidates = sum(item.state is VersionState.CANDIDATE for item in evidence.versions)
    detail = f"{count(open_, 'open incident')}, {count(candidates, 'version')} to approve"
    return Line(name="Waiting for people", value=count(waiting, "dossier"), detail=detail)


def _up_to(evidence: Evidence) -> str:
    return window_name(evidence, evidence.series(Metric.NET_VALUE)[-1].starts_at)


def _name(metric: str) -> str:
    return metric.replace("_", " ")


def _points(ratio: float) -> str:
    return f"{number(ratio * 100, 1)} points"


LINES = (_net_line, _kpi_line, _effect_line, _performance_line, _work_line)
