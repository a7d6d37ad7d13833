"""Differences: published figures, coverage with repeated entities, and a metric before and after."""

import numpy as np
import pytest

from copml.metrics import METRICS, Sample, compare, difference, measure, pooled_difference, proportion
from copml.metrics.sample import Codes, Floats
from copml.records import DecisionRule, Interval, ProblemKind

RULE = DecisionRule(threshold=0.5)
BINARY = METRICS[ProblemKind.BINARY]


@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        # Newcombe (1998), table II, method 10, cases (a) to (h).
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_published_intervals(a: tuple[int, int], b: tuple[int, int], low: float, high: float) -> None:
    seen = difference(proportion(*a), proportion(*b))
    assert (seen.low, seen.high) == pytest.approx((low, high), abs=5e-5)
    assert seen.n == a[1] + b[1]


def test_one_cohort_of_separate_entities_is_the_published_interval() -> None:
    outcome = np.repeat([1, 0, 1, 0], [56, 14, 48, 32])
    arm = np.repeat([True, False], [70, 80])
    pooled = pooled_difference(outcome, arm, np.zeros(150), np.arange(150))
    assert _figures(pooled) == pytest.approx(_figures(difference(proportion(56, 70), proportion(48, 80))))


def test_each_cohort_counts_by_its_second_arm() -> None:
    # Differences of 0.5 and 0 with 10 and 30 in the second arm; a third cohort has no first arm and says nothing.
    outcome = np.concatenate((np.repeat([1, 0], [5, 5]), np.zeros(10), np.zeros(10), np.zeros(30), np.ones(7)))
    arm = np.repeat([True, False, True, False, False], [10, 10, 10, 30, 7])
    cohort = np.repeat(["january", "february", "march"], [20, 40, 7])
    seen = pooled_difference(outcome, arm, cohort, np.arange(67))
    assert seen.value == pytest.approx(0.5 * 10 / 40)
    assert seen.n == 60


@pytest.mark.parametrize("effect", [0.0, 0.15])
def test_pooled_coverage_with_entities_that_come_back(effect: float) -> None:
    rng = np.random.default_rng(11)
    seen = [_pooled(rng, effect) for _ in range(400)]
    assert 0.92 <= np.mean([item.low <= effect <= item.high for item in seen]) <= 0.98
    assert np.mean([item.value for item in seen]) == pytest.approx(effect, abs=0.01)


def _pooled(rng: np.random.Generator, effect: float) -> Interval:
    """300 entities with a lasting trait in four cohorts; a tenth is control, drawn anew for the last two."""
    trait = rng.random(300)
    entity = np.tile(np.arange(300), 4)
    cohort = np.repeat(np.arange(4), 300)
    control = (rng.random((2, 300)) < 0.1)[cohort // 2, entity]
    rate = 0.2 + 0.5 * trait[entity] + 0.05 * cohort - effect * ~control
    there = rng.random(1200) < 0.8
    outcome = (rng.random(1200) < rate).astype(float)
    return pooled_difference(outcome[there], control[there], cohort[there], entity[there])


def test_cohorts_with_one_control_still_have_an_interval() -> None:
    outcome = np.array([1, 0, 0, 0, 0, 1, 0, 0, 0, 0], dtype=float)
    arm = np.tile([True, False, False, False, False], 2)
    seen = pooled_difference(outcome, arm, np.repeat([1, 2], 5), np.arange(10))
    assert seen.value == 1.0
    assert seen.low < 0.5


def _scored(rng: np.random.Generator, entities: Codes, skill: float) -> tuple[Floats, Floats, Floats]:
    trait = rng.normal(size=len(entities))
    outcome = (rng.random(len(entities)) < 1 / (1 + np.exp(-trait))).astype(np.float64)
    before = 1 / (1 + np.exp(-0.3 * trait - rng.normal(size=len(entities))))
    after = 1 / (1 + np.exp(-(0.3 + skill) * trait - rng.normal(size=len(entities))))
    return outcome, before, after


@pytest.mark.parametrize("name", ["accuracy", "roc_auc", "brier", "recall"])
def test_a_better_model_on_the_same_rows(name: str) -> None:
    rng = np.random.default_rng(12)
    entities = np.arange(1500)
    outcome, before, after = _scored(rng, entities, 1.5)
    old, new = (Sample.of(outcome, p, rule=RULE, entity=entities) for p in (before, after))
    sign = 1 if BINARY[name].better == "higher" else -1
    seen = compare(name, old, new)
    assert min(sign * seen.low, sign * seen.high) > 0
    assert seen.n == 1500 if name != "recall" else True
    turned = compare(name, new, old)
    assert (turned.value, turned.low, turned.high) == pytest.approx((-seen.value, -seen.high, -seen.low))


def test_pairing_by_entity_makes_the_comparison_sharper() -> None:
    rng = np.random.default_rng(13)
    entities = np.arange(800)
    outcome, before, _ = _scored(rng, entities, 0)
    after = np.clip(before + 0.02, 0, 1)
    paired = compare("brier", *(Sample.of(outcome, p, rule=RULE, entity=entities) for p in (before, after)))
    apart = compare("brier", *(Sample.of(outcome, p, rule=RULE) for p in (before, after)))
    assert paired.value == apart.value
    assert paired.high - paired.low < 0.1 * (apart.high - apart.low)


def test_a_model_is_as_good_as_itself() -> None:
    rng = np.random.default_rng(14)
    outcome, before, _ = _scored(rng, np.arange(200), 0)
    same = Sample.of(outcome, before, rule=RULE, entity=np.arange(200))
    seen = compare("roc_auc", same, same)
    alone = measure("roc_auc", outcome, before, rule=RULE)
    assert seen.value == 0
    assert seen.high - seen.low < 0.15 * (alone.high - alone.low)


def test_comparison_covers_the_truth() -> None:
    rng, hits = np.random.default_rng(15), 0
    outcome, before, after = _scored(rng, np.arange(200_000), 0.5)
    truth = _accuracy(outcome, after) - _accuracy(outcome, before)
    for _ in range(300):
        outcome, before, after = _scored(rng, np.arange(250), 0.5)
        seen = compare(
            "accuracy",
            *(Sample.of(outcome, p, rule=RULE, entity=np.arange(250)) for p in (before, after)),
        )
        hits += seen.low <= truth <= seen.high
    assert 0.92 <= hits / 300 <= 0.98


def _accuracy(outcome: Floats, probability: Floats) -> float:
    return measure("accuracy", outcome, probability, rule=RULE).value


def _figures(seen: Interval) -> tuple[float, float, float, int]:
    return seen.value, seen.low, seen.high, seen.n
