"""The metric by which a project's model is judged on the pages, and how its figures are written.

Invariant: one metric for each kind of problem, the same that tells whether a retrain helped.
"""

from collections.abc import Callable
from dataclasses import dataclass

from copml.conformance import Evidence
from copml.conformance.words import number, points, share
from copml.spec.vocabulary import FIRST_METRIC

_NAMES = {"accuracy": "Accuracy", "mae": "Mean absolute error", "roc_auc": "Area under the ROC curve"}
_DIGITS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """`form` writes a value, `step` a difference; `axis` is d3's format of both."""

    metric: str
    name: str
    form: Callable[[float], str]
    step: Callable[[float], str]
    axis: str


def judged_by(evidence: Evidence) -> Judged:
    """What the model of a project is judged by."""
    metric = FIRST_METRIC[evidence.project.rule.kind]
    if metric == "accuracy":
        return Judged(metric=metric, name=_NAMES[metric], form=share, step=points, axis=".0%")
    return Judged(metric=metric, name=_NAMES[metric], form=_plain, step=_plain, axis=".3~g")


def _plain(value: float) -> str:
    return number(value, _DIGITS)
