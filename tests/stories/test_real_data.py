"""The churn project on the public telco table: blanks and all, it reaches the figures that others reach."""

import os
from pathlib import Path

import pytest
from tests.commands import copml, done, refused

from copml.spec import REQUIREMENTS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
WANTED = ("accuracy", "roc_auc")
DATA = Path(os.environ.get("COPML_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="module")
def table() -> Path:
    found = sorted((DATA / "telco_churn").glob("*.csv"))
    if not found:
        pytest.skip(f"the telco table is not in {DATA}; set COPML_DATA")
    return found[0]


def test_the_real_table_trains_is_evaluated_by_folds_and_goes_live(table: Path, tmp_path: Path) -> None:
    told = done(tmp_path, "demo", "churn", "--data", str(table), "--folder", "real", "--json").json
    folds = told["figures"]["five_folds"]
    accuracy, auc = (next(folds[name] for name in (f"{kind}.all", kind) if name in folds) for kind in WANTED)
    assert accuracy["value"] == pytest.approx(0.80, abs=0.01)
    assert auc["value"] == pytest.approx(0.845, abs=0.01)
    assert auc["low"] < 0.845 < auc["high"]
    assert Path(told["report"]).stat().st_size > 10_000

    workspace = ("--workspace", str(tmp_path / "real" / "telco_churn" / ".copml-real"))
    (sources,) = done(tmp_path, "data", *workspace, "--json").json["sources"]
    assert (sources["rows"], sources["quarantined"]) == (7043, 0)
    assert sources["missing"]["total_charges"] == pytest.approx(11 / 7043)
    (version,) = done(tmp_path, "versions", *workspace, "--json").json
    assert version["state"] == "approved"
    assert [item["id"] for item in copml(tmp_path, "check", *workspace, "--json").json] == list(REQUIREMENTS)
    outputs = list((tmp_path / "real" / "telco_churn" / ".copml-real" / "outputs").rglob("*.csv"))
    assert len(outputs[0].read_text().splitlines()) == 7044
    again = done(tmp_path, "demo", "churn", "--data", str(table), "--folder", "real", "--json").json
    assert again["figures"]["five_folds"] == folds


@pytest.mark.parametrize("content", [None, "", "a,b\n1,2\n"], ids=["missing", "empty", "another table"])
def test_another_table_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "table.csv").write_text(content)
    assert "IBM's sample" in refused(tmp_path, "demo", "churn", "--data", "table.csv", code="COPML-009")


def test_a_demonstration_goes_on_with_the_settings_that_it_began_with(tmp_path: Path) -> None:
    done(tmp_path, "demo", "churn", "--months", "0", "--customers", "50")
    words = refused(tmp_path, "demo", "churn", "--months", "0", "--customers", "60", code="COPML-008")
    assert "50 customers" in words
    assert copml(tmp_path, "demo", "churn", "--months", "-1").status == 2
