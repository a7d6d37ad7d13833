"""Models of other libraries, of every kind of problem: kept without pickle, served with the same bits."""

import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xgboost
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, TargetEncoder

from copml.errors import LibraryMissing, ModelLibraryDiffers, ModelUnusable
from copml.models import Description, content_digest, load, save, to_frame
from copml.records import ProblemKind

NUMBERS, TEXTS = ["a", "b", "senior"], ["contract", "city", "pay"]
CLASSES = ("low", "middle", "high")
ROUNDS = 12


def numbers(rows: pa.Table) -> np.ndarray:
    frame = to_frame(rows)
    return np.asarray(frame["a"].fillna(50) + frame["b"] + 20 * (frame["contract"] == "month"))


def yes(rows: pa.Table) -> np.ndarray:
    return (numbers(rows) > 100).astype(int)


def places(rows: pa.Table) -> np.ndarray:
    return np.digitize(numbers(rows), [80, 110])


def groups(rows: pa.Table) -> list[int]:
    return [10] * (len(rows) // 10)


def encoded(estimator: Any) -> Any:
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_pipeline(make_column_transformer((codes, TEXTS), remainder="passthrough"), estimator)


def light(kind: str, **more: Any) -> Any:
    return getattr(lightgbm, f"LGBM{kind}")(
        n_estimators=ROUNDS, n_jobs=1, verbose=-1, deterministic=True, force_row_wise=True, **more
    )


def _xgboost_booster(rows: pa.Table) -> Any:
    frame = to_frame(rows.select(NUMBERS))
    return xgboost.train({"objective": "binary:logistic", "nthread": 1}, xgboost.DMatrix(frame, yes(rows)), ROUNDS)


def _lightgbm_booster(rows: pa.Table) -> Any:
    data = lightgbm.Dataset(to_frame(rows.select(NUMBERS)), places(rows))
    return lightgbm.train({"objective": "multiclass", "num_class": 3, "verbose": -1, "num_threads": 1}, data, ROUNDS)


def _lightgbm_number_booster(rows: pa.Table) -> Any:
    return lightgbm.train(
        {"verbose": -1, "num_threads": 1}, lightgbm.Dataset(to_frame(rows.select(NUMBERS)), numbers(rows)), ROUNDS
    )


Fit = Callable[[pa.Table], Any]
MODELS: dict[str, tuple[ProblemKind, Fit]] = {
    "xgboost, yes or no": (
        ProblemKind.BINARY,
        lambda rows: encoded(xgboost.XGBClassifier(n_estimators=ROUNDS, n_jobs=1)).fit(to_frame(rows), yes(rows)),
    ),
    "xgboost, forest": (
        ProblemKind.BINARY,
        lambda rows: encoded(xgboost.XGBRFClassifier(n_estimators=5, n_jobs=1)).fit(to_frame(rows), yes(rows)),
    ),
    "xgboost, calibrated": (
        ProblemKind.BINARY,
        lambda rows: CalibratedClassifierCV(encoded(xgboost.XGBClassifier(n_estimators=5, n_jobs=1)), cv=2).fit(
            to_frame(rows), yes(rows)
        ),
    ),
    "xgboost, classes": (
        ProblemKind.MULTICLASS,
        lambda rows: encoded(xgboost.XGBClassifier(n_estimators=ROUNDS, n_jobs=1)).fit(to_frame(rows), places(rows)),
    ),
    "xgboost, numbers": (
        ProblemKind.REGRESSION,
        lambda rows: encoded(xgboost.XGBRegressor(n_estimators=ROUNDS, n_jobs=1)).fit(to_frame(rows), numbers(rows)),
    ),
    "xgboost, ranking": (
        ProblemKind.RANKING,
        lambda rows: encoded(xgboost.XGBRanker(n_estimators=ROUNDS, n_jobs=1)).fit(
            to_frame(rows), yes(rows), xgbranker__group=groups(rows)
        ),
    ),
    "xgboost, booster": (ProblemKind.BINARY, _xgboost_booster),
    "lightgbm, yes or no": (
        ProblemKind.BINARY,
        lambda rows: encoded(light("Classifier")).fit(to_frame(rows), yes(rows)),
    ),
    "lightgbm, without a pipeline": (
        ProblemKind.BINARY,
        lambda rows: light("Classifier").fit(to_frame(rows.select(NUMBERS)), yes(rows)),
    ),
    "lightgbm, classes": (
        ProblemKind.MULTICLASS,
        lambda rows: encoded(light("Classifier")).fit(to_frame(rows), np.array(CLASSES)[places(rows)]),
    ),
    "lightgbm, numbers": (
        ProblemKind.REGRESSION,
        lambda rows: encoded(light("Regressor")).fit(to_frame(rows), numbers(rows)),
    ),
    "lightgbm, ranking": (
        ProblemKind.RANKING,
        lambda rows: encoded(light("Ranker")).fit(to_frame(rows), yes(rows), lgbmranker__group=groups(rows)),
    ),
    "lightgbm, booster of classes": (ProblemKind.MULTICLASS, _lightgbm_booster),
    "lightgbm, booster of numbers": (ProblemKind.REGRESSION, _lightgbm_number_booster),
}


def keep(name: str, rows: pa.Table, held_out: pa.Table, folder: Path) -> tuple[Any, pa.Table, Description]:
    kind, fit = MODELS[name]
    model = fit(rows)
    own = held_out.select(NUMBERS) if "booster" in name or "without" in name else held_out
    classes = CLASSES if kind is ProblemKind.MULTICLASS else ()
    return model, own, save(model, own, folder, kind=kind, classes=classes)


def bare(model: Any, kind: ProblemKind, rows: pa.Table) -> np.ndarray:
    """What the library itself answers."""
    frame = to_frame(rows)
    if isinstance(model, xgboost.Booster):
        return np.asarray(model.predict(xgboost.DMatrix(frame)))
    if isinstance(model, lightgbm.Booster):
        return np.asarray(model.predict(frame))
    if kind in (ProblemKind.REGRESSION, ProblemKind.RANKING):
        return np.asarray(model.predict(frame))
    chances = np.asarray(model.predict_proba(frame), dtype=np.float64)
    return chances[:, 1] if kind is ProblemKind.BINARY else chances


@pytest.mark.parametrize("name", list(MODELS))
def test_a_model_of_another_library_predicts_as_it_does_by_itself(
    name: str, trained_on: pa.Table, held_out: pa.Table, tmp_path: Path
) -> None:
    model, own, description = keep(name, trained_on, held_out, tmp_path / "m")
    kind = MODELS[name][0]
    loaded = load(tmp_path / "m")
    found, expected = loaded.predict(own), bare(model, kind, own)
    if "lightgbm, classes" in name:  # its classes are sorted by name, the project's are not
        expected = expected[:, [1, 2, 0]]
    assert np.array_equal(found, expected)
    assert loaded.columns == tuple(own.column_names)
    library = name.partition(",")[0]
    assert description.libraries == {library: sys.modules[library].__version__}
    assert {path.name for path in (tmp_path / "m").iterdir()} == {"model.json", "model.skops"}


@pytest.mark.parametrize("name", list(MODELS))
def test_its_rows_do_not_depend_on_each_other(
    name: str, trained_on: pa.Table, held_out: pa.Table, tmp_path: Path
) -> None:
    _, own, description = keep(name, trained_on, held_out, tmp_path / "m")
    assert description.batch_difference == 0.0
    loaded = load(tmp_path / "m")
    whole = loaded.predict(own)
    draw = np.random.default_rng(5)
    for size in (1, 2, 31, 400):
        rows = draw.integers(0, own.num_rows, size)
        assert loaded.predict(own.take(pa.array(rows))).tobytes() == whole[rows].tobytes()


@pytest.mark.parametrize("name", list(MODELS))
def test_the_same_fit_has_the_same_digest(name: str, trained_on: pa.Table) -> None:
    fit = MODELS[name][1]
    first = content_digest(fit(trained_on))
    assert content_digest(fit(trained_on)) == first
    assert content_digest(fit(trained_on.slice(0, 500))) != first


AGAIN = """
import sys
from pathlib import Path
import numpy as np
import pyarrow.parquet as pq
from copml.models import load
np.save(sys.argv[3], load(Path(sys.argv[1])).predict(pq.read_table(sys.argv[2])))
"""


@pytest.mark.parametrize("name", ["xgboost, classes", "lightgbm, yes or no", "xgboost, booster"])
def test_another_process_predicts_the_same(name: str, trained_on: pa.Table, held_out: pa.Table, tmp_path: Path) -> None:
    _, own, _ = keep(name, trained_on, held_out, tmp_path / "m")
    pq.write_table(own, tmp_path / "rows.parquet")
    arguments = [str(tmp_path / part) for part in ("m", "rows.parquet", "found.npy")]
    subprocess.run([sys.executable, "-c", AGAIN, *arguments], check=True)
    assert np.load(tmp_path / "found.npy").tobytes() == load(tmp_path / "m").predict(own).tobytes()


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_another_release_or_none_of_the_library_is_said(
    library: str, trained_on: pa.Table, held_out: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(f"{library}, yes or no", trained_on, held_out, tmp_path / "m")
    described = json.loads((tmp_path / "m" / "model.json").read_bytes())
    (tmp_path / "m" / "model.json").write_text(json.dumps(described | {"libraries": {library: "0.1.2"}}))
    with pytest.raises(ModelLibraryDiffers, match=rf"trained with {library} 0\.1\.2"):
        load(tmp_path / "m")
    (tmp_path / "m" / "model.json").write_text(json.dumps(described))
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(LibraryMissing, match=rf"needs {library}, which is not installed.*'copml\[{library}\]'"):
        load(tmp_path / "m")


def test_a_booster_must_give_the_answers_of_its_problem(
    trained_on: pa.Table, held_out: pa.Table, tmp_path: Path
) -> None:
    own = held_out.select(NUMBERS)
    with pytest.raises(ModelUnusable, match="is no probability; let it end with a sigmoid"):
        save(_lightgbm_number_booster(trained_on), own, tmp_path / "m")
    with pytest.raises(ModelUnusable, match=r"numbers of shape \(500, 3\) for 500 rows"):
        save(_lightgbm_booster(trained_on), own, tmp_path / "m", kind=ProblemKind.REGRESSION)
    with pytest.raises(ModelUnusable, match="was trained on a, b, senior, and the features are a, b"):
        save(_xgboost_booster(trained_on), own.drop_columns(["senior"]), tmp_path / "m")


def test_classes_that_the_project_has_not_are_named(trained_on: pa.Table, held_out: pa.Table, tmp_path: Path) -> None:
    model = encoded(light("Classifier")).fit(to_frame(trained_on), np.array(["x", "low", "high"])[places(trained_on)])
    with pytest.raises(ModelUnusable, match="its classes x are none of low, middle, high"):
        save(model, held_out, tmp_path / "m", kind=ProblemKind.MULTICLASS, classes=CLASSES)


def test_spaces_in_names_of_columns(tmp_path: Path) -> None:
    rows = pa.table({"monthly charges": np.arange(200.0), "age": np.arange(200.0) % 7})
    model = light("Classifier").fit(to_frame(rows), (np.arange(200) > 99).astype(int))
    booster = model.booster_
    for number, kept in enumerate((model, booster)):
        save(kept, rows, tmp_path / str(number))
    found = [load(tmp_path / number).predict(rows) for number in ("0", "1")]
    assert np.array_equal(*found)
    assert np.array_equal(found[0], model.predict_proba(to_frame(rows))[:, 1])


LEVELS = 100_000


@pytest.mark.slow
@pytest.mark.parametrize(("library", "encoder"), [("xgboost", OrdinalEncoder), ("lightgbm", TargetEncoder)])
def test_a_hundred_thousand_categories_with_values_missing_everywhere_and_one_yes_in_a_thousand(
    library: str, encoder: Any, tmp_path: Path
) -> None:
    draw = np.random.default_rng(3)
    count = LEVELS + 20_000
    level = np.concatenate([np.arange(LEVELS), draw.integers(0, LEVELS, count - LEVELS)])
    outcome = (draw.random(count) < np.where(level < 400, 0.05, 0.0009)).astype(int)
    rows = pa.table(
        {
            "shop": pa.array([f"shop {number}" for number in level], mask=draw.random(count) < 0.1),
            "size": pa.array(draw.normal(size=count), mask=draw.random(count) < 0.5),
            "empty": pa.nulls(count, pa.float64()),
            "note": pa.nulls(count, pa.string()),
        }
    )
    assert 0.0005 < outcome.mean() < 0.002
    given = {"handle_unknown": "use_encoded_value", "unknown_value": -1} if encoder is OrdinalEncoder else {"cv": 2}
    estimator = light("Classifier") if library == "lightgbm" else xgboost.XGBClassifier(n_estimators=ROUNDS, n_jobs=1)
    model = make_pipeline(
        make_column_transformer((encoder(**given), ["shop"]), ("passthrough", ["size", "empty"])),
        estimator,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(to_frame(rows), outcome)
    own = rows.slice(LEVELS - 500, 3000)
    description = save(model, own, tmp_path / "m")
    found = load(tmp_path / "m").predict(own)
    assert np.array_equal(found, model.predict_proba(to_frame(own))[:, 1])
    assert description.batch_difference == 0.0
    strange = own.set_column(0, "shop", pa.array(["never seen"] * len(own)))
    assert np.isfinite(load(tmp_path / "m").predict(strange)).all()


def test_text_beside_numbers(tmp_path: Path) -> None:
    words = ["free prize now", "see you at home", "win a prize", "home at six"] * 50
    rows = pa.table({"text": words, "length": [float(len(text)) for text in words]})
    columns = make_column_transformer((TfidfVectorizer(), "text"), (SimpleImputer(), ["length"]))
    for estimator in (light("Classifier"), xgboost.XGBClassifier(n_estimators=ROUNDS, n_jobs=1)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = make_pipeline(columns, estimator).fit(to_frame(rows), [1, 0, 1, 0] * 50)
        folder = tmp_path / type(estimator).__name__
        save(model, rows, folder)
        assert load(folder).predict(rows).round().tolist() == [1, 0, 1, 0] * 50
