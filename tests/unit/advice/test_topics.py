"""Every topic, on facts that lead to each of its answers."""

import re
from dataclasses import replace
from typing import Any

import pytest
from tests import factories

from copml.advice import Facts, Machine, standing
from copml.advice.answers import Confidence
from copml.advice.facts import Curve
from copml.advice.topics import TOPICS
from copml.records import Interval, Measurement, Stage, Topic
from copml.spec import REQUIREMENTS

from .scene import LAPTOP, accuracy, answer, ask, facts, tasks

HOURLY = {
    "data.sources.customers.every": "hour",
    "data.sources.customers.delay": "1 hour",
    "deployment.schedule": "hourly",
}
ALONE = {"regulatory.solely_automated": True}
EFFECT = Interval(value=0.2, low=0.15, high=0.25, n=1000)
CURVE = Curve(scored=(100.0,) * 20, held=(50,) * 20, held_events=tuple(range(1, 41, 2)), batches=6, effect=EFFECT)
SMALL = Machine(cores=1, memory_mb=600)


def known(family: str, **project: object) -> Facts:
    paths = {path.replace("__", "."): value for path, value in project.items()}
    return replace(facts(15, paths), family=family, estimator="Some")  # type: ignore[arg-type]


def late(count: int) -> dict[str, Any]:
    runs = factories.history(15).scoring_runs
    return {"scoring_runs": tuple(replace(run, on_time=at >= count) for at, run in enumerate(reversed(runs)))}


def rows(number: int, **project: object) -> Facts:
    paths = {path.replace("__", "."): value for path, value in project.items()}
    runs = tuple(replace(run, rows=number) for run in factories.history(15).scoring_runs)
    return facts(15, paths, scoring_runs=runs)


def slow(stage: Stage, hours: float, key: str = "") -> Facts:
    return facts(15, tasks=tasks(stage, [hours * 3600] * 3, key))


CASES: list[tuple[Topic, str, Facts]] = [
    (Topic.SERVING, "batch", facts()),
    (Topic.SERVING, "batch", facts(15)),
    (Topic.SERVING, "batch", facts(15, {"data.sources.customers.every": "hour"})),
    (Topic.SERVING, "realtime", facts(15, {"data.sources.customers.every": "hour", **ALONE})),
    (Topic.SERVING, "realtime", facts(15, HOURLY)),
    (Topic.REPLICAS, "1", facts()),
    (Topic.REPLICAS, "1", facts(15)),
    (Topic.REPLICAS, "2", facts(15, {"deployment.objective": "99.9%"})),
    (Topic.REPLICAS, "3", facts(15, {"deployment.objective": "99.9999%"})),
    (Topic.REPLICAS, "2", facts(15, {"deployment.objective": "97%"}, **late(8))),
    (Topic.REPLICAS, "", facts(15, {"deployment.objective": "100%"})),
    (Topic.ENGINE, "embedded", facts()),
    (Topic.ENGINE, "embedded", facts(15)),
    (Topic.ENGINE, "postgresql", facts(15, {"deployment.objective": "99.9%"})),
    (Topic.ENGINE, "ray", rows(100_000_000)),
    (Topic.ENGINE, "ray", slow(Stage.SCORE, 30)),
    (Topic.ENGINE, "ray", facts(15, machine=SMALL)),
    (Topic.ENGINE, "warehouse", slow(Stage.INGEST, 20)),
    (Topic.ENGINE, "warehouse", slow(Stage.FEATURES, 30)),
    (Topic.FEATURES, "feature-table", facts()),
    (Topic.FEATURES, "feature-table", facts(15)),
    (Topic.FEATURES, "on-demand", facts(None, {"monitoring.triggers": []})),
    (Topic.FEATURES, "on-demand", facts(None, {"training.every": "year", "training.history": "30d"})),
    (Topic.RETRAINING, "triggers", facts()),
    (Topic.RETRAINING, "triggers", facts(15)),
    (Topic.RETRAINING, "triggers", facts(15, measurements=accuracy([0.80, 0.81] * 5))),
    (Topic.RETRAINING, "triggers", facts(15, measurements=accuracy([0.80] * 5 + [0.70] * 5))),
    (Topic.RETRAINING, "month", facts(15, measurements=accuracy([0.9 - 0.02 * at for at in range(10)]))),
    (Topic.RETRAINING, "quarter", facts(15, measurements=accuracy([0.9 - 0.003 * at for at in range(12)]))),
    (Topic.RETRAINING, "triggers", facts(15, measurements=accuracy([0.9 - 0.0005 * at for at in range(30)], 0.008))),
    (Topic.EXPLANATION, "exact", facts()),
    (Topic.EXPLANATION, "exact", known("linear")),
    (Topic.EXPLANATION, "exact", known("trees")),
    (Topic.EXPLANATION, "model-agnostic", known("other")),
    (Topic.EXPLANATION, "none", known("other", regulatory__affects_people=False)),
    (Topic.REQUIREMENTS, "AU-11, RI-5, HO-1", facts()),
    (Topic.CONTROL_GROUP, "", facts()),
    (Topic.CONTROL_GROUP, "1%", facts(15)),
    (Topic.CONTROL_GROUP, "10%", rows(3_000)),
    (Topic.CONTROL_GROUP, "", rows(100)),
    (Topic.CONTROL_GROUP, "", facts(15, {"business.kpi.baseline": 30, "business.kpi.target": 20})),
    (Topic.THRESHOLD, "", facts()),
    (Topic.THRESHOLD, "", facts(15)),
    (Topic.THRESHOLD, "", facts(15, {"data.treatment": None})),
    (Topic.THRESHOLD, "0.25", replace(facts(15), curve=CURVE)),
    (Topic.THRESHOLD, "0.2", replace(facts(15, {"deployment.threshold": 0.2}), curve=CURVE)),
    (Topic.THRESHOLD, "", replace(facts(15), curve=replace(CURVE, effect=replace(EFFECT, low=-0.1)))),
    (Topic.THRESHOLD, "", replace(facts(15), curve=replace(CURVE, held=(1,) * 20))),
]


