"""What predicts: the fitted estimator itself, or one of two faster ways to the same numbers.

Invariant: `ESTIMATOR` is scikit-learn's own `predict_proba`; `ENCODED` gives the same bits; `LINEAR` differs from it in
the last bits only, and does not depend on batch mates. Which one serves a model is decided once, by `parity` at
training, and kept with it.
"""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.pipeline import Pipeline

from copml.models.columns import Rows, arrow, to_frame
from copml.models.encoding import ColumnEncoder, Encoded
from copml.models.linear import linear_sum

Floats = NDArray[np.float64]
Predict = Callable[[pa.Table], Floats]
ESTIMATOR, ENCODED, LINEAR = "estimator", "encoded", "linear"


class Model(Protocol):
    """A model that was trained on `columns`."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The feature columns, in the order of training."""
        ...

    def predict(self, rows: Rows) -> Floats:
        """Probability of the positive class, shape (rows,). Other columns are ignored, their order does not matter.

        Raises:
            ModelColumnsMissing: when a column that it was trained on is not there.
        """
        ...


class RuntimeModel:
    """A model served by one of the runtimes."""

    def __init__(self, predict: Predict, columns: tuple[str, ...]) -> None:
        self._predict, self._columns = predict, columns

    @property
    def columns(self) -> tuple[str, ...]:
        """The feature columns, in the order of training."""
        return self._columns

    def predict(self, rows: Rows) -> Floats:
        """Probability of the positive class, shape (rows,).

        Raises:
            ModelColumnsMissing: when a column that it was trained on is not there.
        """
        table = arrow(rows, self._columns)
        return self._predict(table) if table.num_rows else np.zeros(0)


def runtimes(estimator: Any, kind: dict[str, str]) -> dict[str, Predict]:
    """The runtimes that a fitted estimator could have, the fastest first; the estimator itself is always the last."""
    found: dict[str, Predict] = {}
    encoder, rest = _split(estimator, kind)
    if (final := _linear(estimator)) is not None:
        found[LINEAR] = _linear_runtime(encoder, rest, final)
    if encoder is not None:
        found[ENCODED] = lambda table: _positive(rest, encoder.matrix(table))
    found[ESTIMATOR] = lambda table: _positive(estimator, to_frame(table))
    return found


def _split(estimator: Any, kind: dict[str, str]) -> tuple[ColumnEncoder | None, Any]:
    """The encoder of a pipeline's first step, and what follows it; no encoder if what follows wants named columns."""
    if not isinstance(estimator, Pipeline) or len(estimator.steps) < 2:
        return None, estimator
    encoder = ColumnEncoder.of(estimator.steps[0][1], kind)
    rest = estimator.steps[1][1] if len(estimator.steps) == 2 else estimator[1:]
    if encoder is None or hasattr(estimator.steps[1][1], "feature_names_in_"):
        return None, estimator
    return encoder, rest


def _linear(estimator: Any) -> Any:
    """The logistic regression at the end of the estimator, or None."""
    final = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    return final if type(final) in (LogisticRegression, LogisticRegressionCV) and final.coef_.shape[0] == 1 else None


def _linear_runtime(encoder: ColumnEncoder | None, rest: Any, final: Any) -> Predict:
    weights = np.ascontiguousarray(final.coef_[0], dtype=np.float64)
    intercept = float(np.ravel(final.intercept_)[0])

    def blocks(table: pa.Table) -> Any:
        if encoder is not None and rest is final:
            return encoder.encode(table)
        given = to_frame(table) if encoder is None else encoder.matrix(table)
        return [Encoded.of(given if rest is final else rest[:-1].transform(given))]

    return lambda table: np.asarray(expit(linear_sum(blocks(table), weights, intercept, table.num_rows)))


def _positive(estimator: Any, rows: Any) -> Floats:
    """The probability of class 1."""
    column = list(estimator.classes_).index(1)
    return np.ascontiguousarray(estimator.predict_proba(rows)[:, column], dtype=np.float64)
