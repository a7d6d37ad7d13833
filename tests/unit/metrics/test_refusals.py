"""Columns that are no outcomes, probabilities, weights or entities are refused with what was seen."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from copml.errors import MetricInputWrong, MetricUndefined, MetricUnknown
from copml.metrics import Sample, compare, measure, pooled_difference, proportion
from copml.records import DecisionRule

RULE = DecisionRule(threshold=0.5)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"outcome": [0, 1, None]}, "outcome has 1 missing or infinite"),
        ({"outcome": [0, 1, float("nan")]}, "outcome has 1 missing or infinite"),
        ({"outcome": [0, 1, 2]}, "outcome has values other than 0 and 1"),
        ({"outcome": []}, "outcome has the shape (0,)"),
        ({"outcome": [[0], [1], [1]]}, "outcome has the shape (3, 1)"),
        ({"answer": [0.1, 0.2]}, "probability has 2 rows, and must have 3 rows"),
        ({"answer": [0.1, 0.2, 1.2]}, "probability has values from 0.1 to 1.2"),
        ({"answer": [0.1, -0.2, 1]}, "probability has values from -0.2 to 1"),
        ({"answer": [0.1, float("nan"), 1]}, "probability has 1 missing"),
        ({"answer": [0.1, float("inf"), 1]}, "probability has 1 missing or infinite"),
        ({"weight": [1, -1, 1]}, "weight has values from -1 to 1"),
        ({"weight": [0, 0, 0]}, "weight has values from 0 to 0"),
        ({"weight": [1, 1]}, "weight has 2 rows"),
        ({"entity": ["a", "b"]}, "entity has 2 rows"),
        ({"entity": ["a", "b", None]}, "entity has 1 missing values"),
    ],
)
def test_wrong_columns(changed: dict[str, Any], words: str) -> None:
    columns: dict[str, Any] = {"outcome": [0, 1, 1], "answer": [0.1, 0.5, 0.9]} | changed
    with pytest.raises(MetricInputWrong) as caught:
        Sample.of(**columns, rule=RULE)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "outcome", "probability", "reason"),
    [
        ("roc_auc", [1, 1], [0.1, 0.9], "all outcomes are the same"),
        ("roc_auc", [0, 0], [0.1, 0.9], "all outcomes are the same"),
        ("average_precision", [0, 0], [0.1, 0.9], "all outcomes are the same"),
        ("recall", [0, 0], [0.1, 0.9], "no positive outcome"),
        ("specificity", [1, 1], [0.1, 0.9], "no negative outcome"),
        ("balanced_accuracy", [1, 1], [0.1, 0.9], "no negative outcome"),
        ("precision", [1, 0], [0.1, 0.2], "no positive decision"),
        ("f1", [0, 0], [0.1, 0.2], "no positive outcome and no positive decision"),
    ],
)
def test_metrics_without_a_value(name: str, outcome: list[int], probability: list[float], reason: str) -> None:
    with pytest.raises(MetricUndefined, match=reason):
        measure(name, outcome, probability, rule=RULE)


def test_rows_without_weight_are_no_rows() -> None:
    with pytest.raises(MetricUndefined):
        measure("roc_auc", [0, 0, 1], [0.1, 0.2, 0.3], rule=RULE, weight=[1, 1, 0])


def test_a_metric_that_does_not_exist() -> None:
    with pytest.raises(MetricUnknown, match="choose from accuracy"):
        measure("acuracy", [0, 1], [0.1, 0.9], rule=RULE)


@pytest.mark.parametrize(
    "entity", [["a", "b", "a"], np.array([1, 2, 1]), pa.array(["a", "b", "a"]).dictionary_encode()]
)
def test_entities_of_any_kind(entity: Any) -> None:
    assert measure("accuracy", [0, 1, 1], [0.1, 0.5, 0.9], rule=RULE, entity=entity).n == 2


def test_differences_refuse_what_they_cannot_know() -> None:
    with pytest.raises(MetricUndefined, match="no entity to count"):
        proportion(0, 0)
    with pytest.raises(MetricInputWrong, match="3 among 2"):
        proportion(3, 2)
    with pytest.raises(MetricUndefined, match="no cohort has entities in both arms"):
        pooled_difference([0, 1], [True, False], ["january", "february"], ["a", "b"])
    with pytest.raises(MetricInputWrong, match="arm has 1 rows"):
        pooled_difference([0, 1], [True], ["january", "january"], ["a", "b"])
    with pytest.raises(MetricInputWrong, match="stratum has 2 rows and 1 missing"):
        pooled_difference([0, 1], [True, False], ["january", None], ["a", "b"])
    same = Sample.of([1, 1], [0.5, 0.5], rule=RULE)
    with pytest.raises(MetricUndefined):
        compare("roc_auc", same, same)
