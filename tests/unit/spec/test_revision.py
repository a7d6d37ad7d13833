"""What a change of the project file changes, and what of it weakens."""

from pathlib import Path

import pytest

from copml.records import Stage
from copml.spec import Difference, Project, differences, parse
from copml.spec.conditions import parse_condition
from copml.spec.implication import implies

TELCO = (Path(__file__).parent / "telco.yaml").read_text()
OLD = parse(TELCO)
CHECK = "{min: 0, max: 500, missing: 1%}"
TRIGGER = "    - {when: surely(accuracy.control < 0.75), do: retrain}\n"
PATIENT = "    - {when: net_value < 0, for: 3 months, do: propose-retirement}\n"
GATE = "    - accuracy.control >= 0.78\n"
CONTROL = "control_group: {share: 5%, redraw: quarter}"
SWITCH = "copml: 1\nswitched_off: {HO-2: not needed here}"


def change(*changes: tuple[str, str]) -> tuple[Difference, ...]:
    text = TELCO
    for before, after in changes:
        assert text.count(before) >= 1, f"{before!r} is not in telco.yaml"
        text = text.replace(before, after, 1)
    return differences(OLD, parse(text))


def test_a_project_does_not_differ_from_itself() -> None:
    reordered = TELCO.replace("better: lower, every: month}", "every: monthly, better: lower}")
    assert differences(OLD, parse(f"# another comment\n{reordered}")) == ()


WEAKENS = [
    (GATE, "", "training.gates"),
    ("accuracy.control >= 0.78", "accuracy.control >= 0.77", "training.gates"),
    ("accuracy.control >= 0.78", "possibly(accuracy.control >= 0.78)", "training.gates"),
    ("accuracy.control >= 0.78", "accuracy >= 0.78", "training.gates"),
    ("roc_auc >= live - 0.01", "roc_auc >= live - 0.02", "training.gates"),
    ("better than majority", "better than majority or recall > 0.5", "training.gates"),
    (TRIGGER, "", "monitoring.triggers"),
    ("surely(accuracy.control < 0.75)", "surely(accuracy.control < 0.70)", "monitoring.triggers"),
    ("accuracy.control < 0.75), do: retrain", "accuracy.control < 0.75), do: alert", "monitoring.triggers"),
    (
        "accuracy.control < 0.75), do: retrain",
        "accuracy.control < 0.75), for: 2 months, do: retrain",
        "monitoring.triggers",
    ),
    ("for: 3 months, do: propose", "for: 4 months, do: propose", "monitoring.triggers"),
    ("for: 3 months, do: propose", "for: 3 months, after: [retrain], do: propose", "monitoring.triggers"),
    ("when: drift, do: [alert, retrain]", "when: drift, do: retrain", "monitoring.triggers"),
    ("target: 0.05", "target: 0.06", "business.kpi.target"),
    ("baseline: 0.10", "baseline: 0.12", "business.kpi.baseline"),
    ("every: month}\n  value", "every: quarter}\n  value", "business.kpi.every"),
    ("kpi_unit: 400", "kpi_unit: 500", "business.value.kpi_unit"),
    ("offer: -25", "offer: -5", "business.value.treatment.offer"),
    ("{offer: -25}", "{}", "business.value.treatment.offer"),
    ("people: 2000", "people: 100", "business.value.running.people"),
    ("share: 5%", "share: 4%", "business.control_group.share"),
    ("  review: [agents@telco.example]\n", "", "people.review"),
    ("event_at: as_of, every", "event_at: as_of, delay: 9d, every", "data.sources.customers.delay"),
    ("customer_id: identifier, gender: protected, ", "gender: protected, ", "data.personal.customer_id"),
    (f"    monthly_charges: {CHECK}\n", "", "data.checks.monthly_charges"),
    (CHECK, "{min: -1, max: 500, missing: 1%}", "data.checks.monthly_charges.min"),
    (CHECK, "{max: 500, missing: 1%}", "data.checks.monthly_charges.min"),
    (CHECK, "{min: 0, max: 501, missing: 1%}", "data.checks.monthly_charges.max"),
    (CHECK, "{min: 0, max: 500, missing: 2%}", "data.checks.monthly_charges.missing"),
    (
        "[Month-to-month, One year, Two year]",
        "[Month-to-month, One year, Two year, Other]",
        "data.checks.contract.values",
    ),
    ("contract: {values: [Month-to-month, One year, Two year]}", "contract: {}", "data.checks.contract.values"),
    ("on: untreated", "on: all", "training.on"),
    ("seed: 7", "holdout: 0.1\n  seed: 7", "training.holdout"),
    ("seed: 7", "pickle: true\n  seed: 7", "training.pickle"),
    ("objective: 99%", "objective: 95%", "deployment.objective"),
    ("  approval: {by: business, four_eyes: true}\n", "", "deployment.approval"),
    ("by: business", "by: science", "deployment.approval.by"),
    ("four_eyes: true", "four_eyes: false", "deployment.approval.four_eyes"),
    ("  every: month\n  commissioning", "  every: quarter\n  drift: 0.2\n  commissioning", "monitoring.every"),
    ("commissioning: 3", "commissioning: 4", "monitoring.commissioning"),
    ("commissioning: 3", "commissioning: 3\n  drift: 0.3", "monitoring.drift"),
    ("[accuracy, roc_auc, recall, calibration_error]", "[accuracy, roc_auc, recall]", "monitoring.metrics"),
    ("by: [gender, senior_citizen]", "by: gender", "risk.fairness.by"),
    ("difference: 0.10", "difference: 0.2", "risk.fairness.equal_opportunity_difference"),
    ("  privacy: {membership_advantage: 0.10}\n", "", "risk.privacy"),
    ("advantage: 0.10", "advantage: 0.11", "risk.privacy.membership_advantage"),
    ("affects_people: true", "affects_people: false", "regulatory.affects_people"),
    ("solely_automated: false", "solely_automated: true", "regulatory.solely_automated"),
    ("reproducibility: exact", "reproducibility: tolerance", "regulatory.reproducibility"),
    ("evidence: 10 years", "evidence: 9 years", "regulatory.keep.evidence"),
    ("predictions: 3 years", "predictions: 24 months", "regulatory.keep.predictions"),
    ("copml: 1", SWITCH, "switched_off.HO-2"),
]


