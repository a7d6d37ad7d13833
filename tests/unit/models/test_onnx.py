"""ONNX models: named columns in, the answers of each kind out, and what is not so is said."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pyarrow as pa
import pytest
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from copml.errors import LibraryMissing, ModelAltered, ModelFileRefused, ModelUnreadable, ModelUnusable
from copml.models import Description, Problem, as_estimator, load, save, to_frame
from copml.records import ProblemKind

ROWS = pa.table(
    {
        "monthly charges": np.random.default_rng(0).normal(70, 20, 400),
        "tenure": np.arange(400.0) % 72,
        "contract": np.array(["month", "one year", "two years"])[np.arange(400) % 3],
    }
)
TEXTS = {"contract"}
SCORE = ROWS["monthly charges"].to_numpy() / 20 - ROWS["tenure"].to_numpy() / 30 + (np.arange(400) % 3 == 0)
NAMES = np.array(["low", "middle", "high"])[np.digitize(SCORE, [2.0, 3.5])]
CLASSES = ("high", "unseen", "middle", "low")


def fitted(estimator: Any, target: np.ndarray) -> Any:
    columns = make_column_transformer((OneHotEncoder(sparse_output=False), ["contract"]), remainder="passthrough")
    return make_pipeline(columns, estimator).fit(to_frame(ROWS), target)


def converted(model: Any, *, number: Any = FloatTensorType, **options: Any) -> onnx.ModelProto:
    types = [(name, (StringTensorType if name in TEXTS else number)([None, 1])) for name in ROWS.column_names]
    return to_onnx(model, initial_types=types, options=options or None)


YES = (SCORE > 3).astype(int)


def test_yes_or_no_with_text_and_numbers(tmp_path: Path) -> None:
    model = fitted(RandomForestClassifier(10, max_depth=4, random_state=0), YES)
    description = save(converted(model, zipmap=False), ROWS, tmp_path / "m")
    assert (description.kept_as, description.runtime, description.library) == ("onnx", "estimator", "")
    assert description.made_with == f"onnxruntime {description.libraries['onnxruntime']}"
    assert {path.name for path in (tmp_path / "m").iterdir()} == {"model.json", "model.onnx"}
    found = load(tmp_path / "m").predict(ROWS)
    np.testing.assert_allclose(found, model.predict_proba(to_frame(ROWS))[:, 1], atol=1e-6)
    assert load(tmp_path / "m").columns == tuple(ROWS.column_names)


def test_a_mapping_of_classes_is_read_by_its_names(tmp_path: Path) -> None:
    """What skl2onnx writes when it is told nothing: a sequence of maps from class to probability."""
    model = fitted(LogisticRegression(), YES)
    save(converted(model), ROWS, tmp_path / "m")
    np.testing.assert_allclose(load(tmp_path / "m").predict(ROWS), model.predict_proba(to_frame(ROWS))[:, 1], atol=1e-5)


@pytest.mark.parametrize("zipmap", [True, False])
def test_classes_come_in_the_order_of_the_project(zipmap: bool, tmp_path: Path) -> None:
    model = fitted(RandomForestClassifier(10, max_depth=4, random_state=0), NAMES)
    graph = converted(model) if zipmap else converted(model, zipmap=False)
    save(graph, ROWS, tmp_path / "m", kind=ProblemKind.MULTICLASS, classes=CLASSES)
    found = load(tmp_path / "m").predict(ROWS)
    expected = model.predict_proba(to_frame(ROWS))
    for place, name in enumerate(model.classes_):
        np.testing.assert_allclose(found[:, CLASSES.index(name)], expected[:, place], atol=1e-6)
    assert (found[:, CLASSES.index("unseen")] == 0).all()


@pytest.mark.parametrize("kind", [ProblemKind.REGRESSION, ProblemKind.RANKING])
def test_numbers(kind: ProblemKind, tmp_path: Path) -> None:
    model = fitted(GradientBoostingRegressor(n_estimators=20, random_state=0), SCORE)
    save(converted(model), ROWS, tmp_path / "m", kind=kind)
    np.testing.assert_allclose(load(tmp_path / "m").predict(ROWS), model.predict(to_frame(ROWS)), rtol=1e-4)


def test_its_rows_do_not_depend_on_each_other_or_it_says_by_how_much(tmp_path: Path) -> None:
    graph = converted(fitted(RandomForestClassifier(10, random_state=0), YES), zipmap=False)
    description = save(graph, ROWS, tmp_path / "m")
    loaded = load(tmp_path / "m")
    whole = loaded.predict(ROWS)
    for size in (1, 3, 64):
        part = loaded.predict(ROWS.slice(100, size))
        assert np.abs(part - whole[100 : 100 + size]).max() <= description.batch_difference
    assert description.batch_difference < 1e-6
    assert loaded.predict(ROWS.slice(0, 0)).shape == (0,)


def test_the_digest_is_of_what_is_computed(tmp_path: Path) -> None:
    graph = converted(fitted(LogisticRegression(), YES), zipmap=False)
    other = onnx.ModelProto.FromString(graph.SerializeToString())
    other.graph.name, other.doc_string, other.producer_version = "5f3c…", "made today", "0"
    other.graph.node[0].doc_string = "line 7"
    first = save(graph, ROWS, tmp_path / "1").content_digest
    assert save(other, ROWS, tmp_path / "2").content_digest == first
    changed = onnx.ModelProto.FromString(graph.SerializeToString())
    for node in changed.graph.node:
        for attribute in node.attribute:
            if attribute.name == "intercepts":
                attribute.floats[0], attribute.floats[1] = attribute.floats[0] + 1, attribute.floats[1] - 1
    assert save(changed, ROWS, tmp_path / "3").content_digest != first


def mul(inputs: Sequence[tuple[str, int, list[Any]]], shape: list[Any], *, kind: int = TensorProto.FLOAT) -> Any:
    """A graph that gives its first input back, through a sigmoid if that is a number."""
    given = [helper.make_tensor_value_info(*item) for item in inputs]
    name, own, _ = inputs[0]
    node = (
        helper.make_node("Sigmoid", [name], ["p"]) if own == kind else helper.make_node("Cast", [name], ["p"], to=kind)
    )
    answer = helper.make_tensor_value_info("p", kind, shape)
    graph = helper.make_graph([node], "g", given, [answer])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def matrix(columns: int | str | None, weights: list[float], stated: object = None) -> Any:
    given = [helper.make_tensor_value_info("rows", TensorProto.FLOAT, [None, columns])]
    answer = helper.make_tensor_value_info("p", TensorProto.FLOAT, [None, 1])
    tensor = numpy_helper.from_array(np.array([weights], dtype=np.float32).T, "w")
    nodes = [helper.make_node("MatMul", ["rows", "w"], ["s"]), helper.make_node("Sigmoid", ["s"], ["p"])]
    graph = helper.make_graph(nodes, "g", given, [answer], initializer=[tensor])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    if stated is not None:
        model.metadata_props.add(key="columns", value=json.dumps(stated))
    return model


def test_one_matrix_takes_the_columns_that_it_names(tmp_path: Path) -> None:
    numbers = ROWS.select(["monthly charges", "tenure"])
    expected = 1 / (1 + np.exp(-(0.1 * ROWS["tenure"].to_numpy() - 0.05 * ROWS["monthly charges"].to_numpy())))
    save(matrix(2, [0.1, -0.05], ["tenure", "monthly_charges"]), numbers, tmp_path / "1")
    np.testing.assert_allclose(load(tmp_path / "1").predict(numbers), expected, atol=1e-6)
    save(matrix("any", [-0.05, 0.1]), numbers, tmp_path / "2")
    np.testing.assert_allclose(load(tmp_path / "2").predict(numbers), expected, atol=1e-6)


N = TensorProto.FLOAT
WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "an input that is no feature": (lambda: mul([("age", N, [None, 1])], [None, 1]), "its inputs age are no features"),
    "a fixed number of rows": (lambda: mul([("tenure", N, [1, 1])], [1, 1]), "takes 1 rows; export it with a free"),
    "text where it wants numbers": (
        lambda: mul([("contract", N, [None, 1])], [None, 1]),
        "the feature contract is text",
    ),
    "a number where it wants text": (
        lambda: mul([("tenure", TensorProto.STRING, [None, 1])], [None, 1]),
        "the feature tenure is a number",
    ),
    "numbers of a width that there is not": (lambda: matrix(7, [1.0] * 7), "has 7 columns, and there are 3 features"),
    "a matrix of a column that there is not": (lambda: matrix(1, [1.0], ["age"]), "names age, which are no features"),
    "columns that are no list": (lambda: matrix(1, [1.0], 5), "its property `columns` is no JSON list"),
    "a matrix over text": (lambda: matrix(3, [1.0] * 3), "contract is text"),
    "no number as an answer": (
        lambda: mul([("tenure", N, [None, 1])], [None, 1], kind=TensorProto.INT64),
        r"one output of numbers, and has p \(tensor\(int64\)\)",
    ),
    "no probability": (
        lambda: mul([("tenure", N, [None, 1])], [None, 1], kind=TensorProto.DOUBLE),
        "which is no probability",
    ),
    "an operator that there is not": (lambda: _renamed("NoSuch"), "onnxruntime cannot run it"),
    "its own classes": (
        lambda: converted(fitted(RandomForestClassifier(3), NAMES)),
        "its classes are high, low, middle",
    ),
}


def _renamed(operator: str) -> Any:
    model = mul([("tenure", N, [None, 1])], [None, 1])
    model.graph.node[0].op_type = operator
    return model


@pytest.mark.parametrize("name", list(WRONG))
def test_what_does_not_fit_is_said(name: str, tmp_path: Path) -> None:
    make, says = WRONG[name]
    with pytest.raises((ModelUnusable, ModelUnreadable), match=says):
        save(make(), ROWS, tmp_path / "m")


def test_a_missing_number_where_integers_are_wanted_is_said(tmp_path: Path) -> None:
    model = mul([("tenure", TensorProto.INT64, [None, 1])], [None, 1])
    rows = pa.table({"tenure": pa.array([1.0, 0.0])})
    save(model, rows, tmp_path / "m")
    assert load(tmp_path / "m").predict(rows).tolist() == [1.0, 0.0]
    with pytest.raises(
        ModelUnusable, match=r"its input tenure is of type tensor\(int64\), and values of it are missing"
    ):
        load(tmp_path / "m").predict(pa.table({"tenure": pa.array([1.0, None])}))


def test_bytes_are_taken_as_a_model(tmp_path: Path) -> None:
    model = mul([("tenure", N, [None, 1])], [None, 1])
    save(model.SerializeToString(), ROWS.select(["tenure"]), tmp_path / "m")
    assert Description.read(tmp_path / "m" / "model.json").kept_as == "onnx"
    problem = Problem(kind=ProblemKind.BINARY, classes=(), columns=("tenure",))
    with pytest.raises(ModelUnreadable, match="is no ONNX model"):
        as_estimator(b"PK\x03\x04", problem)


def test_an_altered_graph_does_not_load_nor_one_with_weights_elsewhere(tmp_path: Path) -> None:
    save(matrix(1, [0.5], ["tenure"]), ROWS.select(["tenure"]), tmp_path / "m")
    graph = onnx.ModelProto.FromString((tmp_path / "m" / "model.onnx").read_bytes())
    graph.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.array([[0.6]], dtype=np.float32), "w"))
    (tmp_path / "m" / "model.onnx").write_bytes(graph.SerializeToString())
    with pytest.raises(ModelAltered, match=r"model\.onnx has the digest"):
        load(tmp_path / "m")
    graph.graph.initializer[0].data_location = TensorProto.EXTERNAL
    (tmp_path / "m" / "model.onnx").write_bytes(graph.SerializeToString())
    with pytest.raises(ModelFileRefused, match="lie in other files"):
        load(tmp_path / "m")


def test_without_onnxruntime_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    save(matrix(1, [0.5], ["tenure"]), ROWS.select(["tenure"]), tmp_path / "m")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(LibraryMissing, match=r"needs onnxruntime, which is not installed.*'copml\[onnx\]'"):
        load(tmp_path / "m")
