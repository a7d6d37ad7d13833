"""Functions and objects of a project's own.

Invariant: what has `predict_proba` or `predict` is asked by that, anything else is called with the rows. It is asked
with a DataFrame of all columns, and answers as an estimator does.
"""

from types import MethodType
from typing import Any

from copml.errors import ModelUnusable
from copml.models.answers import NUMBERS
from copml.models.direct import Direct, Problem, dressed


def dress(model: Any, problem: Problem) -> Direct:
    """A function or object as an estimator.

    Raises:
        ModelUnusable: for a bound method, whose object would be kept unseen.
    """
    if isinstance(model, MethodType):
        raise ModelUnusable(model.__qualname__, "it is a bound method; return its object, or a function")
    wanted = ("predict",) if problem.kind in NUMBERS else ("predict_proba", "predict")
    asked = next((getattr(model, name) for name in wanted if hasattr(model, name)), model)
    columns = getattr(model, "feature_names_in_", problem.columns)
    classes = getattr(model, "classes_", ())
    return dressed(model, asked, problem, [str(name) for name in columns], list(classes))
