"""What `train` may return besides estimators, each dressed as one by a file of its own.

Invariant: a library is imported only by the file that dresses its models; a model of a library is recognised without
importing that library, because whoever made the model has.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from sklearn.base import BaseEstimator

from copml.errors import LibraryMissing, ModelUntrusted
from copml.models.direct import Direct, Problem

_DRESSES = {
    ("xgboost", "Booster"): "boosters",
    ("lightgbm", "Booster"): "boosters",
    ("onnx", "ModelProto"): "onnx_graph",
    ("torch.nn", "Module"): "torch_module",
}
"""Library and type → the file that dresses it, with a function `dress(model, problem)`."""


def as_estimator(model: Any, problem: Problem, *, pickle: bool = False) -> Any:
    """What `train` returned, or a file held, as an estimator; what cannot be one is given back as it is.

    `pickle`: whether models are allowed that can be kept as pickles only.

    Raises:
        ModelUntrusted: for a function or an object of the project's own, where pickles are not allowed.
        ModelUnusable: when its inputs or answers are not the problem's.
        ModelFileRefused: for an ONNX graph with data or operators from elsewhere.
        LibraryMissing: when its library is not installed.
    """
    if isinstance(model, BaseEstimator | type):
        return model
    if dress := _dress_of(model):
        return dress(model, problem)
    if not callable(model) and not hasattr(model, "predict"):
        return model
    if not pickle:
        raise ModelUntrusted([f"{type(model).__module__}.{type(model).__qualname__}"], "what train returned")
    return load_part("own_object").dress(model, problem)


def plain(estimator: Any) -> Any:
    """What an estimator was before it was dressed."""
    return estimator.model if isinstance(estimator, Direct) else estimator


def _dress_of(model: Any) -> Callable[[Any, Problem], Any] | None:
    if isinstance(model, bytes | bytearray):
        return load_part("onnx_graph").dress  # type: ignore[no-any-return]
    for (library, name), file in _DRESSES.items():
        kind = getattr(sys.modules.get(library), name, None)
        if kind is not None and isinstance(model, kind):
            return load_part(file).dress  # type: ignore[no-any-return]
    return None


def load_part(file: str) -> Any:
    """A file of this folder, with the library that it needs.

    Raises:
        LibraryMissing: when that is not installed.
    """
    try:
        return import_module(f"{__name__}.{file}")
    except ModuleNotFoundError as error:
        raise LibraryMissing(str(error.name)) from error
