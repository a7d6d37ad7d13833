"""A project of each kind goes through the whole loop: learned, judged, deployed, scored, measured, told."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from copml.app import Workspace, apply, check, report, run, verify_ledger
from copml.operations import View, look
from copml.predictions import predictions_schema
from copml.records import ProblemKind

pytestmark = pytest.mark.slow

FIRST, MONTHS, ENTITIES = 6, 9, 400
START = datetime(2026, FIRST, 1, tzinfo=UTC)
HEAD = """
copml: 1
project: {name}
people: {{business: a@x.example, data: b@x.example, science: c@x.example, operations: d@x.example}}
business:
  question: {question}
  decision: Somebody reads it
  kpi: {kpi}
  value: {{currency: EUR, kpi_unit: 10}}
  control_group: {group}
data:
  sources:
    things: {{path: data/things/*.parquet, entity: thing, event_at: as_of}}
    ends: {{path: data/ends/*.parquet, entity: thing, event_at: ended_on}}
    visits: {{path: data/visits/*.parquet, entity: thing, event_at: visited_on}}
  outcome: {outcome}
  {treatment}
features: code_of.it:build
training:
  entry: code_of.it:train
  {on}
  gates: {gates}
deployment: {deployment}
monitoring:
  every: month
  commissioning: 0
  metrics: {metrics}
  triggers: {triggers}
regulatory:
  affects_people: false
  solely_automated: true
  lawful_basis: no personal data
  keep: {{predictions: 1 year, evidence: 2 years}}
"""
BUILD = """
def build(tables, as_of):
    newest = "where event_at = (select max(event_at) from things)"
    return tables.sql(
        f"select entity, size, age, coalesce(note, '') as note from things {newest}"
    ).astype({"note": "str"})

"""
ENCODE = """
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

def encoder():
    return make_column_transformer((TfidfVectorizer(), "note"), (StandardScaler(), ["size", "age"]))

"""


@dataclass(frozen=True)
class Kind:
    """What differs between the projects: places of the file, the model, and how an outcome comes about."""

    name: ProblemKind
    places: dict[str, str]
    model: str
    outcome: Callable[[np.random.Generator, pd.DataFrame], Any]
    columns: tuple[str, ...]


def _score(rows: pd.DataFrame) -> Any:
    return rows["size"] / 20 + rows["note"].str.contains("broken") * 3 - 4


KINDS = {
    "multiclass": Kind(
        name=ProblemKind.MULTICLASS,
        places={
            "question": "How will each thing end?",
            "outcome": "{source: ends, kind: multiclass, column: how, classes: [fine, repaired, lost], horizon: 25d}",
            "kpi": "{name: told_right, metric: accuracy, baseline: 50%, target: 80%, better: higher}",
            "gates": "[better than majority, f1_macro >= 0.5]",
            "deployment": "{mode: batch, schedule: monthly, objective: 95%, act_on: [lost]}",
            "metrics": "[accuracy, f1_macro, log_loss]",
            "triggers": "[{when: surely(accuracy < 0.6), do: retrain}]",
        },
        model="from sklearn.linear_model import LogisticRegression\n\ndef train(data, params, seed):\n"
        "    model = make_pipeline(encoder(), LogisticRegression(max_iter=300))\n"
        "    return model.fit(data[['note', 'size', 'age']], data['outcome'])\n",
        outcome=lambda rng, rows: np.array(["fine", "repaired", "lost"])[
            np.digitize(_score(rows) + rng.normal(0, 0.7, len(rows)), [-1.5, 0.5])
        ],
        columns=("prediction", "probabilities"),
    ),
    "ranking": Kind(
        name=ProblemKind.RANKING,
        places={
            "question": "Which things should be looked at first?",
            "outcome": "{source: ends, kind: ranking, column: how, positive: lost, horizon: 25 days}",
            "kpi": "{name: lost_share, baseline: 30%, target: 20%, better: lower}",
            "gates": "[roc_auc >= 0.6, lift > 1]",
            "deployment": "{mode: batch, schedule: monthly, objective: 95%, top: 10%}",
            "metrics": "[roc_auc, average_precision, precision, lift]",
            "triggers": "[{when: surely(roc_auc < 0.55), do: retrain}]",
            "group": "{share: 20%, redraw: year}",
            "treatment": "treatment: {source: visits, cooldown: 30d}",
            "on": "on: untreated",
        },
        model="from sklearn.svm import LinearSVC\n\ndef train(data, params, seed):\n"
        "    model = make_pipeline(encoder(), LinearSVC(random_state=seed))\n"
        "    return model.fit(data[['note', 'size', 'age']], data['outcome'])\n",
        outcome=lambda rng, rows: np.where(_score(rows) + rng.normal(0, 0.7, len(rows)) > 0.5, "lost", "fine"),
        columns=("prediction",),
    ),
    "regression": Kind(
        name=ProblemKind.REGRESSION,
        places={
            "question": "How much will each thing cost in the end?",
            "outcome": "{source: ends, kind: regression, column: how, horizon: 25 days}",
            "kpi": "{name: error, metric: mae, baseline: 4, target: 1, better: lower}",
            "gates": "[mae < naive_mae, r2 > 0.5]",
            "deployment": "{mode: batch, schedule: monthly, objective: 95%, threshold: 3, output: parquet}",
            "metrics": "[mae, rmse, bias]",
            "triggers": "[{when: surely(mae > 2), do: retrain}]",
        },
        model="from sklearn.linear_model import Ridge\n\ndef train(data, params, seed):\n"
        "    return make_pipeline(encoder(), Ridge()).fit(data[['note', 'size', 'age']], data['outcome'])\n",
        outcome=lambda rng, rows: _score(rows) + rng.normal(0, 0.7, len(rows)),
        columns=("prediction",),
    ),
}
USUAL = {"group": "{none: nobody is treated}", "treatment": "", "on": "on: all"}


@pytest.fixture(scope="module", params=list(KINDS))
def played(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Kind, Workspace, View]]:
    """The loop over four months; a quarter of the things have no note, and some end in a way that nobody knows."""
    kind = KINDS[request.param]
    root = tmp_path_factory.mktemp(request.param)
    _write(root, kind)
    with Workspace.create(root / ".copml", simulated_from=START) as workspace:
        apply(workspace, root / "copml.yaml", by="c@x.example")
        for month in range(FIRST, MONTHS + 1):
            _deliver(root, kind, month)
            workspace.move_clock(datetime(2026, month, 1, 1, tzinfo=UTC))
            failed = [step for step in run(workspace, request.param) if step.outcome == "failed"]
            assert failed == []
        view = look(workspace.stages, request.param, workspace.clock.now())
        assert view is not None
        yield kind, workspace, view


def _write(root: Path, kind: Kind) -> None:
    (root / "code_of").mkdir()
    (root / "copml.yaml").write_text(HEAD.format(name=str(kind.name), **USUAL | kind.places))
    (root / "code_of" / "__init__.py").write_text("")
    (root / "code_of" / "it.py").write_text(f"{ENCODE}{BUILD}{kind.model}")
    for source in ("things", "ends", "visits"):
        (root / "data" / source).mkdir(parents=True)
    for month in range(1, FIRST):
        _deliver(root, kind, month)


def _deliver(root: Path, kind: Kind, month: int) -> None:
    """What is known at the first of a month: the things there are, and how those of the month before ended."""
    name = f"{month:02}.parquet"
    _things(month).to_parquet(root / "data" / "things" / name)
    ended = _things(month - 1)
    how = kind.outcome(np.random.default_rng(month), ended)
    ends = ended[["thing"]].assign(ended_on=ended["as_of"] + pd.Timedelta(days=20), how=how)[:-3]
    ends.to_parquet(root / "data" / "ends" / name)
    ended[["thing"]].assign(visited_on=ended["as_of"])[:5].to_parquet(root / "data" / "visits" / name)


def _things(month: int) -> pd.DataFrame:
    rng = np.random.default_rng(100 + month)
    at = pd.Timestamp(datetime(2026, 1, 1, tzinfo=UTC)) + pd.DateOffset(months=month - 1)
    return pd.DataFrame(
        {
            "thing": [f"t{month}-{number}" for number in range(ENTITIES)],
            "as_of": at,
            "size": rng.uniform(0, 100, ENTITIES),
            "age": rng.integers(0, 30, ENTITIES),
            "note": rng.choice(["a broken handle", "works", "almost broken, works", ""], ENTITIES),
        }
    )


def test_the_model_was_learned_judged_and_deployed(played: tuple[Kind, Workspace, View]) -> None:
    kind, _, view = played
    assert view.live is not None
    assert view.project.rule.kind is kind.name
    assert {gate.passed for gate in view.live.gates} == {True}


def test_predictions_are_kept_sealed_and_handed_over(played: tuple[Kind, Workspace, View]) -> None:
    kind, workspace, view = played
    rows = workspace.stages.lake.read(f"{kind.name}/predictions")
    assert set(predictions_schema(pa.schema([]), kind.name).names) <= set(rows.column_names)
    assert len(rows) == 4 * ENTITIES
    assert [seal.rows for seal in view.seals] == [ENTITIES] * 4
    assert verify_ledger(workspace).problems == ()
    table = workspace.folder / "outputs" / view.scoring_runs[-1].output
    given = pd.read_parquet(table) if table.suffix == ".parquet" else pd.read_csv(table)
    assert kind.columns[0] in given.columns
    decided = view.scoring_runs[-1].positives
    assert 0 < decided < ENTITIES
    if kind.name is ProblemKind.RANKING:
        assert decided == ENTITIES // 10
        assert (given["prediction"].diff().dropna() <= 0).all()


def test_windows_are_measured_once_outcomes_have_matured(played: tuple[Kind, Workspace, View]) -> None:
    _, _, view = played
    window = view.windows[0]
    for metric in view.project.metrics:
        seen = view.latest(metric, window)
        assert seen is not None, metric
        assert seen.low <= seen.value <= seen.high
    matured = view.latest("matured_ratio", window)
    assert matured is not None
    assert matured.value == pytest.approx((ENTITIES - 3) / ENTITIES)
    assert view.latest(view.project.business.kpi.name, window) is not None
    assert view.latest("drift_max", window) is not None


def test_verdicts_and_the_page_are_about_this_kind(played: tuple[Kind, Workspace, View]) -> None:
    kind, workspace, view = played
    verdicts = {item.id: item for item in check(workspace, str(kind.name))}
    assert verdicts["EF-1"].verdict in ("met", "at risk")
    page = report(workspace, str(kind.name), workspace.folder / "report.html").read_text()
    names = {"multiclass": "Accuracy", "ranking": "Area under the ROC curve", "regression": "Mean absolute error"}
    assert names[str(kind.name)] in page
    assert view.project.business.kpi.name.replace("_", " ") in page
