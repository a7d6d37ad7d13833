"""A project of numbers is played over its own past: a world that changes, and policies that answer or do not."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.commands import copml, done

pytestmark = pytest.mark.slow

WEEKS, SHOPS, CHANGE = 26, 60, 14
FIRST = datetime(2026, 1, 5, tzinfo=UTC)
PROJECT = """
copml: 1
project: shops
people: {business: a@shop.example, data: b@shop.example, science: c@shop.example, operations: d@shop.example}
business:
  question: How much will each shop sell in the coming week?
  decision: The lorries bring what will be sold
  kpi: {name: forecast_error, metric: mae, baseline: 30, target: 10, better: lower, every: week}
  value: {currency: EUR, kpi_unit: 1}
  control_group: {none: every shop gets its goods}
data:
  sources:
    shops: {path: data/shops.csv, entity: week_of_shop, event_at: planned_at, every: week}
    sales: {path: data/sales.csv, entity: week_of_shop, event_at: counted_at, every: week}
  outcome: {source: sales, kind: regression, column: sold, horizon: 8 days, corrections: 7 days}
features: shop.code:build
training:
  entry: shop.code:train
  on: all
  history: 8 weeks
  gates: [mae < naive_mae]
deployment: {mode: batch, schedule: weekly, objective: 95%, approval: {by: business}}
monitoring:
  every: week
  metrics: [mae, r2, bias]
  triggers:
    - {when: mae > 25, do: retrain}
regulatory:
  affects_people: false
  solely_automated: true
  lawful_basis: no personal data
  keep: {predictions: 1 year, evidence: 2 years}
"""
CODE = """
from sklearn.linear_model import LinearRegression

def build(tables, as_of):
    return tables.sql("select entity, size, adverts from shops where event_at > $as_of - interval 7 days")

def train(data, params, seed):
    return LinearRegression().fit(data[["size", "adverts"]], data["outcome"])
"""


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """From week 14 on, adverts sell four times as much as before."""
    folder, rng = tmp_path_factory.mktemp("shops"), np.random.default_rng(4)
    (folder / "shop").mkdir()
    (folder / "data").mkdir()
    (folder / "copml.yaml").write_text(PROJECT)
    (folder / "shop" / "__init__.py").write_text("")
    (folder / "shop" / "code.py").write_text(CODE)
    weeks = np.repeat(np.arange(WEEKS), SHOPS)
    starts = pd.to_datetime([FIRST + timedelta(weeks=int(week)) for week in weeks])
    size, adverts = rng.uniform(10, 100, len(weeks)), rng.uniform(0, 10, len(weeks))
    sold = size + np.where(weeks < CHANGE, 5, 20) * adverts + rng.normal(0, 5, len(weeks))
    names = [f"{shop}/{week}" for week in range(WEEKS) for shop in range(SHOPS)]
    rows = pd.DataFrame({"week_of_shop": names, "size": size, "adverts": adverts, "planned_at": starts})
    rows.to_csv(folder / "data" / "shops.csv", index=False)
    sales = pd.DataFrame({"week_of_shop": names, "counted_at": starts + timedelta(days=7), "sold": sold})
    sales.to_csv(folder / "data" / "sales.csv", index=False)
    return folder


def test_what_would_have_happened(shops: Path) -> None:
    told = done(shops, "backtest", "--folder", "played", "--out", "page.html", "--json").json
    by_name = {item["policy"]: item for item in told["policies"]}
    never, every, triggers = (by_name[name] for name in ("never", "every-window", "triggers"))
    assert (told["metric"], told["better"]) == ("mae", "lower")
    assert never["trainings"] == 1
    assert 1 < triggers["trainings"] < every["trainings"]
    assert min(every["gain"]["value"], triggers["gain"]["value"]) > 10

    windows = {name: {item["starts_at"][:10]: item["value"] for item in told["windows"][name]} for name in by_name}
    change = f"{FIRST + timedelta(weeks=CHANGE):%Y-%m-%d}"
    before = [value for at, value in windows["never"].items() if at < change]
    assert before == [value for at, value in windows["triggers"].items() if at < change]
    assert max(before) < 10
    assert windows["never"][max(windows["never"])] > 40
    assert windows["triggers"][max(windows["triggers"])] < 15
    page = (shops / "page.html").read_text()
    assert any(name in told["conclusion"] for name in ("etraining every window", "etraining by the triggers"))
    assert told["conclusion"] in page

    again = done(shops, "backtest", "--folder", "played", "--out", "page.html", "--json").json
    assert again["policies"] == told["policies"]


def test_policies_and_the_span_can_be_chosen(shops: Path) -> None:
    asked = ["--policy", "never", "--since", "2026-03-01", "--until", "2026-04-01", "--out", "page.html", "--json"]
    told = done(shops, "backtest", *asked).json
    assert [item["policy"] for item in told["policies"]] == ["never"]
    assert {json.dumps(item["starts_at"])[1:8] for item in told["windows"]["never"]} <= {"2026-03", "2026-02"}


def test_a_span_without_batches_is_refused(shops: Path) -> None:
    answer = copml(shops, "backtest", "--since", "2026-06-25", "--json")
    assert answer.status != 0
    assert "COPML-097" in answer.err + answer.out
    assert "`--since`" in answer.err + answer.out


def test_a_policy_that_there_is_not_is_refused(shops: Path) -> None:
    answer = copml(shops, "backtest", "--policy", "sometimes")
    assert answer.status != 0
    assert "never" in answer.err + answer.out
