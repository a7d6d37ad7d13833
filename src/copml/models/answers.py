"""How an estimator answers, by the kind of its problem.

Invariant: one row gets one finite number, or one for each class in the order of the project's classes; a class that an
estimator has never seen has the probability 0.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from copml.errors import ModelUnusable
from copml.records import ProblemKind

Floats = NDArray[np.float64]
Answer = Callable[[Any, Any], Floats]
"""From an estimator and rows as it takes them to its answers: shape (rows,), or (rows, classes) for multiclass."""

NUMBERS = (ProblemKind.REGRESSION, ProblemKind.RANKING)
"""The kinds whose answers are numbers of any size; those of the others are probabilities."""


def answer_of(kind: ProblemKind, classes: Sequence[str] = ()) -> Answer:
    """How estimators of a kind answer. `classes`: all classes of a multiclass problem."""
    match kind:
        case ProblemKind.BINARY:
            return positive
        case ProblemKind.MULTICLASS:
            return lambda estimator, rows: _spread(estimator, rows, classes)
        case ProblemKind.REGRESSION:
            return lambda estimator, rows: _flat(estimator.predict(rows))
        case ProblemKind.RANKING:
            return _score


def empty(kind: ProblemKind, classes: Sequence[str] = ()) -> Floats:
    """The answers to no rows."""
    return np.zeros((0, len(classes)) if kind is ProblemKind.MULTICLASS else 0)


def positive(estimator: Any, rows: Any) -> Floats:
    """The probability of class 1."""
    column = list(estimator.classes_).index(1)
    return np.ascontiguousarray(estimator.predict_proba(rows)[:, column], dtype=np.float64)


def class_names(found: Sequence[Any], classes: Sequence[str], model: str) -> list[str]:
    """What the answers of a multiclass model are about: the names that it knows, or places among `classes`.

    A library that takes numbers only (XGBoost) has the classes 0, 1, 2, …: those are places, unless they are names.

    Raises:
        ModelUnusable: when it knows a class that the problem has not.
    """
    names = [str(name) for name in found]
    if names == [str(place) for place in range(len(classes))] and not set(names) <= set(classes):
        return list(classes)
    if unknown := sorted(set(names) - set(classes)):
        raise ModelUnusable(model, f"its classes {', '.join(unknown)} are none of {', '.join(classes)}")
    return names


def _spread(estimator: Any, rows: Any, classes: Sequence[str]) -> Floats:
    chances = np.asarray(estimator.predict_proba(rows), dtype=np.float64)
    found = np.zeros((len(chances), len(classes)))
    for column, name in enumerate(class_names(estimator.classes_, classes, type(estimator).__name__)):
        found[:, classes.index(name)] = chances[:, column]
    return found


def _score(estimator: Any, rows: Any) -> Floats:
    """Higher comes first: the probability where there is one, else the score that the estimator decides by."""
    if hasattr(estimator, "predict_proba"):
        return positive(estimator, rows)
    if hasattr(estimator, "decision_function"):
        return _flat(estimator.decision_function(rows))
    return _flat(estimator.predict(rows))


def _flat(values: Any) -> Floats:
    return np.ascontiguousarray(np.ravel(values), dtype=np.float64)
