"""A small project of each kind of problem that is not yes or no, over things with a note."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from tests.things import Things

from copml.records import ProblemKind

ENTITIES = 400
UNKNOWN = 3
"""Of so many things of each month nobody ever learns how they ended."""
CODE = """
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC


def build(tables, as_of):
    newest = "where event_at = (select max(event_at) from things)"
    return tables.sql(
        f"select entity, size, age, coalesce(note, '') as note from things {{newest}}"
    ).astype({{"note": "str"}})


def train(data, params, seed):
    encoder = make_column_transformer((TfidfVectorizer(), "note"), (StandardScaler(), ["size", "age"]))
    model = make_pipeline(encoder, {model})
    return model.fit(data[["note", "size", "age"]], data["outcome"])
"""
Outcome = Callable[[np.random.Generator, pd.DataFrame], Any]


@dataclass(frozen=True)
class Kind:
    """A project of a kind; `heading`: of its first metric on pages."""

    name: ProblemKind
    project: Things
    heading: str


def _kind(name: ProblemKind, outcome: Outcome, *, model: str, heading: str, places: dict[str, str]) -> Kind:
    def ends(month: int, rows: pd.DataFrame) -> pd.DataFrame:
        return rows[["thing"]].assign(how=outcome(np.random.default_rng(month + 1), rows))[:-UNKNOWN]

    code = CODE.format(model=model)
    return Kind(name, Things(name=str(name), places=places, code=code, things=_things, ends=ends), heading)


def _things(month: int) -> pd.DataFrame:
    rng = np.random.default_rng(100 + month)
    return pd.DataFrame(
        {
            "size": rng.uniform(0, 100, ENTITIES),
            "age": rng.integers(0, 30, ENTITIES),
            "note": rng.choice(["a broken handle", "works", "almost broken, works", ""], ENTITIES),
        }
    )


def _score(rng: np.random.Generator, rows: pd.DataFrame) -> Any:
    return rows["size"] / 20 + rows["note"].str.contains("broken") * 3 - 4 + rng.normal(0, 0.7, len(rows))


MULTICLASS = _kind(
    ProblemKind.MULTICLASS,
    lambda rng, rows: np.array(["fine", "repaired", "lost"])[np.digitize(_score(rng, rows), [-1.5, 0.5])],
    model="LogisticRegression(max_iter=300, C=params.get('C', 1.0))",
    heading="Accuracy",
    places={
        "question": "How will each thing end?",
        "outcome": "{source: ends, kind: multiclass, column: how, classes: [fine, repaired, lost], horizon: 25d}",
        "kpi": "{name: told_right, metric: accuracy, baseline: 50%, target: 80%, better: higher}",
        "training": "sweep: {space: {C: {min: 0.01, max: 10, log: true}}, trials: 3, folds: 2}",
        "gates": "[better than majority, f1_macro >= 0.5]",
        "deployment": "{mode: batch, schedule: monthly, objective: 95%, act_on: [lost]}",
        "metrics": "[accuracy, f1_macro, log_loss]",
        "triggers": "[{when: surely(accuracy < 0.6), do: retrain}]",
    },
)
RANKING = _kind(
    ProblemKind.RANKING,
    lambda rng, rows: np.where(_score(rng, rows) > 0.5, "lost", "fine"),
    model="LinearSVC(random_state=seed, C=params.get('C', 1.0))",
    heading="Area under the ROC curve",
    places={
        "question": "Which things should be looked at first?",
        "outcome": "{source: ends, kind: ranking, column: how, positive: lost, horizon: 25 days}",
        "kpi": "{name: lost_share, baseline: 30%, target: 20%, better: lower}",
        "training": "sweep: {space: {C: {min: 0.01, max: 10, log: true}}, metric: lift, trials: 3, folds: 2}",
        "gates": "[roc_auc >= 0.6, lift > 1]",
        "deployment": "{mode: batch, schedule: monthly, objective: 95%, top: 10%}",
        "metrics": "[roc_auc, average_precision, precision, lift]",
        "triggers": "[{when: surely(roc_auc < 0.55), do: retrain}]",
        "group": "{share: 20%, redraw: year}",
        "treatment": "treatment: {source: visits, cooldown: 30d}",
        "on": "on: untreated",
    },
)
REGRESSION = _kind(
    ProblemKind.REGRESSION,
    _score,
    model="Ridge(alpha=params.get('alpha', 1.0))",
    heading="Mean absolute error",
    places={
        "question": "How much will each thing cost in the end?",
        "outcome": "{source: ends, kind: regression, column: how, horizon: 25 days}",
        "kpi": "{name: error, metric: mae, baseline: 4, target: 1, better: lower}",
        "training": "sweep: {space: {alpha: {values: [0.1, 1, 100000]}}, trials: 3, folds: 2}",
        "gates": "[mae < naive_mae, r2 > 0.5]",
        "deployment": "{mode: batch, schedule: monthly, objective: 95%, threshold: 3, output: parquet}",
        "metrics": "[mae, rmse, bias]",
        "triggers": "[{when: surely(mae > 2), do: retrain}]",
    },
)
KINDS = {str(kind.name): kind for kind in (MULTICLASS, RANKING, REGRESSION)}
