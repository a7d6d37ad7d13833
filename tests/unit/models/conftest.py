"""Small fitted models of the kinds that projects train."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from copml.models import save, to_frame

NUMBERS = ["a", "b", "senior"]
TEXTS = ["contract", "city", "pay"]


def make_rows(count: int, seed: int = 0) -> pa.Table:
    """Rows with missing numbers and texts, a rare text, booleans, integers."""
    draw = np.random.default_rng(seed)
    table = {
        "a": pa.array(draw.normal(50, 20, count), mask=draw.random(count) < 0.05),
        "b": pa.array(draw.integers(0, 72, count)),
        "senior": pa.array(draw.random(count) < 0.2),
        "contract": pa.array(draw.choice(["month", "one year", "two years"], count)),
        "city": pa.array(draw.choice([f"city {n}" for n in range(30)], count), mask=draw.random(count) < 0.05),
        "pay": pa.array(draw.choice(["card", "cheque"], count)),
    }
    return pa.table(table)


def outcome(rows: pa.Table) -> np.ndarray:
    frame = to_frame(rows)
    score = frame["b"] / 30 - (frame["contract"] == "month") - frame["a"].fillna(50) / 60
    return np.asarray(np.sin(np.arange(len(frame)) * 12.9898) * 1.5 + score < 0).astype(int)


def encoder(texts: Any | None = None) -> Any:
    texts = texts or OneHotEncoder(handle_unknown="ignore")
    return make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS), (texts, TEXTS)
    )


MODELS: dict[str, Callable[[], Any]] = {
    "logistic": lambda: make_pipeline(encoder(), LogisticRegression()),
    "logistic, dense": lambda: make_pipeline(
        encoder(OneHotEncoder(sparse_output=False, drop="first")), LogisticRegression()
    ),
    "logistic, scaled after": lambda: make_pipeline(encoder(), StandardScaler(with_mean=False), LogisticRegression()),
    "logistic, imputed": lambda: make_pipeline(
        encoder(make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(min_frequency=20))),
        LogisticRegressionCV(Cs=2, l1_ratios=(0.0,), use_legacy_attributes=False, scoring="neg_log_loss"),
    ),
    "logistic, selected": lambda: make_pipeline(
        make_column_transformer((SimpleImputer(), make_column_selector(dtype_include="number")), remainder="drop"),
        LogisticRegression(),
    ),
    "logistic, target": lambda: make_pipeline(encoder(TargetEncoder(cv=StratifiedKFold(3))), LogisticRegression()),
    "histogram boosting": lambda: make_pipeline(
        encoder(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)),
        HistGradientBoostingClassifier(max_iter=20, random_state=0),
    ),
    "boosting": lambda: make_pipeline(encoder(), GradientBoostingClassifier(n_estimators=10, random_state=0)),
    "forest": lambda: make_pipeline(encoder(), RandomForestClassifier(20, n_jobs=2, random_state=0)),
    "extra trees": lambda: make_pipeline(encoder(), ExtraTreesClassifier(10, random_state=0)),
    "calibrated": lambda: make_pipeline(
        encoder(), CalibratedClassifierCV(RandomForestClassifier(10, random_state=0), cv=2, method="isotonic")
    ),
    "pandas out": lambda: Pipeline(
        [
            ("columns", encoder(OneHotEncoder(sparse_output=False)).set_output(transform="pandas")),
            ("model", GaussianNB()),
        ]
    ),
    "components": lambda: make_pipeline(encoder(OneHotEncoder(sparse_output=False)), PCA(5), LogisticRegression()),
    "network": lambda: make_pipeline(
        encoder(), MLPClassifier((8,), max_iter=5, tol=10.0, n_iter_no_change=1, random_state=0)
    ),
    "neighbours": lambda: make_pipeline(encoder(OneHotEncoder(sparse_output=False)), KNeighborsClassifier(5)),
}
TRAINED_ON = make_rows(600)
HELD_OUT = make_rows(500, seed=1)


def fit(name: str) -> Any:
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return MODELS[name]().fit(to_frame(TRAINED_ON), outcome(TRAINED_ON))


@pytest.fixture(scope="session")
def fitted() -> Callable[[str], Any]:
    made: dict[str, Any] = {}

    def get(name: str) -> Any:
        if name not in made:
            made[name] = fit(name)
        return made[name]

    return get


@pytest.fixture(scope="session")
def saved(fitted: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a saved model; not to be changed."""
    root = tmp_path_factory.mktemp("saved")

    def get(name: str) -> Path:
        if not (root / name).exists():
            save(fitted(name), HELD_OUT, root / name)
        return root / name

    return get


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def fit_again() -> Callable[[str], Any]:
    return fit


@pytest.fixture(scope="session")
def held_out() -> pa.Table:
    return HELD_OUT


@pytest.fixture(scope="session")
def trained_on() -> pa.Table:
    return TRAINED_ON


@pytest.fixture(scope="session")
def encode() -> Callable[..., Any]:
    return encoder


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "every_model" in metafunc.fixturenames:
        metafunc.parametrize("every_model", list(MODELS))
