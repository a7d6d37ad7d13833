"""Metrics of several classes, of numbers and of rankings: the values of scikit-learn, and intervals that cover."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk
from numpy.typing import NDArray

from copml.errors import MetricInputWrong, MetricUndefined
from copml.metrics import METRICS, Sample, compare, decide, measure, measure_all
from copml.records import DecisionRule, ProblemKind
from copml.spec.vocabulary import MODEL_METRICS

Floats = NDArray[np.float64]
CLASSES = ("high", "low", "never", "none")
MULTICLASS = DecisionRule(kind=ProblemKind.MULTICLASS, classes=CLASSES, act_on=("high", "none"))
REGRESSION = DecisionRule(kind=ProblemKind.REGRESSION, threshold=3.0)
RANKING = DecisionRule(kind=ProblemKind.RANKING, top=0.2)
LABELS = [0, 1, 2, 3]


def _auc(y: Floats, p: Floats, w: Floats) -> float:
    areas = [sk.roc_auc_score(y == code, p[:, code], sample_weight=w) for code in (0, 1, 3)]
    return float(np.mean(areas))


def _brier(y: Floats, p: Floats, w: Floats) -> float:
    return float(np.average(((p - np.eye(4)[y.astype(int)]) ** 2).sum(axis=1) / 2, weights=w))


def _calibration(y: Floats, p: Floats, w: Floats) -> float:
    right = (p.argmax(axis=1) == y).astype(float)
    rule = DecisionRule(threshold=0.5)
    return measure("calibration_error", right, p.max(axis=1), rule=rule, weight=w).value


def _named(of: Callable[..., float], **more: Any) -> Callable[[Floats, Floats, Floats], float]:
    return lambda y, p, w: of(y, p.argmax(axis=1), sample_weight=w, **more)


def _top(y: Floats, p: Floats, w: Floats) -> Floats:
    return np.isin(np.arange(len(p)), np.argsort(-p, kind="stable")[: round(0.2 * len(p))])


THEIRS: dict[ProblemKind, dict[str, Callable[[Floats, Floats, Floats], float]]] = {
    ProblemKind.MULTICLASS: {
        "accuracy": _named(sk.accuracy_score),
        "balanced_accuracy": _named(sk.balanced_accuracy_score),
        "f1_macro": _named(sk.f1_score, average="macro"),
        "roc_auc_ovr": _auc,
        "brier": _brier,
        "log_loss": lambda y, p, w: sk.log_loss(y, p, labels=LABELS, sample_weight=w),
        "calibration_error": _calibration,
        "majority_accuracy": lambda y, p, w: float(max(np.bincount(y.astype(int), weights=w)) / w.sum()),
        "decided_ratio": lambda y, p, w: float(np.average(np.isin(p.argmax(axis=1), [0, 3]), weights=w)),
    },
    ProblemKind.REGRESSION: {
        "mae": lambda y, p, w: sk.mean_absolute_error(y, p, sample_weight=w),
        "rmse": lambda y, p, w: sk.root_mean_squared_error(y, p, sample_weight=w),
        "r2": lambda y, p, w: sk.r2_score(y, p, sample_weight=w),
        "wape": lambda y, p, w: float((w * abs(p - y)).sum() / (w * abs(y)).sum()),
        "bias": lambda y, p, w: float(np.average(p - y, weights=w)),
        "naive_mae": lambda y, p, w: min(float(np.average(abs(y - guess), weights=w)) for guess in y),
        "outcome_mean": lambda y, p, w: float(np.average(y, weights=w)),
        "decided_ratio": lambda y, p, w: float(np.average(p >= 3.0, weights=w)),
    },
    ProblemKind.RANKING: {
        "roc_auc": lambda y, p, w: sk.roc_auc_score(y, p, sample_weight=w),
        "average_precision": lambda y, p, w: sk.average_precision_score(y, p, sample_weight=w),
        "precision": lambda y, p, w: sk.precision_score(y, _top(y, p, w), sample_weight=w),
        "recall": lambda y, p, w: sk.recall_score(y, _top(y, p, w), sample_weight=w),
        "lift": lambda y, p, w: sk.precision_score(y, _top(y, p, w), sample_weight=w) / float(np.average(y, weights=w)),
        "positive_ratio": lambda y, p, w: float(np.average(y, weights=w)),
        "decided_ratio": lambda y, p, w: float(np.average(_top(y, p, w), weights=w)),
    },
}
RULES = {rule.kind: rule for rule in (MULTICLASS, REGRESSION, RANKING)}
ALL = [(kind, name) for kind, table in THEIRS.items() for name in table]


def _rows(kind: ProblemKind, rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Outcomes and answers of a model that knows something."""
    signal = rng.normal(size=count)
    if kind is ProblemKind.REGRESSION:
        return 4 + signal + rng.normal(size=count), np.round(3.8 + 0.9 * signal, 1)
    if kind is ProblemKind.RANKING:
        return (signal + rng.normal(size=count) > 0.8).astype(float), np.round(5 * signal, 1)
    outcome = np.array([0, 1, 3])[np.digitize(signal + rng.normal(size=count) * 0.5, [-0.5, 0.7])]
    distance = np.stack([abs(signal + 1), abs(signal), np.full(count, 9.0), abs(signal - 1)], axis=1)
    chances = np.exp(-2 * distance)
    return outcome.astype(float), chances / chances.sum(axis=1, keepdims=True)


