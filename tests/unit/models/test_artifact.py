"""Saving and loading: the same bits back, nothing foreign in, no batch mate counts."""

import io
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import skops.io
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from copml.errors import (
    CopmlError,
    FeatureKindWrong,
    ModelAltered,
    ModelColumnsMissing,
    ModelLibraryDiffers,
    ModelUnreadable,
    ModelUntrusted,
)
from copml.models import Description, load, save, to_frame

Fitted = Callable[[str], Any]
Saved = Callable[[str], Path]
NUMBERS, TEXTS = ["a", "b", "senior"], ["contract", "city", "pay"]
SERVED_BY = {
    "logistic": ("linear", 0.0),
    "logistic, dense": ("linear", 0.0),
    "logistic, scaled after": ("linear", 0.0),
    "logistic, imputed": ("linear", 0.0),
    "logistic, selected": ("linear", 0.0),
    "logistic, target": ("linear", 0.0),
    "histogram boosting": ("encoded", 0.0),
    "boosting": ("encoded", 0.0),
    "forest": ("encoded", 0.0),
    "extra trees": ("encoded", 0.0),
    "calibrated": ("encoded", 0.0),
    "pandas out": ("estimator", 1e-14),
    "components": ("linear", 1e-14),
    "network": ("estimator", 1e-14),
    "neighbours": ("encoded", 0.0),
}


def test_a_model_comes_back_and_predicts_the_same(
    fitted: Fitted, saved: Saved, held_out: pa.Table, every_model: str
) -> None:
    runtime, batch_difference = SERVED_BY[every_model]
    description = Description.read(saved(every_model) / "model.json")
    assert description.runtime == runtime or runtime == "estimator"
    assert description.batch_difference <= batch_difference
    model = load(saved(every_model))
    assert model.columns == tuple(held_out.column_names)
    bare = fitted(every_model).predict_proba(to_frame(held_out))[:, 1]
    np.testing.assert_allclose(model.predict(held_out), bare, rtol=0, atol=1e-12)
    if runtime != "linear":
        assert (model.predict(held_out) == bare).all()


@pytest.mark.parametrize("name", ["logistic", "logistic, imputed", "histogram boosting", "forest"])
def test_a_prediction_does_not_depend_on_its_batch_mates(saved: Saved, held_out: pa.Table, name: str) -> None:
    model = load(saved(name))
    whole = model.predict(held_out)
    draw = np.random.default_rng(7)
    for size in (1, 2, 3, 17, 64, 333):
        rows = draw.integers(0, held_out.num_rows, size)
        assert model.predict(held_out.take(pa.array(rows))).tobytes() == whole[rows].tobytes()


@pytest.mark.parametrize("name", ["logistic", "histogram boosting", "components"])
def test_any_form_of_the_rows_gives_the_same(saved: Saved, held_out: pa.Table, name: str) -> None:
    model = load(saved(name))
    whole = model.predict(held_out)
    coded = held_out
    for column in TEXTS:
        at = coded.column_names.index(column)
        coded = coded.set_column(at, column, coded.column(column).combine_chunks().dictionary_encode())
    shuffled = held_out.select(TEXTS + NUMBERS).append_column("more", pa.array(["x"] * held_out.num_rows))
    chunked = pa.concat_tables([coded.slice(0, 100), coded.slice(100)])
    forms = [coded, shuffled, chunked, coded.combine_chunks().to_batches()[0], to_frame(held_out), held_out.to_pandas()]
    for form in forms:
        assert (model.predict(form) == whole).all()
    assert model.predict(held_out.slice(0, 0)).shape == (0,)


def test_new_and_missing_values_are_taken_as_the_pipeline_takes_them(fitted: Fitted, saved: Saved) -> None:
    odd = pa.table(
        {
            "a": pa.array([None, 1e6, -5.0]),
            "b": pa.array([None, 3, 4], pa.int64()),
            "senior": pa.array([None, True, False]),
            "contract": pa.array(["never seen", None, "month"]),
            "city": pa.array([None, "", "city 1"]),
            "pay": pa.array([None, None, None], pa.string()),
        }
    )
    expected = fitted("logistic").predict_proba(to_frame(odd))[:, 1]
    np.testing.assert_allclose(load(saved("logistic")).predict(odd), expected, rtol=0, atol=1e-15)


