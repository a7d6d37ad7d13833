"""Models of every kind of problem: kept, read, and their answers in the order that the project has."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge, TweedieRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder
from sklearn.svm import LinearSVC

from copml.models import Description, load, save, to_frame
from copml.models.description import FORMAT
from copml.records import ProblemKind

CLASSES = ("never seen", "high", "low", "middle")
Rows = pa.Table


def _numbers(rows: Rows) -> np.ndarray:
    frame = to_frame(rows)
    return np.asarray(1000 + 20 * frame["a"].fillna(50) + frame["b"])


def _names(rows: Rows) -> np.ndarray:
    return np.array(["low", "middle", "high"])[np.digitize(_numbers(rows), [1900, 2200])]


def _encoded(estimator: Any) -> Any:
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_pipeline(
        make_column_transformer((codes, ["contract", "city", "pay"]), remainder="passthrough"), estimator
    )


@pytest.mark.parametrize(
    "estimator",
    [HistGradientBoostingClassifier(max_iter=5), RandomForestClassifier(5, random_state=0), DummyClassifier()],
    ids=lambda estimator: type(estimator).__name__,
)
def test_a_multiclass_model_answers_in_the_order_of_the_project_and_never_what_it_has_not_seen(
    estimator: Any, trained_on: Rows, held_out: Rows, tmp_path: Path
) -> None:
    model = _encoded(estimator).fit(to_frame(trained_on), _names(trained_on))
    save(model, held_out, tmp_path / "m", kind=ProblemKind.MULTICLASS, classes=CLASSES)
    loaded = load(tmp_path / "m")
    chances = loaded.predict(held_out)
    assert (loaded.kind, loaded.classes) == (ProblemKind.MULTICLASS, CLASSES)
    assert chances.shape == (len(held_out), 4)
    assert (chances[:, 0] == 0).all()
    expected = model.predict_proba(to_frame(held_out))
    assert np.array_equal(chances[:, 1:], expected[:, [list(model.classes_).index(name) for name in CLASSES[1:]]])
    assert loaded.predict(held_out.slice(0, 0)).shape == (0, 4)


@pytest.mark.parametrize(
    "estimator",
    [
        HistGradientBoostingRegressor(max_iter=5),
        HistGradientBoostingRegressor(max_iter=5, loss="poisson"),
        HistGradientBoostingRegressor(max_iter=5, loss="absolute_error"),
        RandomForestRegressor(5, random_state=0),
    ],
    ids=str,
)
def test_a_regression_gives_the_numbers_of_its_estimator(
    estimator: Any, trained_on: Rows, held_out: Rows, tmp_path: Path
) -> None:
    model = _encoded(estimator).fit(to_frame(trained_on), _numbers(trained_on))
    save(model, held_out, tmp_path / "m", kind=ProblemKind.REGRESSION)
    assert np.array_equal(load(tmp_path / "m").predict(held_out), model.predict(to_frame(held_out)))


def test_a_linear_regression_is_served_row_by_row_and_agrees_with_its_estimator(
    trained_on: Rows, held_out: Rows, encode: Any, tmp_path: Path
) -> None:
    model = make_pipeline(encode(), Ridge()).fit(to_frame(trained_on), _numbers(trained_on))
    description = save(model, held_out, tmp_path / "m", kind=ProblemKind.REGRESSION)
    assert (description.runtime, description.batch_difference) == ("linear", 0.0)
    assert np.allclose(load(tmp_path / "m").predict(held_out), model.predict(to_frame(held_out)), rtol=1e-12)


def test_a_generalised_linear_model_is_not_mistaken_for_a_linear_one(
    trained_on: Rows, held_out: Rows, encode: Any, tmp_path: Path
) -> None:
    model = make_pipeline(encode(), TweedieRegressor(power=1)).fit(to_frame(trained_on), _numbers(trained_on))
    assert save(model, held_out, tmp_path / "m", kind=ProblemKind.REGRESSION).runtime != "linear"


def test_a_ranking_may_have_scores_of_any_size(trained_on: Rows, held_out: Rows, encode: Any, tmp_path: Path) -> None:
    target = (_numbers(trained_on) > 2000).astype(int)
    model = make_pipeline(encode(), LinearSVC()).fit(to_frame(trained_on), target)
    save(model, held_out, tmp_path / "m", kind=ProblemKind.RANKING)
    scores = load(tmp_path / "m").predict(held_out)
    assert np.array_equal(scores, model.decision_function(to_frame(held_out)))
    assert scores.min() < 0


def test_text_goes_into_a_model_as_text(tmp_path: Path) -> None:
    words = pa.table({"text": ["free prize now", "see you at home", "win a prize", "home at six"] * 20})
    model = make_pipeline(make_column_transformer((TfidfVectorizer(), "text")), LogisticRegression())
    model.fit(to_frame(words), [1, 0, 1, 0] * 20)
    save(model, words, tmp_path / "m")
    assert load(tmp_path / "m").predict(words).round().tolist() == [1, 0, 1, 0] * 20


def test_a_description_from_before_there_were_kinds_is_binary(fitted: Any, held_out: Rows, tmp_path: Path) -> None:
    save(fitted("logistic"), held_out, tmp_path / "m")
    text = (tmp_path / "m" / "model.json").read_text()
    assert "kind" not in text
    assert Description.read(tmp_path / "m" / "model.json").kind is ProblemKind.BINARY
    assert f'"format":{FORMAT}' in text
