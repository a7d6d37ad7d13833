"""Dress a model that is no estimator as one: a booster, an ONNX graph, a function.

Invariant: whoever asks sees an estimator of the project's kind: named columns in, `classes_` and `predict_proba` for
probabilities, `predict` for numbers. An answer of the wrong shape, or a probability outside 0..1, is an error and never
passed on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.base import BaseEstimator

from copml.errors import ModelUnusable
from copml.models.answers import Floats, class_names
from copml.models.columns import to_frame
from copml.records import ProblemKind

Answering = Callable[[pd.DataFrame], Any]
# What single precision loses when a thousand classes are summed, and when the trees of one are.
SUM_DIFFERENCE_MAX = 1e-3
ROUNDING_MAX = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a model is for. `classes`: of a multiclass problem, in the project's order; `columns`: the features."""

    kind: ProblemKind
    classes: tuple[str, ...]
    columns: tuple[str, ...]


class Original(Protocol):
    """What another model was made from."""

    def check(self, answer: Any, rows: pd.DataFrame) -> None:
        """Compare an answer to rows with its own."""
        ...

    def write(self, folder: Path) -> None:
        """Keep it for people; it is not served."""
        ...


class Direct(BaseEstimator):  # type: ignore[misc]
    """A model with the function by which it answers; `columns` are those that it takes."""

    original: Original | None = None
    """What the model was made from, if it was."""

    def __init__(self, model: Any, answer: Answering, columns: Sequence[str]) -> None:
        self.model, self.answer, self.columns = model, answer, columns

    @property
    def feature_names_in_(self) -> list[str]:
        """The columns that it takes, as scikit-learn's estimators name theirs."""
        return list(self.columns)

    def keep_beside(self, folder: Path, rows: pa.Table) -> None:
        """Compare with what it was made from, on rows that it was not trained on, and keep that beside the model.

        Raises:
            ModelUnusable: when it answers otherwise.
        """
        if self.original is not None and len(rows):
            frame = to_frame(rows)
            self.original.check(self.answer(frame[list(self.columns)]), frame)
            self.original.write(folder)

    def fit(self, *_: Any) -> "Direct":
        """What makes scikit-learn take it for an estimator; it has learnt before.

        Raises:
            ModelUnusable: always.
        """
        raise ModelUnusable(_name(self.model), "it was trained before, and is not trained again")

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def answers(self, rows: pd.DataFrame, *widths: int) -> Floats:
        """Finite numbers of shape (rows, width) for one of the widths; a width of 1 may come flat.

        Raises:
            ModelUnusable: when the answer is something else.
        """
        given = np.asarray(self.answer(rows[list(self.columns)]), dtype=np.float64)
        found = given.reshape(-1, 1) if given.ndim == 1 else given
        if found.shape not in [(len(rows), width) for width in widths]:
            raise ModelUnusable(_name(self.model), f"it gives numbers of shape {given.shape} for {len(rows)} rows")
        if not np.isfinite(found).all():
            raise ModelUnusable(_name(self.model), "it gives NaN or infinity for some rows")
        return found


class DirectClassifier(Direct):
    """Answers with probabilities. `classes`: 0 and 1, or the names of the classes, in the order of the answers."""

    def __init__(self, model: Any, answer: Answering, columns: Sequence[str], classes: Sequence[Any]) -> None:
        super().__init__(model, answer, columns)
        self.classes = classes

    @property
    def classes_(self) -> np.ndarray:
        """The classes, in the order of the answers."""
        return np.asarray(self.classes)

    def predict_proba(self, rows: pd.DataFrame) -> Floats:
        """Probabilities, shape (rows, classes); of two classes the model may give the second one alone.

        Raises:
            ModelUnusable: when the model gives anything else.
        """
        count = len(self.classes)
        chances = self.answers(rows, count, 1) if count == 2 else self.answers(rows, count)
        within = np.clip(chances, 0, 1)
        beyond = np.abs(chances - within)
        if beyond.max(initial=0) > ROUNDING_MAX:
            worst = chances.ravel()[beyond.argmax()]
            raise ModelUnusable(_name(self.model), f"it gives {worst:.6g}, which is no probability; {_END}")
        chances = within
        if chances.shape[1] == 1 < count:
            return np.hstack([1 - chances, chances])
        if np.abs(chances.sum(axis=1) - 1).max(initial=0) > SUM_DIFFERENCE_MAX:
            raise ModelUnusable(_name(self.model), f"the probabilities of a row do not add up to 1; {_END}")
        return chances

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """The most probable class of each row."""
        return np.asarray(self.classes_[self.predict_proba(rows).argmax(axis=1)])


class DirectNumbers(Direct):
    """Answers with numbers of any size."""

    def predict(self, rows: pd.DataFrame) -> Floats:
        """The number for each row, shape (rows,)."""
        return self.answers(rows, 1).ravel()


_END = "let it end with a sigmoid, a softmax, or an objective that gives probabilities"


def dressed(
    model: Any, answer: Answering, problem: Problem, columns: Sequence[str], classes: Sequence[Any] = ()
) -> Direct:
    """The model as an estimator of the problem. `classes`: their order in the answers, if the model says it.

    Raises:
        ModelUnusable: when its classes are none of the problem's.
    """
    match problem.kind:
        case ProblemKind.BINARY:
            return DirectClassifier(model, answer, columns, _binary(model, classes))
        case ProblemKind.MULTICLASS:
            names = class_names(classes or problem.classes, problem.classes, _name(model))
            return DirectClassifier(model, answer, columns, names)
        case ProblemKind.REGRESSION | ProblemKind.RANKING:
            return DirectNumbers(model, answer, columns)


def _binary(model: Any, classes: Sequence[Any]) -> list[int]:
    if classes and [str(name) for name in classes] != ["0", "1"]:
        raise ModelUnusable(_name(model), f"its classes are {_listed(classes)}, and a yes-or-no outcome is 0 or 1")
    return [0, 1]


def matrix(rows: pd.DataFrame, model: Any) -> Floats:
    """Rows of numbers as one matrix, missing as NaN.

    Raises:
        ModelUnusable: when a column is text.
    """
    if texts := [str(name) for name, kind in rows.dtypes.items() if kind.kind != "f"]:
        reason = f"it takes numbers, and {_listed(texts)} is text; encode it in `build`, or put it behind a pipeline"
        raise ModelUnusable(_name(model), reason)
    return rows.to_numpy(dtype=np.float64)


def _name(model: Any) -> str:
    own = str(getattr(model, "__name__", type(model).__name__))
    return {"ModelProto": "ONNX model"}.get(own, own)


def _listed(names: Sequence[Any]) -> str:
    return ", ".join(str(name) for name in names)
