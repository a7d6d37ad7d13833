"""Values agree with scikit-learn's, on the real churn table and on small rows with ties and weights."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from copml.metrics import METRICS, Sample, measure, measure_all
from copml.metrics.sample import Floats
from copml.records import DecisionRule, ProblemKind
from copml.spec.vocabulary import MODEL_METRICS

DATA = Path(os.environ.get("COPML_DATA", Path(__file__).parents[4] / "shared" / "data"))
TELCO = DATA / "telco_churn" / "WA_Fn-UseC_-Telco-Customer-Churn-.csv"
THRESHOLD = 0.5
RULE = DecisionRule(threshold=THRESHOLD)
BINARY = METRICS[ProblemKind.BINARY]

Theirs = Callable[[Floats, Floats, Floats], float]
THEIRS: dict[str, Theirs] = {
    "accuracy": lambda y, p, w: sk.accuracy_score(y, p >= THRESHOLD, sample_weight=w),
    "balanced_accuracy": lambda y, p, w: sk.balanced_accuracy_score(y, p >= THRESHOLD, sample_weight=w),
    "roc_auc": lambda y, p, w: sk.roc_auc_score(y, p, sample_weight=w),
    "average_precision": lambda y, p, w: sk.average_precision_score(y, p, sample_weight=w),
    "precision": lambda y, p, w: sk.precision_score(y, p >= THRESHOLD, sample_weight=w),
    "recall": lambda y, p, w: sk.recall_score(y, p >= THRESHOLD, sample_weight=w),
    "specificity": lambda y, p, w: sk.recall_score(y, p >= THRESHOLD, sample_weight=w, pos_label=0),
    "f1": lambda y, p, w: sk.f1_score(y, p >= THRESHOLD, sample_weight=w),
    "brier": lambda y, p, w: sk.brier_score_loss(y, p, sample_weight=w),
    "log_loss": lambda y, p, w: sk.log_loss(y, p, sample_weight=w),
    "positive_ratio": lambda y, p, w: float(np.average(y, weights=w)),
    "decided_ratio": lambda y, p, w: float(np.average(p >= THRESHOLD, weights=w)),
    "majority_accuracy": lambda y, p, w: max(np.average(y, weights=w), np.average(1 - y, weights=w)),
    "calibration_error": lambda y, p, w: _calibration_error(y, p, w),
}


def _calibration_error(y: Floats, p: Floats, w: Floats) -> float:
    total = 0.0
    for low in range(10):
        rows = (p * 10 >= low) & ((p * 10 < low + 1) | (low == 9))
        if rows.any():
            gap = np.average(y[rows], weights=w[rows]) - np.average(p[rows], weights=w[rows])
            total += w[rows].sum() / w.sum() * abs(gap)
    return float(total)


def test_every_metric_is_compared() -> None:
    assert THEIRS.keys() == BINARY.keys()


def test_every_metric_that_a_project_file_may_name_is_measured() -> None:
    assert set(MODEL_METRICS[ProblemKind.BINARY]) <= set(BINARY)


def _rows(decimals: int) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(7)
    y = (rng.random(400) < 0.3).astype(np.float64)
    p = np.round(np.clip(rng.random(400) * 0.6 + y * 0.3, 0, 1), decimals)
    return y, p.astype(np.float64), rng.choice(np.array([1.0, 4.0, 20.0]), 400)


@pytest.mark.parametrize("name", list(BINARY))
@pytest.mark.parametrize("decimals", [1, 12])
@pytest.mark.parametrize("weighted", [False, True])
def test_values_with_ties_and_weights(name: str, decimals: int, weighted: bool) -> None:
    y, p, w = _rows(decimals)
    w = w if weighted else np.ones(400)
    ours = measure(name, y, p, rule=RULE, weight=w if weighted else None).value
    assert ours == pytest.approx(THEIRS[name](y, p, w), abs=1e-12)


@pytest.fixture(scope="module")
def churn() -> tuple[Floats, Floats]:
    if not TELCO.exists():
        pytest.skip(f"the real churn table is not at {TELCO}; set COPML_DATA")
    table = pd.read_csv(TELCO)
    table["TotalCharges"] = pd.to_numeric(table["TotalCharges"], errors="coerce").fillna(0)
    columns = pd.get_dummies(table.drop(columns=["customerID", "Churn"])).astype(float)
    outcome = (table["Churn"] == "Yes").to_numpy().astype(np.float64)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(columns, outcome)
    return outcome, model.predict_proba(columns)[:, 1]


@pytest.mark.parametrize("name", list(BINARY))
def test_values_on_the_real_churn_table(churn: tuple[Floats, Floats], name: str) -> None:
    y, p = churn
    ours = measure(name, y, p, rule=RULE)
    assert ours.value == pytest.approx(THEIRS[name](y, p, np.ones(len(y))), abs=1e-12)
    assert ours.n == {"recall": 1869, "specificity": 5174, "precision": int((p >= 0.5).sum())}.get(name, ours.n)


def test_several_at_once_are_the_same_and_say_what_has_no_value() -> None:
    y, p, w = _rows(3)
    measured, undefined = measure_all(BINARY, Sample.of(y, p, rule=RULE, weight=w))
    assert measured == {name: measure(name, y, p, rule=RULE, weight=w) for name in BINARY}
    assert undefined == {}
    measured, undefined = measure_all(BINARY, Sample.of([0, 0], [0.1, 0.2], rule=RULE))
    assert undefined["roc_auc"] == "all outcomes are the same"
    assert undefined.keys() == {"roc_auc", "average_precision", "balanced_accuracy", "f1", "recall", "precision"}
    assert measured.keys() | undefined.keys() == BINARY.keys()