def test_every_metric_is_compared_and_documented_in_the_vocabulary() -> None:
    for kind, table in THEIRS.items():
        assert table.keys() == METRICS[kind].keys() == MODEL_METRICS[kind].keys()


@pytest.mark.parametrize(("kind", "name"), ALL)
@pytest.mark.parametrize("weighted", [False, True])
def test_values(kind: ProblemKind, name: str, weighted: bool) -> None:
    rng = np.random.default_rng(3)
    y, p = _rows(kind, rng, 400)
    w = rng.choice([1.0, 5.0], 400) if weighted else np.ones(400)
    ours = measure(name, y, p, rule=RULES[kind], weight=w)
    assert ours.value == pytest.approx(THEIRS[kind][name](y, p, w), abs=1e-9)
    assert ours.low <= ours.value <= ours.high


@pytest.mark.parametrize("kind", list(THEIRS))
def test_intervals_cover(kind: ProblemKind) -> None:
    """Of 300 samples of 100 entities with three rows each, at least 90 % of the intervals hold the truth."""
    rng = np.random.default_rng(5)
    truth, _ = measure_all(METRICS[kind], Sample.of(*_rows(kind, rng, 300_000), rule=RULES[kind]))
    hits = dict.fromkeys(truth, 0)
    for _ in range(300):
        outcome, answer = (np.repeat(column, 3, axis=0) for column in _rows(kind, rng, 100))
        sample = Sample.of(outcome, answer, rule=RULES[kind], entity=np.repeat(np.arange(100), 3))
        for name, seen in measure_all(METRICS[kind], sample)[0].items():
            hits[name] += seen.low <= truth[name].value <= seen.high
    assert {name: count / 300 for name, count in hits.items() if count < 270} == {}


def test_r2_may_be_far_below_0_and_never_above_1() -> None:
    bad = measure("r2", [1.0, 2.0, 3.0, 4.0], [40.0, -30.0, 20.0, -10.0], rule=REGRESSION)
    assert bad.low < bad.value < -100
    assert bad.high <= 1
    perfect = measure("r2", [1.0, 2.0, 3.0], [1.0, 2.0, 3.0], rule=REGRESSION)
    assert (perfect.value, perfect.high) == (1, 1)


def test_a_bias_of_nothing_has_an_interval_around_it() -> None:
    seen = measure("bias", [1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 4.0, 3.0], rule=REGRESSION)
    assert (seen.value, seen.low < 0 < seen.high) == (0, True)


@pytest.mark.parametrize(
    ("name", "rule", "outcome", "answer"),
    [
        ("r2", REGRESSION, [2.0, 2.0], [1.0, 2.0]),
        ("wape", REGRESSION, [0.0, 0.0], [1.0, 2.0]),
        ("roc_auc_ovr", MULTICLASS, [1, 1], [[0.1, 0.9, 0, 0], [0.8, 0.2, 0, 0]]),
        ("lift", RANKING, [0, 0], [3.0, 4.0]),
    ],
)
def test_metrics_without_a_value(name: str, rule: DecisionRule, outcome: Any, answer: Any) -> None:
    with pytest.raises(MetricUndefined):
        measure(name, outcome, answer, rule=rule)


@pytest.mark.parametrize(
    ("rule", "outcome", "answer", "reason"),
    [
        (MULTICLASS, [0, 4], [[1, 0, 0, 0]] * 2, "outcome has values from 0 to 4"),
        (MULTICLASS, [0, 0.5], [[1, 0, 0, 0]] * 2, "outcome has values from 0 to 0.5"),
        (MULTICLASS, [0, 1], [[1, 0, 0]] * 2, "prediction has the shape"),
        (MULTICLASS, [0, 1], [[1.5, 0, 0, 0]] * 2, "prediction has values from 0 to 1.5"),
        (MULTICLASS, [0, 1], [[float("nan"), 0, 0, 0]] * 2, "prediction has values"),
        (REGRESSION, [0, float("inf")], [1, 2], "outcome has 1 missing or infinite"),
        (REGRESSION, [0, 1], [1, float("nan")], "prediction has 1 missing or infinite"),
        (RANKING, [0, 2], [1, 2], "outcome has values other than 0 and 1"),
    ],
)
def test_wrong_columns(rule: DecisionRule, outcome: Any, answer: Any, reason: str) -> None:
    with pytest.raises(MetricInputWrong, match=reason):
        Sample.of(outcome, answer, rule=rule)


def test_decisions() -> None:
    chances = np.array([[0.6, 0.4, 0, 0], [0.1, 0.9, 0, 0], [0, 0, 0, 1.0]])
    assert decide(chances, MULTICLASS).tolist() == [1, 0, 1]
    assert decide(np.array([2.9, 3.0]), REGRESSION).tolist() == [0, 1]
    assert decide(np.arange(10.0), RANKING).tolist() == [0] * 8 + [1, 1]
    assert decide(np.zeros(10), RANKING).tolist() == [1, 1] + [0] * 8
    assert not DecisionRule(kind=ProblemKind.REGRESSION).decides


def test_two_regressions_are_compared_on_the_same_rows() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=200)
    noise = rng.normal(size=200)
    old, new = (Sample.of(truth, truth + scale * noise, rule=REGRESSION, entity=np.arange(200)) for scale in (1.0, 0.5))
    change = compare("mae", old, new)
    assert change.high < 0
    assert change.value == pytest.approx(-0.5 * abs(noise).mean())
