"""Triggers: when they hold, for how long, what must have been tried, and what is superseded."""

from dataclasses import replace

import pytest

from copml.operations.actions import act
from copml.operations.diagnosis import diagnose
from copml.operations.failures import failed
from copml.operations.triggers import named, rule, undecided
from copml.operations.view import View
from copml.records import (
    Action,
    Cause,
    Dossier,
    Incident,
    IncidentState,
    Measurement,
    Role,
    VersionName,
    VersionState,
)

from .views import deployment, done, firing, measured, month, project, scoring_run, training, version, view, window

RETRAIN = "surely(accuracy.control < 0.75)"
REEVALUATE = "re-evaluate"


def ready(now: int, *measurements: Measurement, **records: object) -> View:
    runs = tuple(scoring_run(number) for number in range(now))
    base = view(month(now), project(change="  commissioning: 3 =>   commissioning: 0"), measurements=measurements)
    base = replace(base, versions=(version(),), deployments=(deployment(),), scoring_runs=runs, runs=(training(0),))
    return replace(base, **records)  # type: ignore[arg-type]


def low_control(number: int, value: float = 0.6, width: float = 0.05) -> Measurement:
    return replace(measured(number, "accuracy", value, low=value - width, high=value + width), segment="control")


def ruled(found: View, text: str, number: int) -> str:
    trigger = next(item for item in named(found) if item.spec.when == text)
    ruling = rule(found, trigger, window(number))
    return ruling.firing.mode if ruling.firing is not None else "held" if ruling.holds else "quiet"


@pytest.mark.parametrize(("value", "result"), [(0.60, "acted"), (0.72, "quiet"), (0.80, "quiet")])
def test_surely_waits_until_the_whole_interval_says_so(value: float, result: str) -> None:
    assert ruled(ready(4, low_control(0, value)), RETRAIN, 0) == result


def test_a_trigger_is_decided_for_the_newest_window_in_which_everything_is_known() -> None:
    found = ready(6, low_control(0), low_control(1), measured(5, "drift", 0.0))
    decided = {trigger.spec.when: where for trigger, where in undecided(found)}
    assert decided == {RETRAIN: window(1), "drift": window(5)}


def test_commissioning_proposes_and_does_not_act() -> None:
    found = replace(ready(4, low_control(0), low_control(3)), project=project())
    assert ruled(found, RETRAIN, 0) == "proposed"
    assert ruled(found, RETRAIN, 3) == "acted"


def test_a_candidate_that_waits_supersedes_a_repair() -> None:
    found = ready(4, low_control(0), versions=(version(), version("v2", VersionState.CANDIDATE)))
    assert ruled(found, RETRAIN, 0) == "superseded"


@pytest.mark.parametrize(
    ("now", "number", "mode"),
    [
        pytest.param(8, 2, "superseded", id="a window before the repair says nothing of it"),
        pytest.param(8, 4, "superseded", id="nor does one that the old version scored"),
        pytest.param(9, 5, "acted", id="a window after it does"),
    ],
)
def test_a_repair_is_not_asked_for_again_before_it_was_measured(now: int, number: int, mode: str) -> None:
    repaired = firing(0, (Action.RETRAIN,), fired=4)
    runs = tuple(scoring_run(n, "v1" if n <= 4 else "v2") for n in range(now))
    found = ready(
        now, low_control(number), firings=(repaired,), runs=(training(0), training(4, "v2")), scoring_runs=runs
    )
    assert ruled(found, RETRAIN, number) == mode


def test_drift_that_goes_on_does_not_retrain_every_month() -> None:
    drift = [measured(number, "drift", 1.0) for number in (4, 5, 6, 7)]
    repaired = firing(4, (Action.ALERT, Action.RETRAIN), fired=4)
    modes = [
        ruled(ready(now, *drift, firings=(repaired,), runs=(training(0), training(4, None))), "drift", now)
        for now in (5, 6, 7)
    ]
    assert modes == ["superseded", "superseded", "acted"]


