"""Performance: which predictions count, on which entities, and what a programme that works does to the figures."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.occasions import OCCASION, by_key

from copml.errors import MetricInputWrong, MetricUndefined, MetricUnknown
from copml.metrics import Sample, measure
from copml.monitoring import helped, performance_measurements
from copml.monitoring.performance import DIAGNOSTIC, PerformanceFound
from copml.records import DecisionRule, ProblemKind

RULE = DecisionRule(threshold=0.5)

WEEK_1, WEEK_2 = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 12, tzinfo=UTC)
TIME = pa.timestamp("us", "UTC")


def _predictions(slots: list[datetime], probability: Any, control: Any) -> pa.Table:
    return pa.table(
        {
            "entity": [f"{place:032x}" for place in range(len(slots))],
            "slot": pa.array(slots, TIME),
            "probability": np.asarray(probability, dtype=float),
            "decision": np.asarray(probability, dtype=float) >= RULE.threshold,
            "control": control,
            "salt": [b"x"] * len(slots),
        }
    )


def _labels(predictions: pa.Table, outcome: Any, treated: Any) -> pa.Table:
    return (
        predictions.select(["entity", "slot"])
        .append_column("outcome", pa.array(outcome))
        .append_column("over", pa.array([False] * len(predictions)))
        .append_column("treated", pa.array(treated, pa.bool_()))
    )


def _small(**changed: Any) -> PerformanceFound:
    """Two batches of four: a, b, c, d in week 1 and e, f, g, h in week 2."""
    given: dict[str, Any] = {
        "outcome": [1, 0, 1, 0, 1, 0, 0, 1],
        "treated": [False] * 8,
        "control": [True, True, False, False, True, False, True, False],
    } | changed
    probability = [0.9, 0.1, 0.2, 0.3, 0.8, 0.7, 0.6, 0.9]
    predictions = _predictions([WEEK_1] * 4 + [WEEK_2] * 4, probability, given["control"])
    labels = _labels(predictions, given["outcome"], given["treated"])
    return performance_measurements(
        OCCASION,
        predictions,
        given.get("labels", labels),
        metrics=("accuracy", "recall"),
        rule=RULE,
    )


def test_both_segments_and_the_metrics_that_diagnosis_needs() -> None:
    seen = by_key(_small().measurements)
    names = {"accuracy", "recall", *DIAGNOSTIC[ProblemKind.BINARY]}
    assert seen.keys() == {"matured_ratio.all", *(f"{name}.{part}" for name in names for part in ("all", "control"))}
    assert (seen["accuracy.all"].value, seen["accuracy.all"].n) == (5 / 8, 8)
    assert (seen["accuracy.control"].value, seen["accuracy.control"].n) == (3 / 4, 4)
    assert (seen["recall.all"].value, seen["recall.all"].n) == (3 / 4, 4)
    assert seen["positive_ratio.all"].value == 0.5
    assert seen["matured_ratio.all"].value == 1


def test_control_entities_that_were_treated_all_the_same_are_no_control() -> None:
    seen = by_key(_small(treated=[False] * 6 + [True, False]).measurements)
    assert (seen["accuracy.control"].value, seen["accuracy.control"].n) == (1, 3)
    assert seen["accuracy.all"].n == 8


@pytest.mark.parametrize("missing", [[4], [4, 5, 6, 7]])
def test_a_batch_counts_as_a_whole_or_not_at_all(missing: list[int]) -> None:
    outcome: list[int | None] = [1, 0, 1, 0, 1, 0, 0, 1]
    for place in missing:
        outcome[place] = None
    seen = by_key(_small(outcome=outcome).measurements)
    assert seen["accuracy.all"].n == 4
    assert (seen["matured_ratio.all"].value, seen["matured_ratio.all"].n) == (0.5, 8)


def test_a_prediction_without_a_label_is_an_unknown_outcome() -> None:
    predictions = _predictions([WEEK_1] * 2 + [WEEK_2] * 2, [0.1, 0.9, 0.2, 0.8], [False] * 4)
    labels = _labels(predictions, [0, 1, 0, 1], [False] * 4).slice(0, 3)
    seen = performance_measurements(OCCASION, predictions, labels, metrics=(), rule=RULE)
    assert by_key(seen.measurements)["accuracy.all"].n == 2


def test_nothing_matured() -> None:
    found = _small(outcome=pa.nulls(8, pa.int8()))
    assert by_key(found.measurements).keys() == {"matured_ratio.all"}
    assert by_key(found.measurements)["matured_ratio.all"].value == 0
    assert found.samples == {}


def test_no_predictions() -> None:
    empty = _predictions([], [], pa.array([], pa.bool_()))
    labels = _labels(empty, pa.array([], pa.int8()), [])
    found = performance_measurements(OCCASION, empty, labels, metrics=("accuracy",), rule=RULE)
    assert found == PerformanceFound(measurements=(), undefined={}, samples={})


def test_without_a_control_group_only_all_is_measured() -> None:
    assert all(item.segment == "all" for item in _small(control=[False] * 8).measurements)


def test_what_has_no_value_is_said() -> None:
    found = _small(outcome=[0] * 8)
    assert found.undefined["roc_auc.all"] == "all outcomes are the same"
    assert found.undefined["recall.control"] == "there is no positive outcome"
    assert "roc_auc.all" not in by_key(found.measurements)


def test_true_and_false_are_outcomes_as_well() -> None:
    assert _small(outcome=[value == 1 for value in (1, 0, 1, 0, 1, 0, 0, 1)]).measurements == _small().measurements


def test_repeated_labels_and_unknown_metrics_are_refused() -> None:
    predictions = _predictions([WEEK_1] * 2, [0.1, 0.9], [False] * 2)
    labels = _labels(predictions, [0, 1], [False] * 2)
    with pytest.raises(MetricInputWrong, match="labels has 3 rows for 2 predictions"):
        performance_measurements(
            OCCASION,
            predictions,
            pa.concat_tables([labels, labels.slice(0, 1)]),
            metrics=(),
            rule=RULE,
        )
    with pytest.raises(MetricUnknown):
        performance_measurements(OCCASION, predictions, labels, metrics=("gini",), rule=RULE)


def test_one_entity_in_several_batches_is_one_entity() -> None:
    predictions = _predictions([WEEK_1] * 3 + [WEEK_2] * 3, [0.1, 0.9, 0.8] * 2, [False] * 6)
    predictions = predictions.set_column(0, "entity", pa.array(["a", "b", "c"] * 2))
    labels = _labels(predictions, [0, 1, 0] * 2, [False] * 6)
    found = performance_measurements(OCCASION, predictions, labels, metrics=(), rule=RULE)
    assert by_key(found.measurements)["accuracy.all"].n == 3


def test_a_programme_that_works_lowers_accuracy_on_all_and_not_on_control() -> None:
    rng = np.random.default_rng(8)
    probability = rng.random(6000)
    control = rng.random(6000) < 0.15
    treated = (probability >= 0.5) & ~control
    outcome = (rng.random(6000) < np.where(treated, 0.4 * probability, probability)).astype(int)
    predictions = _predictions([WEEK_1] * 6000, probability, control)
    found = performance_measurements(
        OCCASION, predictions, _labels(predictions, outcome, treated), metrics=(), rule=RULE
    )
    seen = by_key(found.measurements)
    assert seen["accuracy.all"].high < 0.6
    assert seen["accuracy.control"].low > 0.7


def _version(rng: np.random.Generator, noise: float, trait: Any) -> Any:
    return 1 / (1 + np.exp(-trait - noise * rng.normal(size=len(trait))))


@pytest.mark.parametrize(("metric", "turned"), [("roc_auc", False), ("brier", False), ("accuracy", True)])
def test_a_retrain_that_helped_has_a_positive_gain(metric: str, turned: bool) -> None:
    rng = np.random.default_rng(9)
    trait, entity = rng.normal(size=1500), np.arange(1500)
    outcome = (rng.random(1500) < 1 / (1 + np.exp(-trait))).astype(float)
    old, new = (Sample.of(outcome, _version(rng, noise, trait), rule=RULE, entity=entity) for noise in (3.0, 0.1))
    gain = helped(OCCASION, metric, *((new, old) if turned else (old, new)))
    assert (gain.metric, gain.segment) == ("retrain_gain", "control")
    assert gain.low <= gain.value <= gain.high
    assert gain.high < 0 if turned else gain.low > 0
    difference = measure(metric, outcome, new.answer, rule=RULE).value
    difference -= measure(metric, outcome, old.answer, rule=RULE).value
    assert abs(gain.value) == pytest.approx(abs(difference))


def test_a_share_of_outcomes_cannot_gain() -> None:
    same = Sample.of([0, 1], [0.2, 0.8], rule=RULE)
    with pytest.raises(MetricUndefined, match="neither more nor less"):
        helped(OCCASION, "positive_ratio", same, same)
