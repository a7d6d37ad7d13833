"""Batch or realtime: whether a decision would be another if it were taken between two batches.

Invariant: follows from how often the data change and how soon somebody acts; what would be nice to have is no reason.
"""

from typing import get_args

from copml.advice.answers import Advice, Alternative, Confidence, Figure
from copml.advice.facts import Facts
from copml.advice.rates import duration, work
from copml.conformance.words import count, money
from copml.records import Stage, Topic
from copml.spec.periods import Duration, Period
from copml.spec.project import Deployment

BATCH, REALTIME = "batch", "realtime"
QUESTION = "Should the model answer in batches, or each request at once?"
# The smallest number of endpoints of which one may be replaced or fail without an answer being missed.
ENDPOINTS = 2


def serving(facts: Facts) -> Advice:
    """The answer on `serving`."""
    project = facts.evidence.project
    source, changes = _fastest(facts)
    schedule = project.deployment.schedule
    hourly = _days(changes) <= _days(Period.HOUR)
    at_once = hourly and (schedule is Period.HOUR or project.regulatory.solely_automated)
    seen = any(item.rows_added for item in facts.evidence.ingests)
    return Advice(
        topic=Topic.SERVING,
        question=QUESTION,
        answer=REALTIME if at_once else BATCH,
        decision="Answer each request at once." if at_once else f"Score in batches, every {schedule}.",
        reason=_realtime_reason(facts, source) if at_once else _batch_reason(source, changes, schedule),
        figures=_figures(facts, source, changes),
        cost=_realtime_cost(facts) if at_once else _batch_cost(facts),
        alternatives=(_batch(facts) if at_once else _realtime(facts), *_more_often(changes, schedule)),
        confidence=Confidence.MEDIUM if seen else Confidence.LOW,
        rests_on="periods that the project file states, and rows that came in"
        if seen
        else "what the project file says only",
        in_use=(project.deployment.mode,),
        missing=(
            *(() if seen else ("no row was ingested yet, so that nobody knows how often the data really change",)),
            "how long whoever asks can wait for an answer: the project file does not state a latency",
        ),
    )


def _fastest(facts: Facts) -> tuple[str, Period]:
    sources = facts.evidence.project.data.sources
    name = min(facts.inputs, key=lambda item: _days(sources[item].every))
    return name, sources[name].every


def _days(period: Period) -> float:
    return Duration(1, period).days


def _batch_reason(source: str, changes: Period, schedule: Period) -> str:
    if _days(changes) >= _days(schedule):
        return (
            f"The model sees new rows of {source} every {changes} and is asked every {schedule}: between two batches "
            "an answer at once would be the answer of the last batch."
        )
    return (
        f"New rows of {source} come every {changes}, and somebody acts on the answers every {schedule}: a fresher "
        "answer would wait until then."
    )


def _realtime_reason(facts: Facts, source: str) -> str:
    project = facts.evidence.project
    who = "no person takes part in the decisions" if project.regulatory.solely_automated else "somebody acts hourly"
    return (
        f"New rows of {source} come every hour and {who}: an answer of the last batch is out of date when it is used."
    )


def _figures(facts: Facts, source: str, changes: Period) -> tuple[Figure, ...]:
    project = facts.evidence.project
    schedule = project.deployment.schedule
    age = _days(schedule) / 2 * 86_400
    scored = work(facts, Stage.SCORE, facts.rows) if facts.rows else None
    return (
        Figure(what="new rows", value=f"every {changes}", source=f"data.sources.{source}.every"),
        Figure(what="batches", value=f"every {schedule}", source="deployment.schedule"),
        Figure(
            what="mean age of a batch's answer when it is used",
            value=duration(age) if age < 86_400 else count(round(age / 86_400), "day"),
            source="half of the time between two batches",
        ),
        *((scored.figure,) if scored else ()),
    )


def _batch_cost(facts: Facts) -> str:
    running = facts.evidence.project.business.value.running
    return (
        f"One machine while a batch runs; the project file states {_infrastructure(facts, 1)} of infrastructure for a "
        f"{running.per}. Answers are as old as the batch."
    )


def _realtime_cost(facts: Facts) -> str:
    modes = get_args(Deployment.model_fields["mode"].annotation)
    served = "" if REALTIME in modes else f" This copml deploys {', '.join(modes)} only: serving is to be added."
    running = facts.evidence.project.business.value.running
    return (
        f"At least {ENDPOINTS} endpoints that run always: {_infrastructure(facts, ENDPOINTS)} for a {running.per}, if "
        f"each costs what the project file states for infrastructure.{served}"
    )


def _infrastructure(facts: Facts, times: int) -> str:
    value = facts.evidence.project.business.value
    return money(times * value.running.infrastructure, value.currency)


def _batch(facts: Facts) -> Alternative:
    return Alternative(
        what="batches every hour", right_when="an answer may be up to an hour old", cost=_batch_cost(facts)
    )


def _realtime(facts: Facts) -> Alternative:
    return Alternative(
        what="realtime",
        right_when="the input of a decision is made in the moment in which it is asked (a call, an order, an image)",
        cost=_realtime_cost(facts),
    )


def _more_often(changes: Period, schedule: Period) -> tuple[Alternative, ...]:
    if _days(changes) >= _days(schedule):
        return ()
    times = round(_days(schedule) / _days(changes))
    return (
        Alternative(
            what=f"batches every {changes}",
            right_when=f"somebody can act on the answers every {changes}",
            cost=f"{times} batches where there is one now",
        ),
    )
