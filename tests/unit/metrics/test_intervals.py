"""Intervals: 95 % of them hold the truth, also for weighted rows and for entities with several rows."""

from functools import cache
from math import sqrt

import numpy as np
import pytest

from copml.metrics import METRICS, Sample, measure, measure_all
from copml.metrics.estimate import student_975, wilson
from copml.metrics.sample import Codes, Floats
from copml.records import DecisionRule, Interval, ProblemKind

RULE = DecisionRule(threshold=0.4)
BINARY = METRICS[ProblemKind.BINARY]

# Its interval is wider than need be, as `metrics.probabilities` says.
WIDE = {"calibration_error"}
REPEATS = 300


def _world(rng: np.random.Generator, entities: int, each: int, base: float) -> tuple[Codes, Floats, Floats]:
    """Entities with a trait that the model sees, and with `each` > 1 rows also one that it does not."""
    entity = np.repeat(np.arange(entities), each)
    seen = 1.2 * rng.normal(size=entities)[entity] + 0.3 * rng.normal(size=len(entity))
    unseen = rng.normal(size=entities)[entity] * (each > 1)
    chance = 1 / (1 + np.exp(-(base + seen + unseen)))
    return entity, 1 / (1 + np.exp(-(base + seen))), (rng.random(len(entity)) < chance).astype(np.float64)


@cache
def _truth(each: int, base: float) -> dict[str, float]:
    _, probability, outcome = _world(np.random.default_rng(1), 100_000, each, base)
    measured, _ = measure_all(BINARY, Sample.of(outcome, probability, rule=RULE))
    return {name: interval.value for name, interval in measured.items()}


def _covered(entities: int, each: int, weighted: bool, base: float) -> dict[str, float]:
    truth, hits = _truth(each, base), dict.fromkeys(BINARY, 0)
    rng = np.random.default_rng(2)
    for _ in range(REPEATS):
        entity, probability, outcome = _world(rng, entities, each, base)
        weight = rng.choice([1.0, 5.0], entities, p=[0.7, 0.3])[entity] if weighted else None
        sample = Sample.of(outcome, probability, rule=RULE, weight=weight, entity=entity)
        for name, seen in measure_all(BINARY, sample)[0].items():
            assert seen.low <= seen.value <= seen.high
            hits[name] += seen.low <= truth[name] <= seen.high
    return {name: count / REPEATS for name, count in hits.items()}


@pytest.mark.parametrize(
    ("entities", "each", "weighted"), [(300, 1, False), (100, 4, False), (400, 1, True), (150, 4, True)]
)
def test_coverage(entities: int, each: int, weighted: bool) -> None:
    for name, share in _covered(entities, each, weighted, -1.0).items():
        assert 0.92 <= share <= (1.0 if name in WIDE else 0.98), name


