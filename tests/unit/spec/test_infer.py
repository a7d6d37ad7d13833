"""What a table shows about itself, and what is left for people to say."""

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from copml.errors import OutcomeUnusable, ProjectInvalid, SampleUnusable
from copml.records import ProblemKind
from copml.spec import infer_project, parse
from copml.spec.document import plain, read_document
from copml.spec.infer import guess
from copml.spec.infer_columns import read_columns
from copml.spec.infer_text import source_name
from copml.spec.sheet import Sheet

DATA = Path(os.environ.get("COPML_DATA", Path(__file__).parents[3].parent / "shared/data"))
TELCO = DATA / "telco_churn/WA_Fn-UseC_-Telco-Customer-Churn-.csv"
ROWS = 60


def table(tmp_path: Path, **columns: Any) -> Path:
    """A CSV file of `ROWS` rows; a column is a list that is repeated, or a function of the row."""
    values = [
        [column(row) if callable(column) else column[row % len(column)] for row in range(ROWS)]
        for column in columns.values()
    ]
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*values, strict=True))]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def inferred(path: Path) -> Sheet:
    root, problems = read_document(infer_project(path, "new-one"))
    assert problems == []
    return Sheet(root)


@pytest.mark.parametrize(
    ("values", "kind", "distinct"),
    [
        (["1", "2", ""], "integer", 2),
        (["1", "+2", "-3"], "integer", 3),
        (["1", "2.5", " "], "number", 2),
        (["1e3", ".5"], "number", 2),
        (["1", "x"], "text", 2),
        (["2026-01-01", "2026-01-02 10:00"], "time", 2),
        (["2026-01-01T10:00:00Z", "2026-01-02T10:00:00.5+01:00"], "time", 2),
        (["a@b.example", "c@d.example"], "email", 2),
        (["", " "], "", 0),
        (["1" * 30, "2"], "number", 2),
        (["nan", "1"], "text", 2),
        (["01", "02"], "integer", 2),
    ],
)
def test_kinds(tmp_path: Path, values: list[str], kind: str, distinct: int) -> None:
    column = read_columns(table(tmp_path, x=values, y=["1"]))[0]
    assert (column.kind, column.distinct) == (kind, distinct)
    assert column.missing == sum(not values[row % len(values)].strip() for row in range(ROWS))


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("gender", "protected"),
        ("SeniorCitizen", "protected"),
        ("age", "protected"),
        ("email_address", "identifier"),
        ("PhoneNumber", "identifier"),
        ("first_name", "personal"),
        ("postcode", "personal"),
        ("package", None),
        ("monthly_fee", None),
    ],
)
def test_columns_about_persons(tmp_path: Path, header: str, kind: str | None) -> None:
    path = table(tmp_path, row_id=str, **{header: lambda row: f"v{row}"})
    assert guess(read_columns(path)).personal.get(header) == kind


def test_an_address_is_known_by_its_values(tmp_path: Path) -> None:
    path = table(tmp_path, row_id=str, contact=lambda row: f"p{row}@x.example", phone_service=["yes", "no"])
    assert guess(read_columns(path)).personal == {"row_id": "identifier", "contact": "identifier"}