@pytest.mark.parametrize(
    ("topic", "expected", "found"), CASES, ids=[f"{case[0]}-{at}" for at, case in enumerate(CASES)]
)
def test_facts_lead_to_their_answer(topic: Topic, expected: str, found: Facts) -> None:
    advice = ask(topic, found)
    assert advice.answer == expected, advice.reason


def test_every_option_is_the_answer_to_some_facts() -> None:
    reached = {(topic, expected) for topic, expected, _ in CASES}
    calendar = {"hour", "day", "week", "year", "never"}  # from `retraining._period` alone: tested with the arithmetic
    wanted = {(topic, option) for topic, row in TOPICS.items() for option in row.options if option not in calendar}
    assert wanted <= reached


@pytest.mark.parametrize("topic", Topic)
@pytest.mark.parametrize("months", [None, 1, 5, 15, 30])
def test_advice_has_all_that_the_framework_asks_for(topic: Topic, months: int | None) -> None:
    advice = ask(topic, facts(months))
    assert advice.topic is topic
    for text in (advice.question, advice.decision, advice.reason, advice.cost, advice.rests_on):
        assert text
    for sentence in (advice.decision, advice.reason, advice.cost):
        assert sentence.endswith("."), sentence
        assert sentence[0].isupper() or sentence[0].isdigit(), sentence
    for figure in advice.figures:
        assert figure.what
        assert figure.value
        assert figure.source
    for other in advice.alternatives:
        assert other.what
        assert other.right_when
        assert other.cost
    assert advice.answer or advice.missing or "people" in advice.decision
    assert not re.search(r"\b(nan|inf)\b", f"{advice}")


@pytest.mark.parametrize("topic", [topic for topic, row in TOPICS.items() if row.is_asked])
def test_a_project_file_alone_is_answered_and_says_what_is_missing(topic: Topic) -> None:
    advice = ask(topic, facts())
    assert advice.answer
    assert advice.alternatives
    if topic is not Topic.REQUIREMENTS:
        assert advice.missing
        assert advice.confidence is Confidence.LOW


def test_the_same_facts_give_the_same_advice() -> None:
    assert [ask(topic, facts(15)) for topic in Topic] == [ask(topic, facts(15)) for topic in Topic]


