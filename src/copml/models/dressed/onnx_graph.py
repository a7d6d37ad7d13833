"""ONNX graphs, run by onnxruntime in one thread.

Invariant: columns go in by name, each as the type that its input has; the graph may have one input for each column, or
one matrix of numbers. Which output answers, and in which order of classes, is read from the graph and never guessed
between two.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd

from copml.errors import ModelUnreadable, ModelUnusable
from copml.models.answers import NUMBERS
from copml.models.columns import matching
from copml.models.direct import Direct, Problem, dressed, matrix
from copml.models.onnx_safety import check_onnx, parsed
from copml.records import ProblemKind

_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
    "tensor(string)": np.object_,
}
_MAPS = ("seq(map(int64,tensor(float)))", "seq(map(string,tensor(float)))")
_PROBABILITIES = ("probabilities", "output_probability")
"""What converters call the output of probabilities where there are several of numbers."""
_LABELS = ("classlabels_strings", "classlabels_int64s", "classlabels_ints")
_FILE = "ONNX model"


def dress(model: Any, problem: Problem) -> Direct:
    """A ModelProto, or its bytes, as an estimator.

    Raises:
        ModelFileRefused: when it has data or operators from elsewhere.
        ModelUnreadable: when onnxruntime cannot run it.
        ModelUnusable: when its inputs or outputs are not the problem's.
    """
    proto = parsed(bytes(model), _FILE) if isinstance(model, bytes | bytearray) else model
    check_onnx(proto, _FILE)
    session = _session(proto)
    columns, is_matrix = _columns(session, proto, problem)
    output = _output(session, problem.kind)
    classes = () if problem.kind in NUMBERS else _classes(proto)
    return dressed(proto, lambda rows: _run(session, rows, output, is_matrix), problem, columns, classes)


def _session(proto: Any) -> Any:
    """A session of one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(proto.SerializeToString(), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise ModelUnreadable(f"onnxruntime cannot run it: {' '.join(str(error).split())[:300]}") from error


def _columns(session: Any, proto: Any, problem: Problem) -> tuple[list[str], bool]:
    """The features that the graph takes, in the order of its inputs, and whether they are one matrix."""
    inputs = session.get_inputs()
    for item in inputs:
        if item.type not in _TYPES:
            raise ModelUnusable(_FILE, f"its input {item.name} is of type {item.type}")
        if item.shape and isinstance(item.shape[0], int):
            raise ModelUnusable(
                _FILE, f"its input {item.name} takes {item.shape[0]} rows; export it with a free first axis"
            )
    names = matching([item.name for item in inputs], problem.columns)
    if set(names) <= set(problem.columns):
        return names, False
    stated = _stated(proto, "columns")
    if len(inputs) == 1 and len(inputs[0].shape) == 2 and (stated is not None or inputs[0].shape[1] != 1):
        return _of_matrix(inputs[0], stated, problem), True
    missing = [name for name in names if name not in problem.columns]
    raise ModelUnusable(
        _FILE, f"its inputs {', '.join(missing)} are no features; there are {', '.join(problem.columns)}"
    )


def _of_matrix(item: Any, stated: list[str] | None, problem: Problem) -> list[str]:
    """The columns of the one matrix that a graph takes: those in its property `columns`, else all that there are."""
    columns = matching(stated, problem.columns) if stated is not None else list(problem.columns)
    if unknown := [name for name in columns if name not in problem.columns]:
        raise ModelUnusable(_FILE, f"its property `columns` names {', '.join(unknown)}, which are no features")
    if isinstance(item.shape[1], int) and item.shape[1] != len(columns):
        reason = (
            f"its input {item.name} has {item.shape[1]} columns, and there are {len(columns)} features; name those "
        )
        raise ModelUnusable(_FILE, f"{reason}that it takes in its property `columns`, as a JSON list")
    return columns


def _output(session: Any, kind: ProblemKind) -> str:
    """The one output of numbers."""
    outputs = {item.name: item.type for item in session.get_outputs()}
    wanted = ("tensor(float)", "tensor(double)", *(() if kind in NUMBERS else _MAPS))
    found = [name for name, its in outputs.items() if its in wanted]
    named = [name for name in found if name in _PROBABILITIES]
    if len(chosen := named if len(found) > 1 else found) != 1:
        told = ", ".join(f"{name} ({its})" for name, its in outputs.items())
        raise ModelUnusable(_FILE, f"it must have one output of numbers, and has {told}")
    return str(chosen[0])


def _classes(proto: Any) -> Sequence[Any]:
    """The order of its answers: its property `classes`, else the labels that a converter wrote into it, else none."""
    if (stated := _stated(proto, "classes")) is not None:
        return stated
    labels = {
        tuple(name.decode() if isinstance(name, bytes) else name for name in (attribute.strings or attribute.ints))
        for node in proto.graph.node
        for attribute in node.attribute
        if attribute.name in _LABELS
    } - {()}
    return next(iter(labels)) if len(labels) == 1 else ()


def _stated(proto: Any, name: str) -> list[str] | None:
    """A list of texts among the properties of a model."""
    for item in proto.metadata_props:
        if item.key == name:
            try:
                value = json.loads(item.value)
            except ValueError:
                value = None
            if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
                raise ModelUnusable(_FILE, f"its property `{name}` is no JSON list of texts")
            return value
    return None


def _run(session: Any, rows: pd.DataFrame, output: str, is_matrix: bool) -> Any:
    inputs = session.get_inputs()
    given: dict[str, Any]
    if is_matrix:
        given = {inputs[0].name: matrix(rows, _FILE).astype(_TYPES[inputs[0].type])}
    else:
        given = {item.name: _value(item, rows[name]) for item, name in zip(inputs, rows.columns, strict=True)}
    (answer,) = session.run([output], given)
    if isinstance(answer, list):  # one mapping from class to probability for each row
        names = list(answer[0]) if answer else []
        return np.array([[row[name] for name in names] for row in answer])
    return answer


def _value(item: Any, column: pd.Series) -> np.ndarray:
    """One column as an input: missing text as an empty one, as converters take it."""
    kind = _TYPES[item.type]
    if (kind is np.object_) != (column.dtype.kind != "f"):
        reason = f"its input {item.name} is of type {item.type}, and the feature {column.name} is "
        raise ModelUnusable(_FILE, reason + ("text" if column.dtype.kind != "f" else "a number"))
    if kind is np.object_:
        values = column.fillna("").to_numpy(dtype=np.object_)
    elif kind in (np.float32, np.float64):
        values = column.to_numpy(dtype=kind)
    elif column.isna().any():
        raise ModelUnusable(_FILE, f"its input {item.name} is of type {item.type}, and values of it are missing")
    else:
        values = column.to_numpy().astype(kind)
    return values.reshape(-1, 1) if len(item.shape) == 2 else values