def month_of_trouble(number: int) -> list[Measurement]:
    return [measured(number, "accuracy", 0.66, low=0.64, high=0.68), measured(number, "churn_rate", 0.11)]


def reevaluation(numbers: tuple[int, ...], tried: int | None = 5, mode: str = "acted", **records: object) -> str:
    troubles = [item for number in numbers for item in month_of_trouble(number)]
    tries = () if tried is None else (firing(0, (Action.RETRAIN,), fired=tried, mode=mode),)
    found = ready(12, *troubles, firings=tries, **records)
    text = next(item.spec.when for item in named(found) if item.spec.do[0] == REEVALUATE)
    return ruled(found, text, numbers[-1])


def test_re_evaluation_needs_three_months_running_after_a_repair() -> None:
    assert reevaluation((4, 5, 6)) == "acted"
    assert reevaluation((5, 6)) == "quiet"
    assert reevaluation((3, 5, 6)) == "quiet"
    assert reevaluation((4, 5, 6), tried=None) == "held"
    assert reevaluation((4, 5, 6), tried=3) == "held"
    assert reevaluation((4, 5, 6), mode="proposed") == "held"


def test_a_question_that_waits_is_not_asked_again() -> None:
    waiting = Dossier(
        project="telco-churn",
        id="d",
        action=Action.REEVALUATE,
        question="?",
        evidence={},
        opened_at=month(8),
        decided="",
    )
    assert reevaluation((4, 5, 6), dossiers=(waiting,)) == "superseded"
    answered = replace(waiting, decided="x")
    assert reevaluation((4, 5, 6), dossiers=(replace(answered, opened_at=month(10)),)) == "superseded"
    assert reevaluation((4, 5, 6), dossiers=(answered,)) == "acted"


def test_a_better_kpi_keeps_a_poor_score_from_becoming_a_question() -> None:
    """The framework's example: accuracy falls because the programme works."""
    troubles = [item for number in (4, 5, 6) for item in month_of_trouble(number)]
    good = [measured(number, "churn_rate", 0.07, low=0.065, high=0.075) for number in (4, 5, 6)]
    kept = [item for item in troubles if item.metric != "churn_rate"]
    found = ready(12, *kept, *good, firings=(firing(0, (Action.RETRAIN,), fired=5),))
    text = next(item.spec.when for item in named(found) if item.spec.do[0] == REEVALUATE)
    assert ruled(found, text, 6) == "quiet"


def test_facts_know_the_live_version() -> None:
    assert ready(1).live == version()
    assert ready(1, deployments=(deployment(until=month(1)),)).live is None
    assert VersionName("v1") == version().name


def test_broken_data_end_as_a_cause_though_the_trigger_still_holds() -> None:
    found = ready(7, measured(5, "drift", 1.0))
    (trigger,) = (item for item in named(found) if item.spec.when == "drift")
    broken = replace(
        failed(found, done("ingest/customers/1"), "empty"),
        id=f"{trigger.name}/4",
        cause=Cause.UPSTREAM_DATA,
        starts_at=month(4),
    )
    records = act(replace(found, incidents=(broken,)), trigger, window(5))
    incidents = {item.id: item for item in records if isinstance(item, Incident)}
    ended = incidents.pop(broken.id)
    assert ended.state is IncidentState.RESOLVED
    assert "the data were in order" in ended.resolution
    assert [item.state for item in incidents.values()] == [IncidentState.OPEN]


def test_whether_to_go_on_is_asked_of_the_business() -> None:
    found = ready(4, low_control(0), measured(0, "net_value", -1.0))
    asked = diagnose(found, window(0), firing(0, (Action.PROPOSE_RETIREMENT,), fired=4))
    assert (asked.cause, asked.owner) == (Cause.VALUE, Role.BUSINESS)
