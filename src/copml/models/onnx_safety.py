"""What an ONNX graph may hold.

Invariant: a graph that passes is whole in one file and runs operators of the standard and of onnxruntime only: it reads
no other file and loads no library. Whether its arithmetic is right is for parity.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from copml.errors import ModelFileRefused, ModelUnreadable

DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Operators of the standard, and those that onnxruntime itself brings."""
# A protocol buffer cannot be longer.
BYTES_MAX = (1 << 31) - 1
_EXTERNAL = 1
_NAMED_MAX = 3


def parsed(data: bytes, file: str) -> Any:
    """The ModelProto in some bytes.

    Raises:
        ModelUnreadable: when they are something else.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.ModelProto.FromString(bytes(data))
    except DecodeError as error:
        raise ModelUnreadable(f"{file} is no ONNX model: {error}") from error
    if not model.graph.node or not model.graph.output or not model.opset_import:
        raise ModelUnreadable(f"{file} is no ONNX model: it has no operators, no outputs, or no operator set")
    return model


def check_onnx(model: Any, file: str) -> None:
    """Refuse what a graph could reach outside of its file.

    Raises:
        ModelFileRefused: with the reason.
    """
    if outside := sorted({_location(tensor) for tensor in _tensors(model) if _is_outside(tensor)}):
        raise ModelFileRefused(file, f"its weights lie in other files ({_some(outside)}); save it as a single file")
    own = {function.domain for function in model.functions}
    used = {item.domain for item in model.opset_import} | {node.domain for node in _nodes(model)}
    if foreign := sorted(used - DOMAINS - own):
        raise ModelFileRefused(file, f"it needs operators of {_some(foreign)}, which are code from elsewhere")
    if defined := sorted(domain for domain in own if domain in DOMAINS):
        raise ModelFileRefused(file, f"it redefines operators of the standard domain {_some(defined) or 'ai.onnx'!r}")


def _graphs(model: Any) -> Iterator[Any]:
    """The graph, and the graphs and functions within."""
    waiting = [model.graph, *model.functions]
    while waiting:
        graph = waiting.pop()
        yield graph
        for node in graph.node:
            for attribute in node.attribute:
                waiting += [attribute.g] if attribute.HasField("g") else []
                waiting += attribute.graphs


def _nodes(model: Any) -> Iterator[Any]:
    return chain.from_iterable(graph.node for graph in _graphs(model))


def _tensors(model: Any) -> Iterator[Any]:
    for graph in _graphs(model):
        yield from getattr(graph, "initializer", ())
        for sparse in getattr(graph, "sparse_initializer", ()):
            yield from (sparse.values, sparse.indices)
        for node in graph.node:
            for attribute in node.attribute:
                yield from (attribute.t, *attribute.tensors, attribute.sparse_tensor.values)
                yield attribute.sparse_tensor.indices
                for sparse in attribute.sparse_tensors:
                    yield from (sparse.values, sparse.indices)


def _is_outside(tensor: Any) -> bool:
    return tensor.data_location == _EXTERNAL or len(tensor.external_data) > 0


def _location(tensor: Any) -> str:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    return repr(entries.get("location", "a place that it does not name"))


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED_MAX} more" if len(names) > _NAMED_MAX else ""
    return ", ".join(names[:_NAMED_MAX]) + more
