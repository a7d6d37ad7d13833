"""A digest of what a model has learnt, the same for the same fit wherever and whenever it is computed.

Invariant: two models have one digest if and only if every parameter, learnt number and nested part is the same, bit
for bit. Memory addresses, the order of dictionaries, padding between fields and measured times do not enter. File
bytes are no digest of a model: skops writes addresses and dates.
"""

import hashlib
import re
from collections.abc import Iterator
from types import BuiltinFunctionType, FunctionType, MethodType, NoneType
from typing import Any

import numpy as np

from copml.errors import ModelUnreadable
from copml.records import Digest

# A search over parameters keeps how long each fit took: true, and different every time.
_TIMES = re.compile(r"(^|_)(fit|score|refit)_time_?$")
_DEPTH_MAX = 100
_VERSION_KEYS = frozenset({"_sklearn_version"})

Leaf = tuple[str, str, bytes]
"""Path, kind with shape, bytes."""


def content_digest(estimator: object) -> Digest:
    """SHA-256 over the sorted leaves of the estimator's state.

    Raises:
        ModelUnreadable: when a part has no state that can be read.
    """
    state = hashlib.sha256()
    for leaf in sorted(_leaves(estimator, "", ())):
        for part in (leaf[0].encode(), leaf[1].encode(), leaf[2]):
            state.update(len(part).to_bytes(8, "big"))
            state.update(part)
    return Digest(state.hexdigest())


def _leaves(value: object, path: str, above: tuple[int, ...]) -> Iterator[Leaf]:
    if id(value) in above:
        yield path, "cycle", str(len(above) - above.index(id(value))).encode()
        return
    if len(above) > _DEPTH_MAX:
        raise ModelUnreadable(f"{path[:200]} is nested deeper than {_DEPTH_MAX}")
    within = (*above, id(value))
    match value:
        case np.ndarray():
            yield from _array(value, path, within)
        case np.generic():
            yield from _array(np.asarray(value), path, within) if value.dtype.names else _scalar(value.item(), path)
        case NoneType() | bool() | int() | float() | complex() | str() | bytes() | slice():
            yield from _scalar(value, path)
        case dict():
            yield from _mapping(value, path, within)
        case list() | tuple():
            yield path, "sequence", str(len(value)).encode()
            for number, item in enumerate(value):
                yield from _leaves(item, f"{path}[{number}]", within)
        case set() | frozenset():
            yield path, "set", b"".join(sorted(content_digest(item).encode() for item in value))
        case FunctionType() if value.__closure__:
            yield path, "closure", _name(value).encode()
            yield from _leaves([cell.cell_contents for cell in value.__closure__], f"{path}^", within)
        case type() | FunctionType() | BuiltinFunctionType() | np.ufunc():
            yield path, "name", _name(value).encode()
        case np.dtype():
            yield path, "dtype", value.str.encode()
        case _:
            yield from _object(value, path, within)


def _scalar(value: object, path: str) -> Iterator[Leaf]:
    yield path, type(value).__name__, repr(value).encode()


def _array(array: np.ndarray, path: str, above: tuple[int, ...]) -> Iterator[Leaf]:
    """Structured arrays go field by field, which leaves out the padding; arrays of objects item by item."""
    shape = f"{array.shape}"
    if array.dtype.names is not None:
        yield path, f"fields{shape}", b""
        for name in array.dtype.names:
            yield from _array(array[name], f"{path}.{name}", above)
    elif array.dtype.hasobject:
        yield path, f"objects{shape}", b""
        for number, item in enumerate(array.ravel().tolist()):
            yield from _leaves(item, f"{path}[{number}]", above)
    else:
        plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        yield path, f"{plain.dtype.str}{shape}", plain.tobytes()


def _mapping(value: dict[object, object], path: str, above: tuple[int, ...]) -> Iterator[Leaf]:
    yield path, "mapping", str(len(value)).encode()
    for key, item in value.items():
        if isinstance(key, str) and (_TIMES.search(key) or key in _VERSION_KEYS):
            continue
        yield from _leaves(item, f"{path}.{key}" if isinstance(key, str) else f"{path}({key!r})", above)


def _object(value: object, path: str, above: tuple[int, ...]) -> Iterator[Leaf]:
    """An object is its type and its state; one written in C tells both as it would to a copy of itself."""
    yield path, "type", _name(type(value)).encode()
    if isinstance(value, MethodType):
        raise ModelUnreadable(f"{path} is a bound method; use a function")
    if isinstance(value, np.random.RandomState):
        yield from _leaves(value.get_state(legacy=False), path, above)
    elif isinstance(value, np.random.Generator):
        yield from _leaves(value.bit_generator.state, path, above)
    elif _tells_its_state(type(value)):
        yield from _leaves(value.__getstate__(), path, above)
    elif type(value).__reduce__ is object.__reduce__ and hasattr(value, "__dict__"):
        yield from _leaves(vars(value), path, above)
    else:
        yield from _reduced(value, path, above)


def _tells_its_state(kind: type) -> bool:
    """Whether a type that is no estimator says itself what its state is: boosters hold theirs outside of Python."""
    inherited: Any = object
    own = kind.__getstate__ is not inherited.__getstate__ and kind.__reduce__ is inherited.__reduce__
    return own and not hasattr(kind, "get_params")


def _reduced(value: object, path: str, above: tuple[int, ...]) -> Iterator[Leaf]:
    try:
        parts = value.__reduce_ex__(2)
    except TypeError as error:
        raise ModelUnreadable(f"{path} ({_name(type(value))}) has no state that can be read: {error}") from error
    if isinstance(parts, str):
        yield path, "name", parts.encode()
        return
    assert isinstance(parts, tuple)
    yield from _leaves(parts[1], f"{path}<", above)
    for part in parts[2:3]:
        yield from _leaves(part, f"{path}>", above)


def _name(value: object) -> str:
    """Where a type or function is found; a ufunc has no module and only the short name."""
    short = getattr(value, "__name__", "")
    return f"{getattr(value, '__module__', None) or 'numpy'}.{getattr(value, '__qualname__', short)}"