def test_the_framework_asks_for_seven_decisions() -> None:
    found = standing(facts(15))
    assert [item.topic for item in found] == [*Topic][:7]
    assert all(item.answer for item in found)


def value(topic: Topic, what: str, found: Facts) -> str:
    return next(item.value for item in ask(topic, found).figures if item.what == what)


def test_own_runs_go_before_benchmarks() -> None:
    timed = facts(15, tasks=tasks(Stage.SCORE, [9.0, 4.0, 8.0, 600.0]))
    assert value(Topic.ENGINE, "score of 20,555 rows", facts(15)) == "0.2 s"
    assert value(Topic.ENGINE, "score of 20,555 rows", timed) == "8.5 s"
    sources = [item.source for item in ask(Topic.ENGINE, timed).figures]
    assert "measured in this workspace, the median of its last 4 runs" in sources
    assert any("benchmarks/results/ingest.json of 2026-11-23" in source for source in sources)


def test_the_arithmetic_of_replicas_is_shown() -> None:
    advice = ask(Topic.REPLICAS, facts(None, {"deployment.objective": "99.9%"}))
    assert "1 − (1 − 0.99)^2 = 99.99 % reaches the objective of 99.9 %" in advice.reason
    assert any("assumed: 99 %" in item.source for item in advice.figures)
    assert any("5% of failures strike all" in item.source for item in advice.figures)


@pytest.mark.parametrize(
    ("objective", "words"),
    [("90%", "1 batch"), ("50%", "6 batches"), ("99%", "no batch (one late batch uses up the budget of 8.3 years)")],
)
def test_a_batch_has_a_budget_of_late_runs(objective: str, words: str) -> None:
    seen = value(Topic.REPLICAS, "batches that may be late in a year", facts(15, {"deployment.objective": objective}))
    assert seen == words


def test_what_an_objective_of_all_runs_asks_is_said() -> None:
    advice = ask(Topic.REPLICAS, facts(15, {"deployment.objective": "100%"}))
    assert advice.decision == "No number of machines reaches 100 %: lower the objective."


def test_a_short_history_says_how_many_windows_are_missing() -> None:
    advice = ask(Topic.RETRAINING, facts(15, measurements=accuracy([0.8, 0.8])))
    assert "4 more windows needed" in advice.reason
    assert advice.missing == ("4 more windows of accuracy on control",)


def test_a_loss_at_once_names_its_window() -> None:
    advice = ask(Topic.RETRAINING, facts(15, measurements=accuracy([0.80] * 5 + [0.70] * 5)))
    assert "v1 lost 10.0 percentage points at once in June 2026" in advice.reason


def test_a_slow_loss_is_set_against_what_a_retrain_gained() -> None:
    gain = factories.measurement("retrain_gain", "control", 12, 0.03, 0.02)
    found = facts(15, measurements=(*accuracy([0.9 - 0.01 * at for at in range(10)]), gain))
    advice = ask(Topic.RETRAINING, found)
    assert advice.answer == "quarter"
    assert "After 3.0 windows (between" in advice.reason
    assert "the loss exceeds what a retrain gained, 3.0 percentage points" in advice.reason


REGRESSION = {
    "data.outcome": {"source": "departures", "horizon": "90d", "kind": "regression", "column": "spent"},
    "data.treatment": None,
    "business.kpi.metric": "mae",
    "monitoring.metrics": ["mae"],
}


def errors(values: list[float]) -> tuple[Measurement, ...]:
    return tuple(replace(item, metric="mae") for item in accuracy(values, 0.5, "all"))


def test_an_error_is_lost_where_it_rises() -> None:
    rising = facts(15, REGRESSION, measurements=errors([10 + at for at in range(10)]))
    advice = ask(Topic.RETRAINING, rising)
    assert advice.answer == "month"
    assert "The mean absolute error changed by 1.000 a window (between 0.9" in advice.reason
    assert "percentage" not in advice.reason
    assert advice.confidence is Confidence.MEDIUM
    falling = facts(15, REGRESSION, measurements=errors([20 - at for at in range(10)]))
    assert answer(Topic.RETRAINING, falling) == "triggers"
    assert "mean absolute error changed by −1.000" in ask(Topic.RETRAINING, falling).reason


