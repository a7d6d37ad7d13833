"""The metrics by name, and how to measure them.

Invariant: a metric is one line here and one function that returns an `Estimate`; intervals are none of its business.
Windows, segments and thresholds of alarm are left to `monitoring`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import ArrayLike

from copml.errors import MetricUndefined, MetricUnknown
from copml.metrics import classes, decisions, probabilities, ranking, regression
from copml.metrics.estimate import Estimate, interval
from copml.metrics.sample import Sample
from copml.records import DecisionRule, Interval, ProblemKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """How to estimate a metric, and which direction is better; None where the metric only describes the rows."""

    estimate: Callable[[Sample], Estimate]
    better: Literal["higher", "lower"] | None


_ORDER = {
    "roc_auc": Metric(estimate=ranking.roc_auc, better="higher"),
    "average_precision": Metric(estimate=ranking.average_precision, better="higher"),
}
_SHARES = {
    "positive_ratio": Metric(estimate=decisions.positive_ratio, better=None),
    "decided_ratio": Metric(estimate=decisions.decided_ratio, better=None),
}
METRICS: dict[ProblemKind, dict[str, Metric]] = {
    ProblemKind.BINARY: {
        "accuracy": Metric(estimate=decisions.accuracy, better="higher"),
        **_ORDER,
        "balanced_accuracy": Metric(estimate=decisions.balanced_accuracy, better="higher"),
        "f1": Metric(estimate=decisions.f1, better="higher"),
        "recall": Metric(estimate=decisions.recall, better="higher"),
        "specificity": Metric(estimate=decisions.specificity, better="higher"),
        "precision": Metric(estimate=decisions.precision, better="higher"),
        "brier": Metric(estimate=probabilities.brier, better="lower"),
        "log_loss": Metric(estimate=probabilities.log_loss, better="lower"),
        "calibration_error": Metric(estimate=probabilities.calibration_error, better="lower"),
        "majority_accuracy": Metric(estimate=decisions.majority_accuracy, better=None),
        **_SHARES,
    },
    ProblemKind.MULTICLASS: {
        "accuracy": Metric(estimate=classes.accuracy, better="higher"),
        "balanced_accuracy": Metric(estimate=classes.balanced_accuracy, better="higher"),
        "f1_macro": Metric(estimate=classes.f1_macro, better="higher"),
        "roc_auc_ovr": Metric(estimate=classes.roc_auc_ovr, better="higher"),
        "brier": Metric(estimate=classes.brier, better="lower"),
        "log_loss": Metric(estimate=classes.log_loss, better="lower"),
        "calibration_error": Metric(estimate=classes.calibration_error, better="lower"),
        "majority_accuracy": Metric(estimate=classes.majority_accuracy, better=None),
        "decided_ratio": Metric(estimate=decisions.decided_ratio, better=None),
    },
    ProblemKind.REGRESSION: {
        "mae": Metric(estimate=regression.mae, better="lower"),
        "rmse": Metric(estimate=regression.rmse, better="lower"),
        "r2": Metric(estimate=regression.r2, better="higher"),
        "wape": Metric(estimate=regression.wape, better="lower"),
        "bias": Metric(estimate=regression.bias, better=None),
        "naive_mae": Metric(estimate=regression.naive_mae, better=None),
        "outcome_mean": Metric(estimate=regression.outcome_mean, better=None),
        "decided_ratio": Metric(estimate=decisions.decided_ratio, better=None),
    },
    ProblemKind.RANKING: {
        **_ORDER,
        "precision": Metric(estimate=decisions.precision, better="higher"),
        "recall": Metric(estimate=decisions.recall, better="higher"),
        "lift": Metric(estimate=ranking.lift, better="higher"),
        **_SHARES,
    },
}
"""By the kind of problem and by name."""


def measure(
    name: str,
    outcome: ArrayLike,
    answer: ArrayLike,
    *,
    rule: DecisionRule,
    weight: ArrayLike | None = None,
    entity: Any = None,
) -> Interval:
    """One metric with its 95 % interval. Columns of shape (rows,); see `Sample.of`. `n` counts entities.

    >>> measure("accuracy", [1, 0, 1, 1], [0.9, 0.2, 0.4, 0.8], rule=DecisionRule(threshold=0.5)).value
    0.75

    Raises:
        MetricUnknown: for a name that is not in `METRICS` for this kind of problem.
        MetricInputWrong: for columns that `Sample.of` refuses.
        MetricUndefined: where the metric has no value on these rows, as the AUC of outcomes that are all the same.
    """
    metric = named(rule.kind, name)
    return _measured(metric, Sample.of(outcome, answer, rule=rule, weight=weight, entity=entity))


def measure_all(names: Iterable[str], sample: Sample) -> tuple[dict[str, Interval], dict[str, str]]:
    """Several metrics of the same rows: those that have a value, and the reason for each that has none.

    Raises:
        MetricUnknown: for a name that is not in `METRICS` for this kind of problem.
    """
    measured: dict[str, Interval] = {}
    undefined: dict[str, str] = {}
    for name in names:
        metric = named(sample.rule.kind, name)
        try:
            measured[name] = _measured(metric, sample)
        except MetricUndefined as reason:
            undefined[name] = reason.reason
    return measured, undefined


def named(kind: ProblemKind, name: str) -> Metric:
    """The metric of this name for a kind of problem.

    Raises:
        MetricUnknown: when there is none.
    """
    if name not in METRICS[kind]:
        raise MetricUnknown(name, list(METRICS[kind]))
    return METRICS[kind][name]


def _measured(metric: Metric, sample: Sample) -> Interval:
    return interval(metric.estimate(sample), sample.clusters)
