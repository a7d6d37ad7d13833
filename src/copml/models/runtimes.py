"""What predicts: the fitted estimator itself, or one of two faster ways to the same numbers.

Invariant: `ESTIMATOR` is scikit-learn's own answer; `ENCODED` gives the same bits; `LINEAR` differs from it in
the last bits only, and does not depend on batch mates. Which one serves a model is decided once, by `parity` at
training, and kept with it.
"""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from scipy.special import expit
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    Ridge,
)
from sklearn.pipeline import Pipeline

from copml.models.answers import Answer, Floats, answer_of, empty
from copml.models.columns import Rows, arrow, to_frame
from copml.models.encoding import ColumnEncoder, Encoded
from copml.models.linear import linear_sum
from copml.models.trusted import LIBRARIES
from copml.records import ProblemKind

Predict = Callable[[pa.Table], Floats]
ESTIMATOR, ENCODED, LINEAR = "estimator", "encoded", "linear"
_LINKS: dict[ProblemKind, tuple[tuple[type, ...], Callable[[Floats], Floats]]] = {
    ProblemKind.BINARY: ((LogisticRegression, LogisticRegressionCV), expit),
    ProblemKind.RANKING: ((LogisticRegression, LogisticRegressionCV), expit),
    ProblemKind.REGRESSION: ((LinearRegression, Ridge, Lasso, ElasticNet), lambda total: total),
}
"""The linear models of each kind, and how their sum becomes their answer."""


class Model(Protocol):
    """A model that was trained on `columns`."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The feature columns, in the order of training."""
        ...

    @property
    def kind(self) -> ProblemKind:
        """What it predicts."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of a multiclass model, in the order of its answers; else empty."""
        ...

    def predict(self, rows: Rows) -> Floats:
        """The answer to each row; other columns are ignored, their order does not matter.

        Binary: probability of yes; regression: the number; ranking: the score; each of shape (rows,). Multiclass:
        probabilities of shape (rows, classes).

        Raises:
            ModelColumnsMissing: when a column that it was trained on is not there.
        """
        ...


class RuntimeModel:
    """A model served by one of the runtimes."""

    def __init__(self, predict: Predict, columns: tuple[str, ...], kind: ProblemKind, classes: tuple[str, ...]) -> None:
        self._predict, self._columns, self._kind, self._classes = predict, columns, kind, classes

    @property
    def columns(self) -> tuple[str, ...]:
        """The feature columns, in the order of training."""
        return self._columns

    @property
    def kind(self) -> ProblemKind:
        """What it predicts."""
        return self._kind

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of a multiclass model, in the order of its answers; else empty."""
        return self._classes

    def predict(self, rows: Rows) -> Floats:
        """The answer to each row, shape (rows,), or (rows, classes) for a multiclass model.

        Raises:
            ModelColumnsMissing: when a column that it was trained on is not there.
        """
        table = arrow(rows, self._columns)
        return self._predict(table) if table.num_rows else empty(self._kind, self._classes)


def runtimes(
    estimator: Any, columns: dict[str, str], kind: ProblemKind = ProblemKind.BINARY, classes: tuple[str, ...] = ()
) -> dict[str, Predict]:
    """The runtimes that a fitted estimator could have, the fastest first; the estimator itself is always the last.

    `columns`: name → number or text; `classes`: those of a multiclass problem.
    """
    found: dict[str, Predict] = {}
    answer = answer_of(kind, classes)
    encoder, rest = _split(estimator, columns)
    if (final := _linear(estimator, kind)) is not None:
        found[LINEAR] = _linear_runtime(encoder, rest, final, _LINKS[kind][1])
    if encoder is not None:
        found[ENCODED] = _encoded_runtime(encoder, rest, answer)
    found[ESTIMATOR] = lambda table: answer(estimator, to_frame(table))
    return found


def one_thread(estimator: Any) -> Any:
    """Have every part predict in one thread: with more, sums are taken in another order from run to run."""
    if not hasattr(estimator, "set_params"):
        return estimator  # what has no parameters was made for one thread
    known = estimator.get_params()
    asked = {
        name: value
        for name, value in known.items()
        if name.split("__")[-1] == "n_jobs" and (value is not None or _is_greedy(known, name, estimator))
    }
    return estimator.set_params(**dict.fromkeys(asked, 1))


def _is_greedy(known: dict[str, Any], name: str, estimator: Any) -> bool:
    """Whether the part that a parameter is of takes all cores when it is told nothing."""
    part = known.get(name.rpartition("__")[0], estimator)
    return type(part).__module__.partition(".")[0] in LIBRARIES


def _encoded_runtime(encoder: ColumnEncoder, rest: Any, answer: Answer) -> Predict:
    return lambda table: answer(rest, encoder.matrix(table))


def _split(estimator: Any, kind: dict[str, str]) -> tuple[ColumnEncoder | None, Any]:
    """The encoder of a pipeline's first step, and what follows it; no encoder if what follows wants named columns."""
    if not isinstance(estimator, Pipeline) or len(estimator.steps) < 2:
        return None, estimator
    encoder = ColumnEncoder.of(estimator.steps[0][1], kind)
    rest = estimator.steps[1][1] if len(estimator.steps) == 2 else estimator[1:]
    if encoder is None or hasattr(estimator.steps[1][1], "feature_names_in_"):
        return None, estimator
    return encoder, rest


def _linear(estimator: Any, kind: ProblemKind) -> Any:
    """The linear model with one sum at the end of the estimator, or None."""
    final = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    if kind not in _LINKS or type(final) not in _LINKS[kind][0]:
        return None
    return final if np.atleast_2d(final.coef_).shape[0] == 1 else None


def _linear_runtime(encoder: ColumnEncoder | None, rest: Any, final: Any, link: Callable[[Floats], Floats]) -> Predict:
    weights = np.ascontiguousarray(np.ravel(final.coef_), dtype=np.float64)
    intercept = float(np.ravel(final.intercept_)[0])

    def blocks(table: pa.Table) -> Any:
        if encoder is not None and rest is final:
            return encoder.encode(table)
        given = to_frame(table) if encoder is None else encoder.matrix(table)
        return [Encoded.of(given if rest is final else rest[:-1].transform(given))]

    return lambda table: np.asarray(link(linear_sum(blocks(table), weights, intercept, table.num_rows)))
