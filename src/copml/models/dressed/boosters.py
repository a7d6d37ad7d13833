"""Boosters of XGBoost and LightGBM without their estimators.

Invariant: a booster predicts as it does by itself, with all its rounds, in one thread. Its objective must give the
answers of the problem: probabilities, or numbers.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pandas as pd

from copml.errors import LibraryMissing, ModelUnreadable, ModelUnusable
from copml.models.columns import matching
from copml.models.direct import Answering, Direct, Problem, dressed, matrix


def dress(booster: Any, problem: Problem) -> Direct:
    """A booster as an estimator.

    Raises:
        ModelUnusable: when it was not trained on columns of numbers of the problem.
    """
    is_xgboost = type(booster).__module__.startswith("xgboost")
    has_categories = "c" in (booster.feature_types or ()) if is_xgboost else bool(booster.pandas_categorical)
    if has_categories:
        raise ModelUnusable("Booster", "it was trained on columns of pandas categories; encode them as numbers instead")
    names = booster.feature_names if is_xgboost else booster.feature_name()
    count = booster.num_features() if is_xgboost else booster.num_feature()
    columns = _columns(names, count, problem)
    return dressed(booster, (_xgboost if is_xgboost else _lightgbm)(booster, names), problem, columns)


def read_file(path: Path, library: str) -> Any:
    """The booster in a file of the library's own format.

    Raises:
        LibraryMissing: when the library is not installed.
        ModelUnreadable: when the file is damaged.
    """
    try:
        module = import_module(library)
    except ModuleNotFoundError as error:
        raise LibraryMissing(library) from error
    failure = module.core.XGBoostError if library == "xgboost" else module.basic.LightGBMError
    try:
        return module.Booster(model_file=str(path))
    except failure as error:
        raise ModelUnreadable(f"{path.name}: {str(error).splitlines()[0][:300]}") from error


def _columns(names: list[str] | None, count: int, problem: Problem) -> list[str]:
    """Its own names, or all columns if it was trained on as many without names."""
    if names and set(found := matching(names, problem.columns)) <= set(problem.columns):
        return found
    if count == len(problem.columns) and (names is None or names == [f"Column_{place}" for place in range(count)]):
        return list(problem.columns)
    known = ", ".join(names) if names else f"{count} columns without names"
    raise ModelUnusable("Booster", f"it was trained on {known}, and the features are {', '.join(problem.columns)}")


def _xgboost(booster: Any, names: list[str] | None) -> Answering:
    xgboost: Any = sys.modules["xgboost"]

    def answer(rows: pd.DataFrame) -> Any:
        return booster.predict(xgboost.DMatrix(matrix(rows, booster), feature_names=names, nthread=1))

    return answer


def _lightgbm(booster: Any, _: list[str] | None) -> Answering:
    return lambda rows: booster.predict(matrix(rows, booster), num_threads=1)