def test_numbers_have_no_threshold_that_value_gives() -> None:
    advice = ask(Topic.THRESHOLD, replace(facts(15, REGRESSION), curve=CURVE))
    assert advice.decision == "This is for people to answer."
    assert advice.in_use == ()


def test_without_control_a_treatment_looks_like_a_loss() -> None:
    falling = accuracy([0.9 - 0.02 * at for at in range(10)], segment="all")
    advice = ask(Topic.RETRAINING, facts(15, measurements=falling))
    assert advice.confidence is Confidence.LOW
    assert "a treatment that works looks like a loss" in advice.rests_on


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (ALONE, "articles 13 to 15 and 22"),
        ({}, "article 22 of the GDPR does not apply"),
        ({"regulatory.affects_people": False}, "no decision materially affects a person"),
    ],
)
def test_what_the_law_asks_is_said(changes: dict[str, object], words: str) -> None:
    assert words in ask(Topic.EXPLANATION, facts(15, changes)).reason


def test_a_requirement_that_something_rests_on_stays() -> None:
    advice = ask(Topic.REQUIREMENTS, facts())
    found = {item.what.split(":")[0].removeprefix("without "): item for item in advice.alternatives}
    assert [*found] == [*REQUIREMENTS]
    assert found["EF-3"].right_when.startswith("not here, because a treatment is given and a control group is held")
    assert found["RI-5"].right_when == "nothing in this project forbids it"


@pytest.mark.parametrize(
    ("requirement", "changes"),
    [
        ("HO-2", {"deployment.approval": None}),
        ("EF-3", {"data.treatment": None}),
        ("AV-4", {"business.value.running": {"per": "month"}}),
        ("AU-7", {"monitoring.triggers": []}),
        ("AU-5", {"monitoring.triggers": []}),
        ("RI-1", {"data.personal": {}, "risk": {}, "regulatory.affects_people": False}),
        ("RI-3", {"risk": {}, "regulatory.affects_people": False}),
        ("EX-2", {"regulatory.affects_people": False}),
        ("RE-1", {"regulatory.affects_people": False, "regulatory.reproducibility": "tolerance"}),
    ],
)
def test_what_a_project_does_without_may_be_switched_off(requirement: str, changes: dict[str, object]) -> None:
    assert requirement not in answer(Topic.REQUIREMENTS, facts()).split(", ")
    assert requirement in answer(Topic.REQUIREMENTS, facts(None, changes)).split(", ")


@pytest.mark.parametrize(
    ("requirement", "changes"),
    [("HO-1", ALONE), ("RI-5", ALONE), ("AU-5", {"training.every": "month", "monitoring.triggers": []})],
)
def test_what_a_project_does_forbids_to_switch_it_off(requirement: str, changes: dict[str, object]) -> None:
    assert requirement not in answer(Topic.REQUIREMENTS, facts(None, changes)).split(", ")


def test_what_is_switched_off_against_the_project_is_named() -> None:
    advice = ask(Topic.REQUIREMENTS, facts(None, {"switched_off": {"EF-4": "no time"}}))
    assert "Switched off against it today: EF-4." in advice.reason
    assert advice.in_use == ("EF-4",)


def test_a_larger_control_group_is_offered_with_what_it_sees() -> None:
    advice = ask(Topic.CONTROL_GROUP, facts(15))
    assert advice.alternatives[0].what == "2% in control"
    assert "it is worth seeing a change by 3." in advice.alternatives[0].right_when


def test_a_threshold_within_the_interval_is_kept() -> None:
    found = replace(facts(15, {"deployment.threshold": 0.2}), curve=CURVE)
    assert ask(Topic.THRESHOLD, found).decision == "Keep the threshold of 0.2."
    assert ask(Topic.THRESHOLD, found).in_use == ("0.2",)


def test_a_machine_without_memory_is_told_from_one_without_time() -> None:
    assert "the memory is more than half" in ask(Topic.ENGINE, facts(15, machine=SMALL)).reason
    assert "the time is more than half" in ask(Topic.ENGINE, slow(Stage.SCORE, 30)).reason
    assert LAPTOP.memory_mb > SMALL.memory_mb
