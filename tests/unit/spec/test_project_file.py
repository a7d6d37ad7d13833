"""The project file: what is accepted, and every way in which it can be wrong, with line, column and hint."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from copml.errors import Problem, ProjectInvalid
from copml.records import Action, Role
from copml.spec import Project, parse
from copml.spec.periods import Duration, Period
from copml.spec.requirements import REQUIREMENTS

TELCO = (Path(__file__).parent / "telco.yaml").read_text()


def problems(text: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(ProjectInvalid, match=r"problem") as caught:
        parse(text)
    return caught.value.problems


def changed(*changes: tuple[str, str]) -> str:
    text = TELCO
    for before, after in changes:
        assert text.count(before) >= 1, f"{before!r} is not in telco.yaml"
        text = text.replace(before, after, 1)
    return text


def test_reads_the_example() -> None:
    project = parse(TELCO)
    assert project.people.of(Role.AUDIT) == ("risk@telco.example",)
    assert project.business.kpi.baseline == 0.1
    assert project.business.value.treatment_cost == 25
    assert project.business.control_group.share == 0.05
    assert project.data.treatment is not None
    assert project.data.treatment.cooldown == Duration(90, Period.DAY)
    assert project.deployment.objective == 0.99
    assert project.deployment.approval is not None
    assert project.deployment.approval.by is Role.BUSINESS
    assert project.monitoring.triggers[2].do == (Action.REEVALUATE,)
    assert project.monitoring.triggers[2].for_ == Duration(3, Period.MONTH)
    assert project.monitoring.triggers[2].after == (Action.RETRAIN,)
    assert project.tz.key == "Europe/Berlin"
    assert parse(TELCO.encode()) == project


@pytest.mark.parametrize(
    ("change", "read"),
    [
        (("baseline: 0.10, target: 0.05", "baseline: 10%, target: 5%"), lambda p: p.business.kpi.target == 0.05),
        (
            ("{share: 5%, redraw: quarter}", "{share: 0.05, redraw: quarterly}"),
            lambda p: p.business.control_group.share == 0.05,
        ),
        (("objective: 99%", "objective: 99.9 %"), lambda p: p.deployment.objective == 0.999),
        (("schedule: monthly", "schedule: week"), lambda p: p.deployment.schedule is Period.WEEK),
        (("seed: 7", "seed: 7\n  time_limit: 90s"), lambda p: p.training.time_limit == timedelta(seconds=90)),
        (("seed: 7", "seed: 7\n  time_limit: 10 min"), lambda p: p.training.time_limit == timedelta(minutes=10)),
        (("seed: 7", "seed: 7\n  time_limit: 2 Hours"), lambda p: p.training.time_limit == timedelta(hours=2)),
        (("horizon: 90d", "horizon: 3 months"), lambda p: p.data.outcome.horizon == Duration(3, Period.MONTH)),
        (
            ("[Month-to-month, One year, Two year]", "[0, 1, true]"),
            lambda p: p.data.checks["contract"].values == ("0", "1", "true"),
        ),
        (("do: retrain}", "do: [retrain]}"), lambda p: p.monitoring.triggers[0].do == (Action.RETRAIN,)),
        (("four_eyes: true", "four_eyes: false"), lambda p: p.deployment.approval.four_eyes is False),
        (("question: Which", "question: |\n    Which"), lambda p: p.business.question.endswith("?\n")),
        (
            (
                "{source: departures, horizon: 90d, absent_means: stayed}",
                "{source: customers, column: churn, positive: 1}",
            ),
            lambda p: p.data.outcome.positive == "1",
        ),
        (("keep: {", "keep:\n    {"), lambda p: p.regulatory.keep.evidence == Duration(10, Period.YEAR)),
        (("# Telco", "\ufeff# Telco"), lambda p: p.project == "telco-churn"),
    ],
)
def test_accepts_what_people_write(change: tuple[str, str], read: Any) -> None:
    assert read(parse(changed(change)))


QUESTION = "Which customers will leave within 90 days?"
CONTROL = "{share: 5%, redraw: quarter}"
TREATMENT = "  treatment: {source: offers, cooldown: 90d}\n"
OUTCOME = "{source: departures, horizon: 90d, absent_means: stayed}"
PATH = "path: data/customers/*.parquet"
CONTRACTS = "values: [Month-to-month, One year, Two year]"
GATE = "accuracy.control >= 0.78"
GATES = "    - accuracy.control >= 0.78\n    - roc_auc >= live - 0.01\n    - better than majority"
WHEN = "surely(accuracy.control < 0.75)"

NO_REQUEST = [
    (QUESTION, "Customers leave us", "business.question", "nothing that is unknown"),
    (QUESTION, "Who leaves?", "business.question", "what is to be predicted"),
    ("  question: Which customers will leave within 90 days?\n", "", "business.question", "missing"),
    ("  decision: High-risk customers get the retention offer\n", "", "business.decision", "missing"),
    ("baseline: 0.10, ", "", "business.kpi.baseline", "missing"),
    ("target: 0.05, ", "", "business.kpi.target", "missing"),
    ("target: 0.05", "target: 0.10", "business.kpi.target", "nothing would change"),
    ("target: 0.05", "target: 0.15", "business.kpi.target", "worse than the baseline"),
    ("better: lower", "better: higher", "business.kpi.target", "worse than the baseline"),
    ("  data: data-eng@telco.example\n", "", "people.data", "missing"),
    ("data-eng@telco.example", "", "people.data", "empty"),
    ("data-eng@telco.example", "[]", "people.data", "empty"),
    ("data-eng@telco.example", "'  '", "people.data", "blank"),
    ("  control_group: {share: 5%, redraw: quarter}\n", "", "business.control_group", "missing"),
    (CONTROL, "{redraw: quarter}", "business.control_group", "one of `share` and `none`"),
    (CONTROL, "{share: 5%, none: it would be wrong}", "business.control_group", "one of `share` and `none`"),
    (CONTROL, "{share: 0}", "business.control_group", "compares nothing"),
    (CONTROL, "{none: x}", "business.control_group.none", "too short"),
]

WRONG_KIND = [
    ("copml: 1", "copml: 2", "copml", "cannot stand here"),
    ("copml: 1", "copml: '1'", "copml", "cannot stand here"),
    ("copml: 1\n", "", "copml", "missing"),
    ("project: telco-churn", "project: Telco Churn", "project", "cannot stand here"),
    ("zone: Europe/Berlin", "zone: Europe/Berlim", "zone", "no time zone"),
    ("zone: Europe/Berlin", "zone: ../../etc/passwd", "zone", "no time zone"),
    ("zone: Europe/Berlin", "zone: Europe", "zone", "no time zone"),
    ("zone: Europe/Berlin", "zone: 1", "zone", "a whole number, and text"),
    ("baseline: 0.10", "baseline: ten", "business.kpi.baseline", "no number"),
    ("baseline: 0.10", "baseline: .inf", "business.kpi.baseline", "no number"),
    ("baseline: 0.10", "baseline: 1e999", "business.kpi.baseline", "no number"),
    ("baseline: 0.10", "baseline: true", "business.kpi.baseline", "no number"),
    ("currency: EUR", "currency: euro", "business.value.currency", "cannot stand here"),
    ("share: 5%", "share: five", "business.control_group.share", "no share"),
    ("share: 5%", "share: 5", "business.control_group.share", "outside 0 to 1"),
    ("share: 5%", "share: 500%", "business.control_group.share", "outside 0 to 1"),
    ("every: month}\n  value", "every: fortnight}\n  value", "business.kpi.every", "no calendar period"),
    ("horizon: 90d", "horizon: 90", "data.outcome.horizon", "no duration"),
    ("horizon: 90d", "horizon: soon", "data.outcome.horizon", "no duration"),
    ("seed: 7", "seed: 7\n  time_limit: 3 months", "training.time_limit", "no time limit"),
    ("seed: 7", "seed: 7\n  time_limit: 0s", "training.time_limit", "no time limit"),
    ("seed: 7", "seed: 7\n  time_limit: 90", "training.time_limit", "no time limit"),
    ("horizon: 90d", "horizon: 0d", "data.outcome.horizon", "no duration"),
    ("horizon: 90d", "horizon: 999999 years", "data.outcome.horizon", "longer than"),
    ("customers: {path", "Customers: {path", "data.sources.Customers", "cannot stand here"),
    ("customers: {path", "../customers: {path", "data.sources.../customers", "cannot stand here"),
    ("gender: protected", "gender: secret", "data.personal.gender", "cannot stand here"),
    ("seed: 7", "seed: -1", "training.seed", "too small"),
    ("seed: 7", "seed: 4294967296", "training.seed", "too large"),
    ("seed: 7", "seed: seven", "training.seed", "a whole number is asked for"),
    ("features: churn.features:build", "features: churn/features.py", "features", "cannot stand here"),
    ("features: churn.features:build", "features: churn.features:build()", "features", "cannot stand here"),
    ("params: {C: 1.0}", "params: [C]", "training.params", "a list, and a mapping"),
    ("on: untreated", "on: treated", "training.on", "cannot stand here"),
    ("mode: batch", "mode: streaming", "deployment.mode", "cannot stand here"),
    ("by: business", "by: bussiness", "deployment.approval.by", "no role"),
    ("four_eyes: true", "four_eyes: yes", "deployment.approval.four_eyes", "true or false is asked for"),
    ("commissioning: 3", "commissioning: 3 windows", "monitoring.commissioning", "a whole number is asked for"),
    ("do: retrain}", "do: retrian}", "monitoring.triggers[1].do", "no action"),
    ("do: [alert, retrain]", "do: []", "monitoring.triggers[2].do", "empty"),
    ("metrics: [accuracy,", "metrics: [accuracy, 5,", "monitoring.metrics[2]", "and text is asked for"),
    ("affects_people: true", "affects_people: maybe", "regulatory.affects_people", "true or false is asked for"),
    ("people:\n", "people: nobody\nx:\n", "people", "a mapping of keys"),
    ("lawful_basis: contract", "lawful_basis: ''", "regulatory.lawful_basis", "empty"),
    ("lawful_basis: contract", "lawful_basis:", "regulatory.lawful_basis", "empty"),
    ("zone: Europe/Berlin", "zonne: Europe/Berlin", "zonne", "unknown key"),
]

DO_NOT_FIT = [
    ("name: churn_rate", "name: accuracy", "business.kpi.name", "copml measures itself"),
    ("name: churn_rate", "name: live", "business.kpi.name", "copml measures itself"),
    ("kpi_unit: 400", "kpi_unit: 0", "business.value.kpi_unit", "no model could be worth"),
    ("offer: -25", "offer: 25", "business.value.treatment.offer", "brings in 25"),
    ("people: 2000", "people: -2000", "business.value.running.people", "amounts ≥ 0"),
    (TREATMENT, "", "business.control_group", "nothing says who was treated"),
    (TREATMENT, "", "training.on", "needs a record"),
    (CONTROL, "{none: every customer has a right to it}", "training.on", "without a control group"),
    ("outcome: {source: departures", "outcome: {source: departure", "data.outcome.source", "no source `departure`"),
    ("treatment: {source: offers", "treatment: {source: ofers", "data.treatment.source", "no source `ofers`"),
    ("event_at: left_on, ", "", "data.sources.departures", "does not say when"),
    ("event_at: made_on, ", "", "data.sources.offers", "does not say when"),
    ("event_at: as_of", "event_at: customer_id", "data.sources.customers.event_at", "cannot be its time"),
    ("event_at: as_of", "event_at: as_of, encoding: utf-9", "data.sources.customers.encoding", "no text encoding"),
    ("event_at: as_of", "event_at: as_of, encoding: base64", "data.sources.customers.encoding", "no text encoding"),
    ("event_at: as_of", "event_at: as_of, delimiter: '||'", "data.sources.customers.delimiter", "too long"),
    ("path: data/customers/*.parquet, ", "", "data.sources.customers", "one of `path` and `url`"),
    (PATH, "url: CRM", "data.sources.customers", "belong together"),
    (PATH, "url: 'postgresql://me:secret@crm/db', query: SELECT 1", "data.sources.customers.url", "credentials"),
    (PATH, "url: 'no such', query: SELECT 1", "data.sources.customers.url", "neither an address"),
    ("horizon: 90d", "column: left", "data.outcome", "belong together"),
    ("horizon: 90d, ", "", "data.outcome", "`horizon` or `column` is asked for"),
    (OUTCOME, "{source: customers, column: customer_id, positive: x}", "data.outcome.column", "cannot be the outcome"),
    ("customer_id: identifier", "customer_id: protected", "data.personal.customer_id", "classified as protected"),
    ("customer_id: identifier, ", "", "data.sources.customers.entity", "is not classified"),
    ("senior_citizen: protected}", "other: protected}", "risk.fairness.by[2]", "not classified as protected"),
    ("min: 0, max: 500", "min: 500, max: 0", "data.checks.monthly_charges.min", "every row would fail"),
    ("min: 0, max: 500", "values: [a], max: 1", "data.checks.monthly_charges.values", "both"),
    (CONTRACTS, "pattern: '['", "data.checks.contract.pattern", "regular expression"),
    (CONTRACTS, "pattern: '(a)\\1'", "data.checks.contract.pattern", "looks around or back"),
    (CONTRACTS, "values: []", "data.checks.contract.values", "empty"),
    (GATE, "accuracy.control => 0.78", "training.gates[1]", "has no meaning"),
    (GATE, "acuracy >= 0.78", "training.gates[1]", "nothing called `acuracy`"),
    (GATE, "net_value > 0", "training.gates[1]", "only after a model was in use"),
    (GATE, "churn_rate < baseline", "training.gates[1]", "only after a model was in use"),
    (GATE, "accuracy.contrl >= 0.78", "training.gates[1]", "is not measured on"),
    (GATES, "    []", "training.gates", "empty"),
    (WHEN, "surely(accuracy.control < )", "monitoring.triggers[1].when", "must stand here"),
    (WHEN, "surely(precision < 0.75)", "monitoring.triggers[1].when", "not among `monitoring.metrics`"),
    (WHEN, "surely(churn < 0.75)", "monitoring.triggers[1].when", "nothing called `churn`"),
    (
        "when: drift, do: [alert, retrain]",
        "when: surely(accuracy.control < 0.75), do: retrain",
        "monitoring.triggers[2]",
        "same as number 1",
    ),
    ("for: 3 months\n", "for: 3 days\n", "monitoring.triggers[3].for", "shorter than one window"),
    ("after: [retrain]", "after: [roll-back]", "monitoring.triggers[3].after", "could never fire"),
    ("metrics: [accuracy,", "metrics: [acuracy,", "monitoring.metrics[1]", "nothing called"),
    ("metrics: [accuracy,", "metrics: [accuracy, net_value,", "monitoring.metrics[2]", "in any case"),
    ("objective: 99%", "objective: 0", "deployment.objective", "promises nothing"),
    ("threshold: 0.5", "threshold: 1", "deployment.threshold", "every decision would be the same"),
    ("evidence: 10 years", "evidence: 1 year", "regulatory.keep.evidence", "has to prove"),
    ("predictions: 3 years", "predictions: 3 days", "regulatory.keep.predictions", "truth is known only after"),
    ("explanation: shapley", "explanation: none", "regulatory.explanation", "owe them an explanation"),
    ("by: business", "by: audit", "deployment.approval.by", "changes nothing"),
    ("copml: 1", "switched_off: {XX-1: no need}\ncopml: 1", "switched_off.XX-1", "no requirement"),
    ("copml: 1", "switched_off: {HO-2: ''}\ncopml: 1", "switched_off.HO-2", "empty"),
]
CASES = [*NO_REQUEST, *WRONG_KIND, *DO_NOT_FIT]


@pytest.mark.parametrize(("before", "after", "where", "fragment"), CASES)
def test_refuses(before: str, after: str, where: str, fragment: str) -> None:
    text = changed((before, after))
    found = problems(text)
    matching = [one for one in found if one.where == where and fragment in one.message]
    assert matching, [str(one) for one in found]
    assert matching[0].hint
    steps = where.replace("]", "").replace("[", ".").split(".")
    steps = steps[:-1] if "is missing" in matching[0].message or steps[-1].isdigit() else steps
    line = text.splitlines()[matching[0].line - 1]
    assert not steps or steps[-1] in line or where.endswith("]")
    assert line[matching[0].column - 1] != " "


def test_reports_everything_at_once_in_order() -> None:
    text = changed(
        ("copml: 1", "copml: 2"),
        ("target: 0.05", "target: 0.5"),
        ("do: retrain}", "do: retrian}"),
        ("gender: protected", "gender: &x protected"),
        ("seed: 7", "seed: 7\n  seed: 8"),
        ("accuracy.control >= 0.78", "accuracy.control > > 0.78"),
        ("evidence: 10 years", "evidence: 1 day"),
    )
    found = problems(text)
    assert [one.where for one in found] == [
        "copml",
        "business.kpi.target",
        "data.personal.gender",
        "training.seed",
        "training.gates[1]",
        "monitoring.triggers[1].do",
        "regulatory.keep.evidence",
    ]
    assert [(one.line, one.column) for one in found] == sorted((one.line, one.column) for one in found)


def test_points_into_the_condition() -> None:
    text = changed(("accuracy.control >= 0.78", '"accuracy.control => 0.78"'))
    (found,) = problems(text)
    line = text.splitlines()[found.line - 1]
    assert line[found.column - 1] == "="


@pytest.mark.parametrize(
    ("change", "hint"),
    [
        (("zone: Europe/Berlin", "zonne: Europe/Berlin"), "did you mean `zone`?"),
        (("better: lower", "beter: lower"), "did you mean `better`?"),
        (("for: 3 months\n", "fore: 3 months\n"), "did you mean `for`?"),
        (("entity: customer_id, event_at: as_of", "entitty: customer_id, event_at: as_of"), "did you mean `entity`?"),
        (("cooldown: 90d", "qqq: 90d"), "known here: source, cooldown"),
        (("by: business", "by: bussiness"), "did you mean `business`?"),
        (("do: retrain}", "do: retrian}"), "did you mean `retrain`?"),
        (("mode: batch", "mode: bach"), "did you mean `batch`?"),
        (("zone: Europe/Berlin", "zone: Europe/Berlim"), "did you mean `Europe/Berlin`?"),
        (("roc_auc >= live", "rocauc >= live"), "did you mean `roc_auc`?"),
        (("copml: 1", "switched_off: {HO2: not yet needed}\ncopml: 1"), "did you mean `HO-2`?"),
    ],
)
def test_suggests_the_nearest(change: tuple[str, str], hint: str) -> None:
    assert hint in {one.hint for one in problems(changed(change))}


def test_missing_keys_point_to_their_parent_and_say_why() -> None:
    text = changed(("baseline: 0.10, ", ""))
    (found,) = problems(text)
    assert text.splitlines()[found.line - 1].startswith("  kpi:")
    assert found.column == 3
    assert "without it nobody can say whether the model helped" in found.hint


def test_an_empty_mapping_lists_every_part() -> None:
    found = problems("copml: 1")
    required = {name for name, field in Project.model_fields.items() if field.is_required() and name != "copml"}
    assert {one.where for one in found} == required | {"features", "training"}


def test_open_blanks_are_listed_once_and_nothing_else_is() -> None:
    text = changed(
        ("baseline: 0.10", "baseline: 'FILL IN: the churn of last month'"),
        ("Which customers will leave within 90 days?", "'FILL IN: what is unknown?'"),
        ("{share: 5%, redraw: quarter}", "'FILL IN'"),
    )
    found = problems(text)
    assert [(one.where, one.message) for one in found if one.message == "this is still open"] == [
        ("business.question", "this is still open"),
        ("business.kpi.baseline", "this is still open"),
        ("business.control_group", "this is still open"),
    ]
    assert found[1].hint == "the churn of last month"


def test_contested_decisions_need_reviewers() -> None:
    text = changed(("  review: [agents@telco.example]\n", ""), ("solely_automated: false", "solely_automated: true"))
    assert [one.where for one in problems(text)] == ["people.review"]
    parse(changed(("  review: [agents@telco.example]\n", "")))


def test_an_explanation_can_be_switched_off_with_a_reason() -> None:
    parse(
        changed(
            ("explanation: shapley", "explanation: none"),
            ("copml: 1", "switched_off: {EX-2: coefficients are published}\ncopml: 1"),
        )
    )


def test_a_machine_without_people_needs_no_identifiers() -> None:
    parse(changed(("customer_id: identifier, ", ""), ("affects_people: true", "affects_people: false")))


@pytest.mark.parametrize(
    ("data", "line", "fragment"),
    [
        (TELCO.encode("utf-16"), 1, "not UTF-8"),
        (TELCO.encode() + b"# caf\xe9\n", TELCO.count("\n") + 1, "0xe9 is not UTF-8"),
        (b"", 1, "empty"),
        (b"\x00" * 100, 1, "U+0000"),
        (b"key: value\n" * 1_000_000, 1, "11,000,000 bytes"),
        (b"PK\x03\x04", 1, "U+0003"),
    ],
)
def test_refuses_what_is_no_text_file(data: bytes, line: int, fragment: str) -> None:
    (found,) = problems(data)
    assert fragment in found.message
    assert found.line == line


def test_stops_counting_at_a_hundred() -> None:
    found = problems(TELCO + "".join(f"unknown{number}: 1\n" for number in range(2000)))
    assert len(found) == 101
    assert "more problems" in found[-1].message


def test_the_message_names_file_count_and_lines() -> None:
    with pytest.raises(ProjectInvalid) as caught:
        parse("copml: 1\nzone: Mars", path="other/copml.yaml")
    first, *rest = str(caught.value).splitlines()
    assert first == "other/copml.yaml has 10 problems; correct the lines and run `copml validate`:"
    assert rest[-1].startswith("  line 2, column 7: zone: 'Mars' is no time zone; write a name such as")
    assert caught.value.code == "COPML-010"


def test_requirements_are_all_of_the_framework() -> None:
    assert len(REQUIREMENTS) == 39
    assert [name for name in REQUIREMENTS if name.startswith("AU")] == [f"AU-{number}" for number in range(1, 12)]


def escalating(steps: str) -> str:
    return changed(("commissioning: 3", f"commissioning: 3\n  alerts:\n    escalate: {steps}"))


def test_escalation_is_read_step_by_step() -> None:
    steps = parse(escalating("[{after: 4h, to: science}, {after: 1d, to: business}]")).monitoring.alerts.escalate
    assert [(step.after, step.to) for step in steps] == [
        (Duration(4, Period.HOUR), Role.SCIENCE),
        (Duration(1, Period.DAY), Role.BUSINESS),
    ]


@pytest.mark.parametrize(
    ("steps", "message", "where"),
    [
        (
            "[{after: 1d, to: science}, {after: 24h, to: business}]",
            "this step comes after 24 hours, no later than the one before, after 1 day",
            "monitoring.alerts.escalate[2].after",
        ),
        ("[{after: 4h, to: boss}]", "'boss' is no role", "monitoring.alerts.escalate[1].to"),
        ("[{after: soon, to: science}]", "'soon' is no duration", "monitoring.alerts.escalate[1].after"),
        ("[{after: 4h}]", "", "monitoring.alerts.escalate[1].to"),
    ],
)
def test_an_escalation_in_no_order_or_to_no_role_is_refused(steps: str, message: str, where: str) -> None:
    (found,) = problems(escalating(steps))
    assert message in found.message
    assert found.where == where
    assert found.line == 57


def test_an_escalation_to_a_role_that_nobody_has_is_refused() -> None:
    text = escalating("[{after: 4h, to: review}]").replace("  review: [agents@telco.example]\n", "")
    (found,) = problems(text)
    assert found.message == "nobody has the role review, so this step would reach nobody"
    assert (found.where, found.line) == ("monitoring.alerts.escalate[1].to", 56)