@pytest.mark.parametrize(
    ("columns", "entity"),
    [
        ({"fee": lambda row: row, "customer_id": lambda row: f"c{row}"}, "customer_id"),
        ({"fee": lambda row: row, "customerID": lambda row: f"c{row}"}, "customerID"),
        ({"code": lambda row: f"a{row}", "user_id": lambda row: row}, "user_id"),
        ({"name": lambda row: f"n{row}", "fee": lambda row: row}, "name"),
        ({"fee": lambda row: row + 0.5, "rate": lambda row: row}, None),
        ({"customer_id": lambda row: row // 2, "fee": ["1"]}, None),
    ],
)
def test_the_entity_is_a_key(tmp_path: Path, columns: dict[str, object], entity: str | None) -> None:
    guesses = guess(read_columns(table(tmp_path, **columns)))
    assert guesses.entity == entity


@pytest.mark.parametrize(
    ("columns", "outcome", "positive"),
    [
        ({"Churn": ["No", "No", "Yes"]}, "Churn", "Yes"),
        ({"target": ["0", "1", "0"]}, "target", "1"),
        ({"default": ["good", "good", "bad"]}, "default", "bad"),
        ({"partner": ["No", "Yes"]}, None, None),
        ({"churn": ["No", "Yes"], "fraud": ["0", "1"]}, None, None),
    ],
)
def test_the_outcome_is_guessed_from_one_name(
    tmp_path: Path, columns: dict[str, object], outcome: str | None, positive: str | None
) -> None:
    sheet = inferred(table(tmp_path, row_id=str, **columns))
    if outcome is None:
        assert (sheet.text("data", "outcome", "column") or "").startswith("FILL IN")
    else:
        assert sheet.text("data", "outcome", "column") == outcome
        node = sheet.node("data", "outcome", "positive")
        assert node is not None
        assert str(node.value) == positive


@pytest.mark.parametrize(
    ("columns", "kind", "line"),
    [
        ({"species": ["a", "b", "c"]}, "multiclass", "classes: [a, b, c]"),
        ({"grade": ["1", "2", "3"]}, "multiclass", 'classes: ["1", "2", "3"]'),
        ({"price": lambda row: row * 1.5}, "regression", "column: price"),
        ({"sales": lambda row: row % 30}, "regression", "column: sales"),
    ],
)
def test_the_kind_follows_from_the_outcomes_values(
    tmp_path: Path, columns: dict[str, object], kind: str, line: str
) -> None:
    path = table(tmp_path, row_id=str, **columns)
    assert inferred(path).text("data", "outcome", "kind") == kind
    assert line in infer_project(path, "new-one")
    with pytest.raises(ProjectInvalid) as caught:
        parse(infer_project(path, "new-one"))
    assert {problem.message for problem in caught.value.problems} == {"this is still open"}


def test_whoever_names_the_outcome_is_believed_or_told_why_not(tmp_path: Path) -> None:
    columns = read_columns(table(tmp_path, row_id=str, partner=["No", "Yes"], one=["1"], note=lambda row: f"n{row}"))
    found = guess(columns, outcome="partner")
    assert (found.outcome and found.outcome.name, found.kind) == ("partner", ProblemKind.BINARY)
    for name, reason in {"gone": "no such column", "one": "one value only", "note": "60 different texts"}.items():
        with pytest.raises(OutcomeUnusable, match=reason):
            guess(columns, outcome=name)


def test_groups_that_can_be_compared_are_named_and_their_limit_is_asked_for(tmp_path: Path) -> None:
    path = table(tmp_path, row_id=str, churn=["No", "Yes"], sex=["f", "m"], age=lambda row: row)
    sheet = inferred(path)
    assert sheet.words("risk", "fairness", "by") == ("sex",)
    assert (sheet.text("risk", "fairness", "equal_opportunity_difference") or "").startswith("FILL IN")


def test_a_parquet_file_shows_what_a_csv_file_does(tmp_path: Path) -> None:
    path = table(tmp_path, row_id=str, fee=["1.5", "2"], churn=["No", "Yes"], day=["2026-01-01"])
    frame = pd.read_csv(path, dtype={"row_id": str}).assign(day=pd.Timestamp("2026-01-01", tz="UTC"))
    frame.to_parquet(tmp_path / "table.parquet")
    assert [(one.name, one.kind, one.distinct) for one in read_columns(tmp_path / "table.parquet")] == [
        ("row_id", "integer", ROWS),
        ("fee", "number", 2),
        ("churn", "text", 2),
        ("day", "time", 1),
    ]
    frame.assign(fee=[[1, 2]] * ROWS).to_parquet(tmp_path / "nested.parquet")
    (tmp_path / "torn.parquet").write_bytes((tmp_path / "table.parquet").read_bytes()[:200])
    for name, reason in {"nested.parquet": "no plain value", "torn.parquet": "no Parquet file"}.items():
        with pytest.raises(SampleUnusable, match=reason):
            read_columns(tmp_path / name)


def test_candidates_stay_out_of_the_features(tmp_path: Path) -> None:
    path = table(tmp_path, row_id=str, churn=["No", "Yes"], fraud=["0", "1"], fee=lambda row: row, day=["2026-01-01"])
    assert guess(read_columns(path)).left_out == ("row_id", "day", "churn", "fraud")


def test_checks_leave_room_to_grow(tmp_path: Path) -> None:
    path = table(
        tmp_path,
        row_id=str,
        fee=["18.25", "118.75"],
        balance=["-30", "40"],
        ratio=["0.1", "0.9"],
        zero=["0"],
        kind=["b", "a", "No"],
        note=lambda row: f"text {row}",
        gap=lambda row: "" if row == 3 else row,
    )
    assert plain(inferred(path).node("data", "checks")) == {  # type: ignore[arg-type]
        "fee": {"min": 0, "max": 500},
        "balance": {"min": -100, "max": 100},
        "ratio": {"min": 0, "max": 2},
        "zero": {"min": 0, "max": 0},
        "kind": {"values": ["No", "a", "b"]},
        "gap": {"min": 0, "max": 200, "missing": "4%"},
    }


def test_only_what_people_know_is_left_open(tmp_path: Path) -> None:
    text = infer_project(table(tmp_path, row_id=str, churn=["No", "Yes"], fee=lambda row: row), "new-one")
    with pytest.raises(ProjectInvalid) as caught:
        parse(text)
    assert {problem.message for problem in caught.value.problems} == {"this is still open"}
    assert all(problem.hint for problem in caught.value.problems)
    assert [problem.where for problem in caught.value.problems] == [
        "people.business",
        "people.data",
        "people.science",
        "people.operations",
        "business.question",
        "business.decision",
        "business.kpi.name",
        "business.kpi.baseline",
        "business.kpi.target",
        "business.kpi.better",
        "business.value.currency",
        "business.value.kpi_unit",
        "business.control_group.none",
        "deployment.objective",
        "regulatory.affects_people",
        "regulatory.solely_automated",
        "regulatory.lawful_basis",
        "regulatory.keep.predictions",
        "regulatory.keep.evidence",
    ]


def test_a_project_whose_blanks_are_filled_in_is_accepted(tmp_path: Path) -> None:
    text = infer_project(table(tmp_path, row_id=str, churn=["No", "Yes"], fee=lambda row: row), "new-one")
    answers = {
        "question": "Which of them will leave within a year?",
        "decision": "The shop writes to them",
        "name": "leaving_rate",
        "baseline": "10%",
        "target": "5%",
        "better": "lower",
        "currency": "EUR",
        "kpi_unit": "10",
        "none": "writing to everybody is owed",
        "objective": "99%",
        "affects_people": "false",
        "solely_automated": "false",
        "lawful_basis": "contract",
        "predictions": "1 year",
        "evidence": "1 year",
    } | dict.fromkeys(["business", "data", "science", "operations"], "me@x.example")
    lines = text.splitlines()
    for number, line in enumerate(lines):
        key = line.strip().partition(":")[0]
        if "FILL IN:" in line and not line.startswith("#"):
            lines[number] = f"{line.partition(':')[0]}: {answers[key]}"
    assert parse("\n".join(lines)).data.outcome.positive == "Yes"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\n\n", "first line is blank"),
        (b"a,b\n", "no rows"),
        (b"a,b", "no rows"),
        (b"a\n1\n2\n", "single column"),
        (b"a,a\n1,2\n", "two columns are called 'a'"),
        (b"a,,c\n1,2,3\n", "column 2 is blank"),
        (b"a,b\n1,2\n3\n", "no CSV file"),
        (b"a,b\n1,2,3\n", "no CSV file"),
        (b"a,b\n\xff\xfe,1\n", "no CSV file"),
        (b"\xff\xfe,b\n1,2\n", "is not UTF-8"),
        (",".join(f"c{n}" for n in range(501)).encode() + b"\n", "501 columns"),
        (b"a\x07,b\n1,2\n", "unprintable"),
        (b"a,b\r1,2\r", "carriage return alone"),
    ],
)
def test_refuses_bad_tables(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(SampleUnusable) as caught:
        infer_project(tmp_path / "bad.csv", "new-one")
    assert reason in caught.value.reason


def test_refuses_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(SampleUnusable, match="directory"):
            infer_project(path, "new-one")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_finds_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    (tmp_path / "x.csv").write_text(f"\ufeffid{delimiter}fee\n1{delimiter}2\n")
    assert [column.name for column in read_columns(tmp_path / "x.csv")] == ["id", "fee"]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Telco-Customers 2026.csv", "telco_customers_2026"),
        ("2026.csv", "table_2026"),
        ("ä.csv", "table"),
        ("x" * 90, "x" * 40),
    ],
)
def test_a_source_is_named_after_its_file(file: str, name: str) -> None:
    assert source_name(Path(file)) == name


@pytest.mark.skipif(not TELCO.exists(), reason="the telco churn table is not there; set COPML_DATA")
def test_the_real_table() -> None:
    guesses = guess(read_columns(TELCO))
    assert guesses.entity == "customerID"
    assert guesses.outcome is not None
    assert guesses.outcome.name == "Churn"
    assert guesses.personal == {"customerID": "identifier", "gender": "protected", "SeniorCitizen": "protected"}
    sheet = inferred(TELCO)
    assert sheet.text("data", "outcome", "positive") == "Yes"
    assert plain(sheet.node("data", "checks", "TotalCharges")) == {"min": 0, "max": 20000, "missing": "1%"}  # type: ignore[arg-type]
    assert sheet.text("data", "sources", "wa_fn_usec_telco_customer_churn", "columns", "TotalCharges") == "number"