def test_columns_that_are_missing_or_of_no_use_are_named(
    fitted: Fitted, saved: Saved, held_out: pa.Table, tmp_path: Path
) -> None:
    with pytest.raises(ModelColumnsMissing, match="trained on city, "):
        load(saved("logistic")).predict(held_out.drop_columns(["city"]))
    with pytest.raises(FeatureKindWrong, match=r"the feature when is of type timestamp\[us\]"):
        save(fitted("logistic"), pa.table({"when": pa.array([0], pa.timestamp("us"))}), tmp_path)


class OwnModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    def fit(self, rows: Any, outcome: Any) -> "OwnModel":
        self.classes_ = np.unique(outcome)
        return self


def own_step(rows: Any) -> Any:
    return rows


@pytest.mark.parametrize(
    ("model", "named"),
    [
        (OwnModel().fit([[1]], [1]), "OwnModel"),
        (make_pipeline(FunctionTransformer(own_step)), "own_step"),
        (make_pipeline(FunctionTransformer(os.system)), "posix.system"),
        (make_pipeline(FunctionTransformer(subprocess.check_output)), "subprocess.check_output"),
    ],
)
def test_foreign_types_are_refused_by_name(held_out: pa.Table, tmp_path: Path, model: Any, named: str) -> None:
    with pytest.raises(ModelUntrusted, match=named):
        save(model, held_out, tmp_path)


def rewrite(path: Path, change: Callable[[str, bytes], bytes]) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    path.write_bytes(buffer.getvalue())


def hostile(path: Path) -> None:
    (path / "model.skops").write_bytes(
        skops.io.dumps(FunctionTransformer(os.system, kw_args={"command": "touch owned"}))
    )


def hostile_schema(path: Path) -> None:
    def change(name: str, data: bytes) -> bytes:
        return data.replace(b"LogisticRegression", b"Popen").replace(b"sklearn.linear_model._logistic", b"subprocess")

    rewrite(path / "model.skops", change)


def one_weight(path: Path) -> None:
    def change(_: str, data: bytes) -> bytes:
        return data[:-1] + bytes([data[-1] ^ 1]) if data.startswith(b"\x93NUMPY") and len(data) > 300 else data

    rewrite(path / "model.skops", change)


def cut(path: Path) -> None:
    whole = (path / "model.skops").read_bytes()
    (path / "model.skops").write_bytes(whole[: len(whole) // 2])


def described(**changes: object) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        value = json.loads((path / "model.json").read_bytes()) | changes
        (path / "model.json").write_text(json.dumps(value))

    return change


@pytest.mark.parametrize(
    ("damage", "kind", "says"),
    [
        (hostile, ModelUntrusted, "posix.system"),
        (hostile_schema, ModelUntrusted, "subprocess.Popen"),
        (one_weight, ModelAltered, "was altered since"),
        (cut, ModelUnreadable, "not a zip file"),
        (lambda path: (path / "model.skops").unlink(), ModelUnreadable, "No such file"),
        (lambda path: (path / "model.json").unlink(), ModelUnreadable, "No such file"),
        (lambda path: (path / "model.json").write_text("{"), ModelUnreadable, "model.json"),
        (described(runtime="pickle"), ModelUnreadable, "'pickle'"),
        (described(format=2), ModelUnreadable, "has the format 2"),
        (described(library="0.24.1"), ModelLibraryDiffers, "trained with scikit-learn 0.24.1"),
        (described(content_digest="0" * 64), ModelAltered, "000000000000 was registered"),
    ],
)
def test_damaged_and_hostile_files_do_not_load(
    saved: Saved, tmp_path: Path, damage: Callable[[Path], None], kind: type[CopmlError], says: str
) -> None:
    folder = shutil.copytree(saved("logistic"), tmp_path / "model")
    damage(folder)
    with pytest.raises(kind, match=says):
        load(folder)
    assert not Path("owned").exists()
