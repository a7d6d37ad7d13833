"""The names that conditions and the project file may use for what is measured.

Invariant: a metric has one name everywhere: project file, measurements, reports. Computing them is for `metrics`,
`monitoring` and `value`.
"""

from copml.records import ProblemKind

_ORDER = {
    "roc_auc": "probability that a positive is ranked above a negative",
    "average_precision": "area under the precision-recall curve",
}
_DECIDED = {"decided_ratio": "share of positive decisions"}
_OF_YES = {
    "precision": "share of positive decisions that were right",
    "recall": "share of positives that were found",
    "positive_ratio": "share of positive outcomes",
}
_BINARY = {
    "accuracy": "share of decisions that were right",
    "balanced_accuracy": "mean of recall and specificity",
    **_ORDER,
    "specificity": "share of negatives that were left alone",
    "f1": "harmonic mean of precision and recall",
    "brier": "mean squared error of the probability",
    "log_loss": "mean negative log-likelihood of the outcome",
    "calibration_error": "mean distance between probability and frequency, over bins",
    "majority_accuracy": "accuracy of always naming the more frequent outcome",
    **_OF_YES,
    **_DECIDED,
}
_MULTICLASS = {
    "accuracy": "share of rows whose most probable class was right",
    "balanced_accuracy": "mean over classes of the share that was named right",
    "f1_macro": "mean over classes of the harmonic mean of precision and recall",
    "roc_auc_ovr": "mean over classes of the area under the ROC curve of one against the rest",
    "brier": "half the mean squared distance of the probabilities from what happened",
    "log_loss": _BINARY["log_loss"],
    "calibration_error": "mean distance between the named class's probability and how often it was right, over bins",
    "majority_accuracy": "accuracy of always naming the most frequent class",
    **_DECIDED,
}
_REGRESSION = {
    "mae": "mean absolute error, in the unit of the outcome",
    "rmse": "root of the mean squared error, in the unit of the outcome",
    "r2": "share of the outcome's variance that is explained",
    "wape": "sum of absolute errors by the sum of absolute outcomes",
    "bias": "mean of prediction less outcome",
    "naive_mae": "mean absolute error of always naming the median outcome",
    "outcome_mean": "mean of the outcomes",
    **_DECIDED,
}
_RANKING = {**_ORDER, "lift": "share of positives among those decided, by that among all", **_OF_YES, **_DECIDED}
MODEL_METRICS: dict[ProblemKind, dict[str, str]] = {
    ProblemKind.BINARY: _BINARY,
    ProblemKind.MULTICLASS: _MULTICLASS,
    ProblemKind.REGRESSION: _REGRESSION,
    ProblemKind.RANKING: _RANKING,
}
"""Measured on a holdout before a model is approved, and in production once outcomes are mature; by kind of problem."""

ANY_MODEL_METRICS: dict[str, str] = _RANKING | _REGRESSION | _MULTICLASS | _BINARY
"""Those of every kind."""

FIRST_METRIC: dict[ProblemKind, str] = {
    ProblemKind.BINARY: "accuracy",
    ProblemKind.MULTICLASS: "accuracy",
    ProblemKind.REGRESSION: "mae",
    ProblemKind.RANKING: "roc_auc",
}
"""What tells which of two models is better, where nobody says otherwise."""

NAIVE_METRIC: dict[ProblemKind, str | None] = {
    ProblemKind.BINARY: "majority_accuracy",
    ProblemKind.MULTICLASS: "majority_accuracy",
    ProblemKind.REGRESSION: "naive_mae",
    ProblemKind.RANKING: None,
}
"""What a model that knows nothing would have of it."""

METRICS_DEFAULT: dict[ProblemKind, tuple[str, ...]] = {
    ProblemKind.BINARY: ("accuracy", "roc_auc", "recall", "calibration_error"),
    ProblemKind.MULTICLASS: ("accuracy", "balanced_accuracy", "log_loss", "calibration_error"),
    ProblemKind.REGRESSION: ("mae", "rmse", "r2", "bias"),
    ProblemKind.RANKING: ("roc_auc", "average_precision", "precision", "lift"),
}
"""What is measured where a project file does not say."""

DESCRIBING = frozenset({"majority_accuracy", "positive_ratio", "decided_ratio", "bias", "naive_mae", "outcome_mean"})
"""Of these, no direction is better."""

COMPARED_BY: dict[ProblemKind, str] = {
    ProblemKind.BINARY: "roc_auc",
    ProblemKind.MULTICLASS: "log_loss",
    ProblemKind.REGRESSION: "mae",
    ProblemKind.RANKING: "roc_auc",
}
"""By what trials are compared where a project file does not say."""

OPERATION_METRICS: dict[str, str] = {
    "drift": "how many columns have drifted from the model's training data by more than `monitoring.drift`",
    "drift_max": "largest population stability index over the columns",
    "missing_ratio": "largest share of missing values over the columns",
    "quarantined_ratio": "share of rows that failed a check",
    "availability": "share of scheduled runs that were on time",
    "effect": "difference that treatment makes to the outcome, treated against control",
    "value": "what the avoided outcomes are worth",
    "cost": "treatments, infrastructure and people",
    "net_value": "value less cost",
    "return_on_investment": "net value by cost",
    "treated_ratio": "share of entities that were treated",
    "control_ratio": "share of entities in the control group",
    "retrain_gain": "what a retrained model gained over the one before it",
}
"""Measured in production only, whatever `monitoring.metrics` says."""

FLAGS = frozenset({"drift"})
"""Metrics that are a condition on their own: above 0."""

MONEY = frozenset({"effect", "value", "cost", "net_value", "return_on_investment"})
"""Measured for each window, and `pooled` over the newest twelve."""

BY_COLUMN = frozenset({"missing_ratio"})
"""Metrics whose segment may be a column."""


def segments(metric: str, kpi: str | None) -> frozenset[str]:
    """The parts of the entities that a metric is measured on; for one of `BY_COLUMN`, columns come on top."""
    if metric == kpi:
        return frozenset({"all", "control", "treated"})
    if metric in ANY_MODEL_METRICS or metric == "retrain_gain":
        return frozenset({"all", "control"})
    return frozenset({"all", "pooled"}) if metric in MONEY else frozenset({"all"})
