"""Verdicts as a whole: order, roll-up, age, reasons with figures, plain sentences."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests import factories

from copml.conformance import Area, Evidence, areas, check, why
from copml.conformance.verdicts import worst
from copml.errors import NothingToExplain
from copml.records import Verdict
from copml.spec import REQUIREMENTS

MET, AT_RISK, BREACHED, UNPROVEN, OFF = (
    Verdict.MET,
    Verdict.AT_RISK,
    Verdict.BREACHED,
    Verdict.UNPROVEN,
    Verdict.SWITCHED_OFF,
)


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return factories.history(15)


def test_every_requirement_has_one_verdict_in_the_order_of_the_framework(evidence: Evidence) -> None:
    assert [item.id for item in check(evidence)] == list(REQUIREMENTS)


def test_the_same_evidence_gives_the_same_verdicts(evidence: Evidence) -> None:
    assert check(evidence) == check(evidence)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([MET], MET),
        ([MET, OFF], MET),
        ([OFF], OFF),
        ([MET, UNPROVEN], UNPROVEN),
        ([UNPROVEN, AT_RISK], AT_RISK),
        ([MET, UNPROVEN, AT_RISK, BREACHED], BREACHED),
    ],
)
def test_the_worst_verdict_wins(verdicts: list[Verdict], expected: Verdict) -> None:
    assert worst(verdicts) is expected
    assert worst(reversed(verdicts)) is expected


def test_an_area_is_as_good_as_its_worst_requirement(evidence: Evidence) -> None:
    verdicts = check(evidence)
    found = areas(verdicts)
    assert list(found) == list(Area)
    for area, verdict in found.items():
        inside = [item.verdict for item in verdicts if item.area is area]
        assert verdict in inside
        assert verdict is worst(inside)


def test_evidence_past_its_age_proves_nothing(evidence: Evidence) -> None:
    late = replace(evidence, now=evidence.now + timedelta(days=1200))
    before = {item.id for item in check(evidence) if item.verdict is MET and item.age_max is not None}
    after = {item.id: item for item in check(late)}
    assert before
    for requirement in before:
        assert after[requirement].verdict in (UNPROVEN, BREACHED, AT_RISK), requirement
    assert after["AD-4"].verdict is UNPROVEN
    assert "at most 31 days count" in after["AD-4"].reason


def test_a_breach_does_not_expire(evidence: Evidence) -> None:
    loses = tuple(
        replace(item, value=-9e4, low=-9.9e4, high=-8e4) if item.metric == "net_value" else item
        for item in evidence.measurements
    )
    late = replace(evidence, measurements=loses, now=evidence.now + timedelta(days=400))
    assert {item.id: item.verdict for item in check(late)}["EF-4"] is BREACHED


def test_age_is_counted_up_to_the_retirement(evidence: Evidence) -> None:
    from copml.records import Retirement

    end = Retirement(project=factories.NAME, by="retention@telco.example", reason="Over.", at=evidence.now)
    years_later = replace(evidence, retirement=end, now=evidence.now + timedelta(days=900))
    assert {item.id: item.verdict for item in check(years_later)}["EF-4"] is MET


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        ("AV-3", "12 of 12 due batches in twelve months came on time: 100 %, the objective is 90.0 %."),
        ("EF-1", "churn_rate is to go from 10.0 % to 5.0 %"),
        ("EF-3", "percentage points less frequent"),
        ("EF-4", "95 % interval: between"),
        ("AU-6", "1 replacement, and each of 16 batches"),
        ("AD-1", "324,440 predictions in 16 batches"),
        ("AD-4", "key and log stand in one folder"),
        ("HO-2", "identities are simulated"),
        ("RI-1", "2 columns classified"),
    ],
)
def test_reasons_carry_figures(evidence: Evidence, requirement: str, words: str) -> None:
    assert words in next(item.reason for item in check(evidence) if item.id == requirement)


def test_only_what_is_not_settled_has_a_next_step(evidence: Evidence) -> None:
    for item in check(evidence):
        assert bool(item.next_step) is (item.verdict not in (MET, OFF)), item.id


def test_reasons_begin_as_sentences_and_end_with_a_stop() -> None:
    for evidence in (factories.nothing_yet(), factories.history(30)):
        for item in check(evidence):
            assert item.reason.endswith("."), (item.id, item.reason)
            assert not item.reason.startswith("no "), (item.id, item.reason)


@pytest.mark.parametrize("requirement", list(REQUIREMENTS))
def test_why_says_any_requirement_in_three_sentences(evidence: Evidence, requirement: str) -> None:
    asked, seen, step = why(evidence, requirement.lower()).split("\n")
    assert asked.startswith(f"{requirement} asks: ")
    assert seen.startswith("It is ")
    assert step.startswith(("Next, for ", "Nothing is to be done"))


def test_why_names_what_a_verdict_rests_on(evidence: Evidence) -> None:
    assert why(evidence, "AD-1").endswith("Nothing is to be done, though it rests on AD-4 (at risk).")


def test_why_says_an_incident_in_three_sentences() -> None:
    evidence = factories.history(30)
    open_, closed = evidence.incidents[-1], evidence.incidents[0]
    what, cause, step = why(evidence, open_.id).split("\n")
    assert what == "On 1 March 2028: repair has not helped and churn is where it began."
    assert cause.startswith("The cause lies with business (value); on record: ")
    assert step.startswith("It is open with business (retention@telco.example): ")
    assert why(evidence, closed.id).split("\n")[2] == "It was closed on 1 March 2026: the condition no longer holds."


def test_why_finds_an_incident_by_its_beginning_if_there_is_one() -> None:
    evidence = factories.history(30)
    assert why(evidence, "re-evaluate-77") == why(evidence, evidence.incidents[-1].id)


@pytest.mark.parametrize("subject", ["ZZ-9", "", "alert-9f8e7d"])
def test_why_refuses_what_it_does_not_know(subject: str) -> None:
    with pytest.raises(NothingToExplain, match="name a requirement, such as EF-3"):
        why(factories.history(30), subject)


def step_of(evidence: Evidence, requirement: str) -> str:
    return next(item.next_step for item in check(evidence) if item.id == requirement)


def project_is(evidence: Evidence, **changes: object) -> Evidence:
    paths = {path.replace("__", "."): value for path, value in changes.items()}
    return replace(evidence, project=factories.project(paths))


@pytest.mark.parametrize(
    ("requirement", "months", "changes", "words"),
    [
        ("EF-3", None, {}, "Get a first batch scored: run `copml run all`, which reads the sources"),
        ("EF-3", 1, {}, "Wait: the outcomes of the first window are known on 2 May 2026."),
        ("EF-3", 1, {"business__control_group": {"none": "harm"}}, "Hold a control group"),
        ("EF-3", 1, {"data__treatment": None}, "Name under data.treatment"),
        ("EF-4", 1, {}, "Wait: the outcomes of the first window are known on 2 May 2026."),
        ("EF-4", 1, {"data__treatment": None}, "value is counted from its effect"),
        ("AV-4", 1, {"business__value__running": {"per": "month"}}, "State what machines cost"),
        ("AU-9", 1, {}, "The training after that learns from them."),
        ("AU-9", 5, {}, "Run `copml run train`, or say under training.every"),
        ("AU-9", 5, {"training__every": "quarter"}, "Wait for the next scheduled training"),
        ("AU-9", 15, {"people__review": "agents@telco.example"}, "Bring the findings of reviewers in"),
        ("RI-1", 1, {}, "Restrict access to the workspace's folder"),
        ("RI-1", 1, {"data__personal": {}, "risk": {}}, "Decisions affect people: say under data.personal"),
        (
            "RI-1",
            1,
            {"data__personal": {}, "risk": {}, "regulatory__affects_people": False},
            "switch RI-1 off with that reason",
        ),
        ("AU-3", None, {}, "Run `copml run all`"),
        ("AU-5", 5, {}, "a second training shows it"),
        ("AU-6", 5, {}, "until a second version is approved"),
        ("AU-7", 5, {}, "until the trigger asks for it"),
        ("AU-8", 5, {}, "while the model is needed"),
        ("AU-4", None, {}, "until a trigger acts"),
        ("AU-4", None, {"monitoring__triggers": []}, "Add triggers"),
    ],
)
def test_the_next_step_knows_where_the_project_stands(
    requirement: str, months: int | None, changes: dict[str, object], words: str
) -> None:
    found = factories.nothing_yet() if months is None else factories.history(months)
    assert words in step_of(project_is(found, **changes), requirement)


def test_the_next_step_before_a_batch_follows_the_versions() -> None:
    first = factories.history(1)
    trained = replace(first, scoring_runs=(), deployments=(), measurements=())
    assert step_of(trained, "AV-2") == "Approve a version with `copml approve`, then run `copml run all`."
    live = replace(trained, deployments=first.deployments)
    assert "the next batch is scored when its time has come" in step_of(live, "EF-3")


def test_outcomes_that_are_due_are_waited_for_no_longer() -> None:
    late = replace(factories.history(1), now=factories.month(6))
    assert "are due, and are measured once they have come in" in step_of(late, "EF-3")
