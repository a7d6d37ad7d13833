"""Intervals where positive outcomes are rare: a handful of them is never taken for knowledge."""

from functools import cache

import numpy as np
import pytest

from copml.metrics import Sample, measure_all
from copml.metrics.sample import Floats
from copml.records import DecisionRule, Interval, ProblemKind

RANKING = DecisionRule(kind=ProblemKind.RANKING, top=0.1)
ORDER = ("roc_auc", "average_precision", "lift")
NEGATIVES, REPEATS = 1000, 300
# Counts of so few have coarse steps: no interval holds the truth in exactly 95 of 100 samples of ten positives.
COVERED_MIN = 0.85


def _rows(rng: np.random.Generator, positives: int, negatives: int, apart: float) -> tuple[Floats, Floats]:
    outcome = np.repeat([1.0, 0.0], [positives, negatives])
    return outcome, rng.normal(size=len(outcome)) + apart * outcome


@cache
def _truth(positives: int, apart: float) -> dict[str, float]:
    outcome, answer = _rows(np.random.default_rng(1), 100_000, 100_000, apart)
    weight = np.where(outcome == 1, positives / NEGATIVES, 1.0)
    order = np.argsort(-answer, kind="stable")
    decided = np.zeros(len(answer))
    decided[order[np.cumsum(weight[order]) <= 0.1 * weight.sum()]] = 1
    sample = Sample.of(outcome, answer, rule=RANKING, weight=weight, decided=decided)
    return {name: seen.value for name, seen in measure_all(ORDER, sample)[0].items()}


@pytest.mark.parametrize("apart", [0.2, 1.2, 2.6])
@pytest.mark.parametrize("positives", [1, 2, 3, 5, 10, 20])
def test_a_few_positives_cover_the_truth(positives: int, apart: float) -> None:
    rng, truth, hits = np.random.default_rng(2), _truth(positives, apart), dict.fromkeys(ORDER, 0)
    for _ in range(REPEATS):
        measured, _ = measure_all(ORDER, Sample.of(*_rows(rng, positives, NEGATIVES, apart), rule=RANKING))
        for name, seen in measured.items():
            assert seen.low <= seen.value <= seen.high
            hits[name] += seen.low <= truth[name] <= seen.high
    assert {name: count / REPEATS for name, count in hits.items() if count < COVERED_MIN * REPEATS} == {}


@pytest.mark.parametrize("place", [0, 3, 400, 999])
def test_one_positive_proves_nothing(place: int) -> None:
    measured = _one_positive(place)
    for name in ("roc_auc", "average_precision"):
        assert measured[name].low < 0.5
        assert measured[name].high - measured[name].low > 0.75


def test_none_found_in_the_top_is_not_sure_to_stay_none() -> None:
    lift = _one_positive(999)["lift"]
    assert (lift.value, lift.low) == (0, 0)
    assert lift.high > 1


def _one_positive(place: int) -> dict[str, Interval]:
    """The only positive of a thousand rows, after so many negatives."""
    outcome = np.zeros(1000)
    outcome[place] = 1
    return measure_all(ORDER, Sample.of(outcome, -np.arange(1000.0), rule=RANKING))[0]