@pytest.mark.parametrize(("before", "after", "path"), WEAKENS)
def test_weakens(before: str, after: str, path: str) -> None:
    edits = [(before, after)]
    if path == "monitoring.every":
        edits += [("for: 3 months", "for: 3 quarters")] * 2
    if path == "data.personal.customer_id":
        edits += [("affects_people: true", "affects_people: false")]
    weakening = {item.path for item in change(*edits) if item.weakens}
    assert path in weakening
    assert all(item.why for item in change(*edits) if item.weakens)


STRENGTHENS = [
    (GATE, GATE + "    - recall > 0.1\n", "training.gates"),
    ("accuracy.control >= 0.78", "accuracy.control >= 0.79", "training.gates"),
    ("accuracy.control >= 0.78", "surely(accuracy.control > 0.78)", "training.gates"),
    ("accuracy.control >= 0.78", "0.78 <= accuracy.control and recall > 0.1", "training.gates"),
    ("roc_auc >= live - 0.01", "roc_auc >= live", "training.gates"),
    ("better than majority", "surely(better than majority)", "training.gates"),
    (TRIGGER, TRIGGER + "    - {when: recall < 0.1, do: alert}\n", "monitoring.triggers"),
    ("surely(accuracy.control < 0.75)", "accuracy.control < 0.76", "monitoring.triggers"),
    ("accuracy.control < 0.75), do: retrain", "accuracy.control < 0.75), do: [alert, retrain]", "monitoring.triggers"),
    ("for: 3 months, do: propose", "for: 2 months, do: propose", "monitoring.triggers"),
    ("target: 0.05", "target: 0.04", "business.kpi.target"),
    ("share: 5%", "share: 10%", "business.control_group.share"),
    ("kpi_unit: 400", "kpi_unit: 300", "business.value.kpi_unit"),
    ("gender: protected, ", "gender: protected, age: personal, ", "data.personal.age"),
    (CHECK, "{min: 1, max: 400, missing: 0}", "data.checks.monthly_charges.min"),
    ("    contract: {", "    fee: {min: 0}\n    contract: {", "data.checks.fee"),
    ("[Month-to-month, One year, Two year]", "[Month-to-month, One year]", "data.checks.contract.values"),
    ("objective: 99%", "objective: 99.9%", "deployment.objective"),
    ("commissioning: 3", "commissioning: 2", "monitoring.commissioning"),
    ("recall, calibration_error]", "recall, brier, calibration_error]", "monitoring.metrics"),
    ("solely_automated: false", "solely_automated: false\n  # as before", ""),
    ("evidence: 10 years", "evidence: 11 years", "regulatory.keep.evidence"),
    ("audit: [risk@telco.example]", "audit: [other@telco.example]", "people.audit"),
    ("threshold: 0.5", "threshold: 0.4", "deployment.threshold"),
    ("params: {C: 1.0}", "params: {C: 0.5}", "training.params.C"),
    ("question: Which", "question: So which", "business.question"),
]


@pytest.mark.parametrize(("before", "after", "path"), STRENGTHENS)
def test_does_not_weaken(before: str, after: str, path: str) -> None:
    found = change((before, after))
    assert not [item for item in found if item.weakens]
    assert not path or path in {item.path for item in found}


def test_a_control_group_that_is_given_up_weakens_twice() -> None:
    found = change((CONTROL, "control_group: {none: everybody must get the offer}"), ("on: untreated", "on: all"))
    assert {item.path for item in found if item.weakens} == {"business.control_group.share", "training.on"}


def test_a_lost_source_and_treatment_are_named_whole() -> None:
    found = change(
        ("    offers: {path: data/offers/*.csv, entity: customer_id, event_at: made_on, every: month}\n", ""),
        ("  treatment: {source: offers, cooldown: 90d}\n", ""),
        (CONTROL, "control_group: {none: there is no offer any more}"),
        ("on: untreated", "on: all"),
    )
    shown = {item.path: (item.before, item.after) for item in found if item.weakens}
    assert shown["data.treatment"] == ("source: offers, cooldown: 90 days", None)
    assert shown["data.sources.offers"][1] is None


