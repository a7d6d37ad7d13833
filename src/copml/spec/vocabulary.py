"""The names that conditions and the project file may use for what is measured.

Invariant: a metric has one name everywhere: project file, measurements, reports. Computing them is for `metrics`,
`monitoring` and `value`.
"""

MODEL_METRICS: dict[str, str] = {
    "accuracy": "share of decisions that were right",
    "balanced_accuracy": "mean of recall and specificity",
    "roc_auc": "probability that a positive is ranked above a negative",
    "average_precision": "area under the precision-recall curve",
    "precision": "share of positive decisions that were right",
    "recall": "share of positives that were found",
    "specificity": "share of negatives that were left alone",
    "f1": "harmonic mean of precision and recall",
    "brier": "mean squared error of the probability",
    "log_loss": "mean negative log-likelihood of the outcome",
    "calibration_error": "mean distance between probability and frequency, over bins",
    "majority_accuracy": "accuracy of always naming the more frequent outcome",
    "positive_ratio": "share of positive outcomes",
    "decided_ratio": "share of positive decisions",
}
"""Measured on a holdout before a model is approved, and in production once outcomes are mature."""

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
    if metric in MODEL_METRICS or metric == "retrain_gain":
        return frozenset({"all", "control"})
    return frozenset({"all", "pooled"}) if metric in MONEY else frozenset({"all"})
