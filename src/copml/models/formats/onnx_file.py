"""ONNX graphs as they are.

Invariant: the digest is over what is computed: names that converters draw by chance, and notes on where a node came
from, do not enter.
"""

import hashlib
from pathlib import Path
from typing import Any

import onnxruntime

from copml.errors import ModelUnreadable
from copml.models.onnx_safety import BYTES_MAX, check_onnx, parsed
from copml.records import Digest
from copml.store import explained

FILE = "model.onnx"


def digest(model: Any) -> Digest:
    """SHA-256 over the graph without its name, notes and origin."""
    bare = type(model)()
    bare.CopyFrom(model)
    for field in ("producer_name", "producer_version", "doc_string", "model_version"):
        bare.ClearField(field)
    bare.graph.ClearField("name")
    for tensor in (*bare.graph.initializer, *bare.graph.input, *bare.graph.output):
        tensor.ClearField("doc_string")
    for graph in (bare.graph, *bare.functions):
        for part in (graph, *graph.node, *graph.value_info):
            part.ClearField("doc_string")
            part.ClearField("metadata_props")
    return Digest(hashlib.sha256(bare.SerializeToString(deterministic=True)).hexdigest())


def write(model: Any, folder: Path) -> dict[str, str]:
    """Write a graph; returns the release of onnxruntime."""
    with explained(folder):
        (folder / FILE).write_bytes(model.SerializeToString(deterministic=True))
    return {"onnxruntime": onnxruntime.__version__}


def read(folder: Path, _: Digest | None = None) -> Any:
    """The graph in a folder.

    Raises:
        ModelFileRefused: when it has data or operators from elsewhere.
        ModelUnreadable: when the file is missing or damaged.
    """
    return read_file(folder / FILE)


def read_file(path: Path) -> Any:
    """The graph in a file; raises as `read`."""
    try:
        if path.stat().st_size > BYTES_MAX:
            raise ModelUnreadable(f"{path.name} is longer than any ONNX model")
        model = parsed(path.read_bytes(), path.name)
    except OSError as error:
        raise ModelUnreadable(f"{path.name}: {error}") from error
    check_onnx(model, path.name)
    return model