@pytest.mark.parametrize(
    ("before", "after", "touches"),
    [
        ("target: 0.05", "target: 0.04", {Stage.MONITOR, Stage.ACT}),
        ("threshold: 0.5", "threshold: 0.4", {Stage.SCORE}),
        ("by: business", "by: science", {Stage.DEPLOY}),
        ("params: {C: 1.0}", "params: {C: 0.5}", {Stage.TRAIN}),
        ("churn.features:build", "churn.features:make", {Stage.FEATURES, Stage.TRAIN, Stage.SCORE}),
        ("zone: Europe/Berlin", "zone: UTC", set(Stage)),
        ("lawful_basis: contract", "lawful_basis: consent", set()),
        ("commissioning: 3", "commissioning: 2", {Stage.ACT}),
        ("commissioning: 3", "commissioning: 3\n  alerts: {file: alerts.jsonl}", {Stage.NOTIFY}),
    ],
)
def test_says_which_stages_are_touched(before: str, after: str, touches: set[Stage]) -> None:
    (item,) = change((before, after))
    assert set(item.touches) == touches


def test_values_are_shown_as_people_write_them() -> None:
    found = change(
        ("horizon: 90d", "horizon: 3 months"),
        ("four_eyes: true", "four_eyes: false"),
        ("monthly_charges: " + CHECK, "monthly_charges: {min: 0, missing: 1%}"),
        ("when: drift, do: [alert, retrain]", "when: drift, do: alert"),
    )
    shown = {item.path: (item.before, item.after) for item in found}
    assert shown["data.outcome.horizon"] == ("90 days", "3 months")
    assert shown["deployment.approval.four_eyes"] == ("true", "false")
    assert shown["data.checks.monthly_charges.max"] == ("500", None)
    assert [(item.before, item.after) for item in found if item.path == "monitoring.triggers"] == [
        ("when: drift, do: [alert, retrain]", None),
        (None, "when: drift, do: alert"),
    ]


@pytest.mark.parametrize(
    ("before", "after", "weakens"),
    [
        ("", "[{after: 4h, to: science}]", False),
        ("[{after: 4h, to: science}]", "[{after: 4h, to: science}, {after: 1d, to: business}]", False),
        ("[{after: 4h, to: science}]", "[{after: 2h, to: science}]", False),
        ("[{after: 4h, to: science}]", "[{after: 5h, to: science}]", True),
        ("[{after: 4h, to: science}]", "[{after: 4h, to: business}]", True),
        ("[{after: 4h, to: science}]", "[]", True),
    ],
)
def test_who_hears_of_what_nobody_took_up_may_not_be_fewer_or_later(before: str, after: str, weakens: bool) -> None:
    def escalating(steps: str) -> Project:
        alerts = f"\n  alerts: {{escalate: {steps}}}" if steps else ""
        return parse(TELCO.replace("commissioning: 3", f"commissioning: 3{alerts}"))

    (found,) = differences(escalating(before), escalating(after))
    assert (found.path, found.weakens, found.touches) == ("monitoring.alerts.escalate", weakens, (Stage.NOTIFY,))


@pytest.mark.parametrize(
    ("stronger", "weaker", "expected"),
    [
        ("recall > 0.5", "recall > 0.4", True),
        ("recall > 0.4", "recall > 0.5", False),
        ("recall > 0.5", "recall >= 0.5", True),
        ("recall >= 0.5", "recall > 0.5", False),
        ("recall >= 0.6", "recall > 0.5", True),
        ("recall < 0.4", "recall <= 0.4", True),
        ("recall <= 0.4", "recall < 0.4", False),
        ("recall == 0.4", "recall == 0.4", True),
        ("recall == 0.4", "recall == 0.5", False),
        ("surely(recall > 0.5)", "recall > 0.5", True),
        ("recall > 0.5", "possibly(recall > 0.4)", True),
        ("possibly(recall > 0.5)", "recall > 0.5", False),
        ("recall > 0.5", "accuracy > 0.5", False),
        ("recall.control > 0.5", "recall > 0.5", False),
        ("0.5 < recall", "recall > 0.4", True),
        ("live <= recall", "recall >= live - 0.1", True),
        ("recall > 0.5 and drift", "recall > 0.4", True),
        ("recall > 0.5", "recall > 0.4 or drift", True),
        ("recall > 0.5 or drift", "recall > 0.4", False),
        ("recall > 0.5 or recall > 0.6", "recall > 0.4", True),
        ("recall > 0.5", "recall > 0.4 and recall > 0.3", True),
        ("not recall > 0.4", "not recall > 0.5", True),
        ("not recall > 0.5", "not recall > 0.4", False),
        ("drift", "drift > 0", True),
        ("drift > 1", "drift", True),
        ("drift.fee", "drift", False),
    ],
)
def test_implication(stronger: str, weaker: str, expected: bool) -> None:
    assert implies(parse_condition(stronger), parse_condition(weaker)) is expected
