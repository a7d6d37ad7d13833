"""Which kind of model a file holds, without loading it."""

import io
import zipfile

import numpy as np
import pytest
import skops.io
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression, PoissonRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from copml.errors import ModelUnreadable
from copml.models import model_family

GENERATOR = np.random.default_rng(0)
ROWS = GENERATOR.normal(size=(60, 3))
LABELS = (ROWS[:, 0] > 0).astype(int)
LINEAR = LogisticRegression()


@pytest.mark.parametrize(
    ("estimator", "name", "family"),
    [
        (LogisticRegression(), "LogisticRegression", "linear"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "LogisticRegression", "linear"),
        (make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), GaussianNB())), "GaussianNB", "other"),
        (HistGradientBoostingClassifier(max_iter=2), "HistGradientBoostingClassifier", "trees"),
        (RandomForestClassifier(n_estimators=2), "RandomForestClassifier", "trees"),
        (make_pipeline(StandardScaler(), PoissonRegressor()), "PoissonRegressor", "linear"),
        (ExtraTreesRegressor(n_estimators=2), "ExtraTreesRegressor", "trees"),
        (CalibratedClassifierCV(LINEAR), "CalibratedClassifierCV", "other"),
        (VotingClassifier([("a", LINEAR)], voting="soft"), "VotingClassifier", "other"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_last_estimator_tells(estimator: object, name: str, family: str) -> None:
    file = skops.io.dumps(estimator.fit(ROWS, LABELS))  # type: ignore[attr-defined]
    assert model_family(file) == (name, family)


def zipped(content: bytes, name: str = "schema.json") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"pickle",
        zipped(b"{}"),
        zipped(b"[1]"),
        zipped(b"{"),
        zipped(b"{}", "other"),
        zipped(b'{"__class__": "Pipeline"}'),
    ],
    ids=range(7),
)
def test_what_is_no_model_is_refused(file: bytes) -> None:
    with pytest.raises(ModelUnreadable, match="its types cannot be read"):
        model_family(file)
