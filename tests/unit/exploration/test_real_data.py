"""Public tables, which are not part of this repository."""

import os
from pathlib import Path

import pytest

from copml.exploration import Exploration, Question, explore, read_rows

DATA = Path(os.environ.get("COPML_DATA", Path(__file__).parents[4] / "shared" / "data"))


def found(path: str, asked: Question) -> Exploration:
    if not (DATA / path).exists():
        pytest.skip(f"{DATA / path} is not there")
    return explore(read_rows(DATA / path).table, asked)


def test_churn_has_no_leak_and_its_blank_charges_are_numbers() -> None:
    path = "telco_churn/WA_Fn-UseC_-Telco-Customer-Churn-.csv"
    result = found(path, Question(name="telco", outcome="Churn"))
    assert [item.columns for item in result.findings] == [("customerID",)]
    assert {item.column for item in result.associations[:2]} == {"Contract", "tenure"}
    charges = next(item for item in result.columns if item.name == "TotalCharges")
    assert (charges.kind, charges.missing) == ("number", 11)


def test_the_parts_of_the_count_of_bicycles_are_leaks() -> None:
    result = found("bike_sharing/hour.csv", Question(name="bikes", outcome="cnt", time="dteday"))
    assert [item.columns for item in result.findings if item.concern == "leakage"] == [("registered",), ("casual",)]
    assert result.history is not None
    assert (result.history.every, len(result.history.windows)) == ("month", 24)


def test_a_census_without_a_header_is_remarked_and_its_question_marks_are_missing() -> None:
    if not (DATA / "adult_census" / "adult.data").exists():
        pytest.skip("the census is not there")
    rows = read_rows(DATA / "adult_census" / "adult.data")
    assert any("lack a header" in note for note in rows.notes)
    names = [f"c{number}" for number in range(rows.table.num_columns)]
    result = explore(rows.table.rename_columns(names), Question(name="census", outcome="c14", positive=">50K"))
    assert ("c6", "c1") in [item.columns for item in result.findings if item.concern == "missing"]
    assert next(item for item in result.columns if item.name == "c1").words > 1000