@pytest.mark.parametrize("each", [1, 3])
def test_coverage_near_the_ends_of_the_scale(each: int) -> None:
    covered = _covered(400 // each, each, each > 1, -4.0)
    for name in ("accuracy", "majority_accuracy", "positive_ratio", "decided_ratio", "recall", "specificity"):
        assert 0.92 <= covered[name] <= 0.99, name


def test_ignoring_entities_would_be_too_sure() -> None:
    entity, probability, outcome = _world(np.random.default_rng(3), 300, 10, -1.0)
    known = measure("positive_ratio", outcome, probability, rule=RULE, entity=entity)
    ignored = measure("positive_ratio", outcome, probability, rule=RULE)
    assert known.value == ignored.value
    assert known.high - known.low > 1.5 * (ignored.high - ignored.low)
    assert (known.n, ignored.n) == (300, 3000)


@pytest.mark.parametrize(("right", "n"), [(0, 1), (1, 1), (0, 20), (20, 20), (7, 10), (999, 1000)])
def test_independent_rows_give_the_score_interval_itself(right: int, n: int) -> None:
    decided = np.where(np.arange(n) < right, 0.9, 0.1)
    seen = measure("accuracy", np.ones(n), decided, rule=RULE)
    z2 = 1.959963984540054**2
    for bound in (seen.low, seen.high):
        # Wilson: the shares from which what was seen lies exactly 1.96 standard errors away.
        off = (seen.value - bound) ** 2 - z2 * bound * (1 - bound) / n
        assert off == pytest.approx(0, abs=1e-12)
    assert 0 <= seen.low <= seen.value <= seen.high <= 1
    assert seen.n == n


def test_the_area_has_the_variance_of_delong() -> None:
    rng = np.random.default_rng(5)
    outcome = (rng.random(1500) < 0.4).astype(np.float64)
    probability = np.round(np.clip(0.7 * rng.random(1500) + 0.2 * outcome, 0, 1), 2)
    wins = np.subtract.outer(probability[outcome == 1], probability[outcome == 0])
    placed = (wins > 0) + 0.5 * (wins == 0)
    delong = placed.mean(axis=1).var(ddof=1) / len(placed) + placed.mean(axis=0).var(ddof=1) / placed.shape[1]
    seen = measure("roc_auc", outcome, probability, rule=RULE)
    assert seen.value == pytest.approx(placed.mean(), abs=1e-12)
    # Wilson's interval is as long as the normal one but for terms of the order 1/n.
    assert seen.high - seen.low == pytest.approx(2 * 1.96 * sqrt(delong), rel=0.01)


@pytest.mark.parametrize("name", list(BINARY))
def test_repeating_every_row_of_an_entity_teaches_nothing(name: str) -> None:
    entity, probability, outcome = _world(np.random.default_rng(6), 400, 1, -1.0)
    once = measure(name, outcome, probability, rule=RULE)
    columns = np.tile(outcome, 3), np.tile(probability, 3)
    thrice = measure(name, *columns, rule=RULE, entity=np.tile(entity, 3))
    assert thrice.value == pytest.approx(once.value)
    assert thrice.n == once.n
    assert thrice.high - thrice.low == pytest.approx(once.high - once.low, rel=0.03)


@pytest.mark.parametrize("name", list(BINARY))
def test_the_unit_of_weights_does_not_matter(name: str) -> None:
    _, probability, outcome = _world(np.random.default_rng(7), 200, 1, -1.0)
    weight = np.random.default_rng(8).choice([1.0, 3.0], 200)
    one = measure(name, outcome, probability, rule=RULE, weight=weight)
    other = measure(name, outcome, probability, rule=RULE, weight=weight * 1000)
    assert _figures(other) == pytest.approx(_figures(one))


def test_rows_of_no_weight_do_not_count() -> None:
    with_them = measure("accuracy", [1, 1, 0, 1], [0.9, 0.9, 0.9, 0.1], rule=RULE, weight=[1, 1, 1, 0])
    assert _figures(with_them) == _figures(measure("accuracy", [1, 1, 0], [0.9, 0.9, 0.9], rule=RULE))


@pytest.mark.parametrize("name", ["roc_auc", "average_precision", "balanced_accuracy", "f1", "accuracy"])
def test_a_perfect_score_on_few_rows_is_no_certainty(name: str) -> None:
    seen = measure(name, [0, 0, 0, 1, 1, 1], [0.1, 0.2, 0.3, 0.7, 0.8, 0.9], rule=RULE)
    assert seen.value == seen.high == 1
    assert seen.low < 0.75


@pytest.mark.parametrize("name", list(BINARY))
def test_one_entity_alone_gives_a_wide_interval_or_none(name: str) -> None:
    measured, _ = measure_all([name], Sample.of([0, 1], [0.2, 0.9], rule=RULE, entity=["a", "a"]))
    for seen in measured.values():
        assert seen.high - seen.low > 0.4
        assert seen.n == 1


@pytest.mark.parametrize(
    ("freedom", "expected"), [(2, 4.303), (3, 3.182), (5, 2.571), (10, 2.228), (30, 2.042), (1e9, 1.960)]
)
def test_students_t(freedom: float, expected: float) -> None:
    assert student_975(freedom) == pytest.approx(expected, rel=0.01)


def test_wilson_with_a_fraction_of_an_entity() -> None:
    low, high = wilson(0.5, 0.5)
    assert 0 < low < 0.5 < high < 1


def _figures(seen: Interval) -> tuple[float, float, float, int]:
    return seen.value, seen.low, seen.high, seen.n
