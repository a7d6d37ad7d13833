"""The example's project files and code: what copml reads of them, and what they do with the company's data."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import churn.real
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from churn.features import NUMBERS, WORDS, build
from churn.model import train
from churn.real import convert
from company import Settings
from company.events import EVENTS
from company.files import COLUMNS, customer_table
from company.settings import label
from company.world import begin
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold

from copml.data.child import _table
from copml.data.features import checked
from copml.data.tables import SourceFiles, Tables
from copml.spec import parse

EXAMPLE = Path(churn.real.__file__).parents[1]
REAL = Path(os.environ.get("COPML_DATA", Path(__file__).parents[4] / "shared" / "data")) / "telco_churn"
AT = datetime(2026, 1, 1, tzinfo=UTC)
SMALL = Settings(customers=400, seed=3)


@pytest.mark.parametrize("name", ["copml.yaml", "copml.real.yaml"])
def test_project_files_are_read_without_a_problem(name: str) -> None:
    project = parse((EXAMPLE / name).read_text(), path=name)
    assert project.features == "churn.features:build"
    assert project.training.entry == "churn.model:train"


def test_the_project_reads_what_the_company_writes() -> None:
    project = parse((EXAMPLE / "copml.yaml").read_text())
    table = customer_table(begin(SMALL), 0, SMALL)
    source = project.data.sources["customers"]
    assert {source.entity, source.event_at} == set(table.column_names) - set(COLUMNS)
    assert set(project.data.checks) <= set(COLUMNS)
    for name, check in project.data.checks.items():
        if check.values is not None:
            assert set(table[name].unique().to_pylist()) <= set(check.values), name


def test_features_are_the_columns_of_the_public_table() -> None:
    assert sorted(NUMBERS + WORDS) == sorted(COLUMNS)


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    """Two months of the company, as the lake has them; in the newer one a column is empty and somebody is gone."""
    older = customer_table(begin(SMALL), -1, SMALL)
    newer = customer_table(begin(SMALL), 0, SMALL).slice(1)
    newer = newer.set_column(newer.schema.get_field_index("tech_support"), "tech_support", pa.nulls(399, pa.string()))
    lake = pa.concat_tables([older, newer])
    names = {"customer_id": "entity", "as_of": "event_at"}
    lake = lake.rename_columns([names.get(name, name) for name in lake.column_names])
    pq.write_table(lake.append_column("known_at", lake["event_at"]), tmp_path / "customers.parquet")
    files = SourceFiles(files=(str(tmp_path / "customers.parquet"),), columns={})
    with Tables({"customers": files}, as_of=AT, known_by=AT) as opened:
        yield opened


def test_features_are_of_those_who_are_customers_now(tables: Tables) -> None:
    features = checked(_table(build(tables, AT), "build", "now"), "churn.features:build", AT)
    assert features.num_rows == 399
    assert "C0000000" not in features["entity"].to_pylist()
    assert set(features.column_names) == {"entity", *COLUMNS}


def test_a_column_that_arrived_empty_is_still_one_of_words(tables: Tables) -> None:
    features = checked(_table(build(tables, AT), "build", "now"), "churn.features:build", AT)
    assert features.schema.field("tech_support").type == pa.string()
    assert features["tech_support"].null_count == 399


def frame(rows: pa.Table) -> pd.DataFrame:
    table: pd.DataFrame = rows.to_pandas()[[*NUMBERS, *WORDS]]
    return table.astype(dict.fromkeys(NUMBERS, "float64"))


def test_the_model_takes_gaps_and_words_that_it_has_never_seen() -> None:
    rows = frame(customer_table(begin(SMALL), 0, SMALL))
    outcome = (rows["contract"] == "Month-to-month").astype(int)
    model = train(rows.assign(outcome=outcome, weight=1.0), {"C": 0.5}, 7)
    odd = rows.assign(total_charges=np.nan, tech_support=None, contract="Until further notice")
    odd["tech_support"] = odd["tech_support"].astype("str")
    probability = model.predict_proba(odd)
    assert np.isfinite(probability).all()
    assert model.classes_.tolist() == [0, 1]


def test_the_model_heeds_weights() -> None:
    rows = frame(customer_table(begin(SMALL), 0, SMALL))
    data = rows.assign(outcome=np.arange(400) % 2)
    plain, heavy = (train(data.assign(weight=weight), {}, 7) for weight in (1.0, 1.0 + 19 * data["outcome"]))
    assert heavy.predict_proba(rows)[:, 1].mean() > plain.predict_proba(rows)[:, 1].mean() + 0.3


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    files = sorted(REAL.glob("*.csv"))
    if not files:
        pytest.skip(f"the real churn table is not in {REAL}; set COPML_DATA")
    out = tmp_path_factory.mktemp("real") / "real" / "customers.parquet"
    assert convert(files[0], out) == 7043
    return pq.read_table(out)


def test_the_real_table_has_the_columns_of_the_company(real: pa.Table) -> None:
    assert real.column_names == ["customer_id", *COLUMNS, "churn"]
    assert real["total_charges"].null_count == 11
    assert real["total_charges"].type == pa.float64()


def test_five_folds_of_the_real_table(real: pa.Table) -> None:
    rows = frame(real)
    outcome = (real["churn"].to_numpy() == "Yes").astype(int)
    right, ranked = [], []
    for learned, judged in StratifiedKFold(5, shuffle=True, random_state=7).split(rows, outcome):
        model = train(rows.iloc[learned].assign(outcome=outcome[learned], weight=1.0), {"C": 1.0}, 7)
        probability = model.predict_proba(rows.iloc[judged])[:, 1]
        right.append(((probability >= 0.5) == outcome[judged]).mean())
        ranked.append(roc_auc_score(outcome[judged], probability))
    assert np.mean(right) == pytest.approx(0.80, abs=0.01)
    assert np.mean(ranked) == pytest.approx(0.845, abs=0.005)


def test_another_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("customerID,Churn\n1,Yes\n")
    with pytest.raises(ValueError, match="not the telco table"):
        convert(tmp_path / "other.csv", tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_the_readme_tells_every_event() -> None:
    readme = (EXAMPLE / "README.md").read_text()
    for event in EVENTS:
        month = f"{event.month + 1}, {label(event.month)}"  # people count from 1
        assert f"| {month} | {event.name} | {event.kind} | {event.what} | {event.expect} |" in readme
