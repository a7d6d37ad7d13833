"""The answer, the figures behind it, what to look at next, the numbered events."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests import factories

from copml.conformance import Evidence, check
from copml.records import IncidentState, Measurement, Verdict, VersionState
from copml.reporting import Headline, Truth, TruthMonth, headline
from copml.reporting.events import events
from copml.reporting.headlines import Answer
from copml.reporting.steps import STEPS_MAX


def of(evidence: Evidence) -> Headline:
    return headline(evidence, check(evidence))


def with_net(change: Callable[[Measurement], Measurement]) -> Evidence:
    evidence = factories.history(15)
    items = tuple(change(item) if item.metric == "net_value" else item for item in evidence.measurements)
    return replace(evidence, measurements=items)


def net_of(value: float, half: float) -> Callable[[Measurement], Measurement]:
    return lambda item: replace(item, value=value, low=value - half, high=value + half)


def year_of(value: float, half: float) -> Evidence:
    evidence = factories.history(15)
    change = net_of(value, half)
    items = tuple(change(item) if item.segment == "pooled" else item for item in evidence.measurements)
    return replace(evidence, measurements=items)


@pytest.mark.parametrize(
    ("evidence", "answer", "words"),
    [
        (factories.nothing_yet(), Answer.UNKNOWN, "outcomes have to mature first"),
        (factories.history(15), Answer.YES, "The model is worth its cost: in the 12 months up to December 2026"),
        (
            factories.history(30),
            Answer.UNCERTAIN,
            "The newest 3 months, simply added up, come to −69,469 EUR. Over all",
        ),
        (year_of(-20_000, 1_000), Answer.NO_LONGER, "The model was worth its cost and no longer is"),
        (with_net(net_of(-20_000, 1_000)), Answer.NO, "The model costs more than it brings"),
        (with_net(net_of(500, 30_000)), Answer.UNCERTAIN, "Whether the model is worth its cost is not certain"),
    ],
    ids=["nothing yet", "works", "perhaps stopped", "stopped", "never", "noise"],
)
def test_the_answer_follows_from_net_value(evidence: Evidence, answer: Answer, words: str) -> None:
    seen = of(evidence)
    assert seen.answer is answer
    assert words in seen.paragraph


def test_a_worse_score_does_not_change_the_answer() -> None:
    evidence = factories.history(15)
    worse = tuple(
        replace(item, value=0.3, low=0.2, high=0.4) if item.metric == "accuracy" else item
        for item in evidence.measurements
    )
    assert of(replace(evidence, measurements=worse)).answer is of(evidence).answer is Answer.YES


def test_figures_have_units_and_intervals() -> None:
    lines = {line.name: line for line in of(factories.history(15)).lines}
    assert lines["Churn rate, March 2027"].detail == "baseline 10.0 %, target 5.0 %"
    assert lines["Net value, 12 months up to December 2026"].value.endswith(" EUR")
    assert lines["Effect of treatment, newest 6 months"].detail.startswith("between ")
    assert lines["Waiting for people"].detail == "no open incidents, no versions to approve"


def test_what_is_not_known_is_a_dash() -> None:
    assert [line.value for line in of(factories.nothing_yet()).lines] == ["–", "–", "–", "–", "no dossiers"]


def test_verdicts_are_counted() -> None:
    evidence = factories.history(15)
    verdicts = check(evidence)
    counted = headline(evidence, verdicts).verdicts
    assert sum(counted.values()) == len(verdicts)
    assert counted[Verdict.SWITCHED_OFF] == 1


def test_the_pooled_year_is_preferred_to_the_sum_of_windows() -> None:
    seen = of(year_of(1, 0))
    assert "value less all cost is 1 EUR (between 1 and 1 EUR)" in seen.paragraph
    assert "single months sum to another figure (" in seen.lines[0].detail


@pytest.mark.parametrize(
    ("low", "value", "high", "words"),
    [
        (0.09, 0.11, 0.13, "it has not improved"),
        (0.12, 0.13, 0.14, "it has got worse"),
        (0.06, 0.07, 0.08, "it has moved towards its target"),
        (0.03, 0.04, 0.05, "it has reached its target"),
    ],
)
def test_the_kpi_is_judged_by_its_interval(low: float, value: float, high: float, words: str) -> None:
    evidence = factories.history(15)
    items = tuple(
        replace(item, value=value, low=low, high=high) if item.metric == "churn_rate" else item
        for item in evidence.measurements
    )
    assert words in of(replace(evidence, measurements=items)).paragraph


def test_people_come_first_then_incidents_then_what_is_wrong() -> None:
    evidence = factories.history(30)
    candidate = replace(evidence.versions[-1], state=VersionState.CANDIDATE)
    evidence = replace(evidence, versions=(*evidence.versions[:-1], candidate), decisions=())
    steps = of(evidence).next_steps
    assert len(steps) == STEPS_MAX
    assert [step.subject for step in steps][:5] == [
        evidence.dossiers[0].id,
        candidate.name,
        evidence.incidents[-1].id,
        evidence.incidents[-2].id,
        "HO-2",
    ]


def test_nothing_to_do_is_an_empty_list() -> None:
    assert of(factories.nothing_yet()).next_steps == ()


def test_resolved_incidents_are_not_looked_at() -> None:
    evidence = factories.history(30)
    closed = tuple(replace(item, state=IncidentState.RESOLVED) for item in evidence.incidents)
    subjects = {step.subject for step in of(replace(evidence, incidents=closed)).next_steps}
    assert subjects.isdisjoint({item.id for item in evidence.incidents})


def test_events_are_numbered_in_the_order_of_time() -> None:
    months = [(9, "new prices"), (12, "competitor")]
    world = Truth(months=tuple(TruthMonth(starts_at=factories.month(at), event=what) for at, what in months))
    found = events(factories.history(30), world)
    assert [(item.number, item.what) for item in found] == [
        (1, "v1 goes live"),
        (2, "New prices"),
        (3, "A competitor enters the market"),
        (4, "v3 goes live"),
        (5, "People are asked to judge: re-evaluation"),
    ]
    assert [item.at for item in found] == sorted(item.at for item in found)
