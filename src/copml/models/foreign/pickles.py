"""What a pickle would import, found by going through it with stand-ins.

Invariant: no name of the pickle is looked up and nothing of it is called: every class is a stand-in that takes anything
and does nothing. (pickletools names the operations too, but stops where joblib puts raw arrays into the stream, and
cannot say what a name is that comes from the pickle's memory.) No more is read than the file may unpack to.
"""

import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO, ClassVar

import numpy as np

from copml.errors import ModelFileRefused, ModelUnreadable

_ARRAY = "joblib.numpy_pickle.NumpyArrayWrapper"
_ARRAYS_ELSEWHERE = ("NDArrayWrapper", "ZNDArrayWrapper")
_CHUNK_BYTES = 1 << 20
_BROKEN = (
    pickle.UnpicklingError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    AssertionError,
    RecursionError,
    OverflowError,
    NotImplementedError,
)


@dataclass(slots=True)
class Contents:
    """What was met: full names in the order of the file, and the release of scikit-learn that wrote it."""

    imports: list[str] = field(default_factory=list)
    sklearn: str = ""


def contents(stream: BinaryIO, name: str, bytes_max: int, *, is_packed: bool) -> Contents:
    """Go through a pickle, or a joblib file after decompression (`is_packed`), of at most `bytes_max` bytes.

    Raises:
        ModelFileRefused: when it is longer, or has its arrays in other files.
        ModelUnreadable: when it is cut off, or no pickle.
    """
    found = Contents()
    try:
        _Inert(_Bounded(stream, name, bytes_max, is_packed=is_packed), found).load()
    except _BROKEN as error:
        raise ModelUnreadable(f"{name} is no whole pickle: {str(error) or type(error).__name__}") from error
    if any(item.rpartition(".")[2] in _ARRAYS_ELSEWHERE for item in found.imports):
        raise ModelFileRefused(name, "its arrays lie in other files, as old releases of joblib wrote them")
    return found


class _Stand:
    """Takes the place of everything that a pickle would build."""

    name: ClassVar[str] = ""

    def __new__(cls, *arguments: Any, **_: Any) -> "_Stand":
        made = object.__new__(cls)
        made.arguments = arguments
        made.state = None
        return made

    arguments: tuple[Any, ...]
    state: Any

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, *arguments: Any, **_: Any) -> "_Stand":
        return _Stand(*arguments)

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __setitem__(self, key: Any, value: Any) -> None:
        pass

    def append(self, _: Any) -> None:
        pass

    extend = add = update = append


class _Bounded(io.RawIOBase):
    """A stream that refuses to give, or to set aside, more bytes than a file may have."""

    def __init__(self, stream: BinaryIO, name: str, bytes_max: int, *, is_packed: bool) -> None:
        self._stream, self._name, self._is_packed = stream, name, is_packed
        self._left = self._max = bytes_max

    def read(self, size: int = -1) -> bytes:
        assert size >= 0
        self._take(size)
        return self._stream.read(size)

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def readline(self, _: int | None = -1) -> bytes:
        line = self._stream.readline(self._left + 1)
        self._take(len(line))
        return line

    def skip(self, size: int) -> None:
        while size > 0:
            data = self.read(min(size, _CHUNK_BYTES))
            if not data:
                raise EOFError("an array is cut off")
            size -= len(data)

    def _take(self, size: int) -> None:
        if size > self._left and not self._is_packed:
            raise EOFError(f"it says that {size} more bytes follow, and there are {self._left}")
        if size > self._left:
            raise ModelFileRefused(
                self._name, f"it claims to hold more than {self._max >> 20} MB, which is all that it may unpack to"
            )
        self._left -= size


# The one in C cannot be told to skip arrays.
_PYTHON: Any = pickle._Unpickler


class _Inert(_PYTHON):  # type: ignore[misc]
    """Follows the operations of a pickle with stand-ins."""

    def __init__(self, stream: _Bounded, found: Contents) -> None:
        super().__init__(stream)
        self._stream, self._found = stream, found

    def find_class(self, module: str, name: str) -> type[_Stand]:
        full = f"{module}.{name}"
        if full not in self._found.imports:
            self._found.imports.append(full)
        return type("_Stand", (_Stand,), {"name": full})

    def persistent_load(self, _: Any) -> Any:
        raise pickle.UnpicklingError("it refers to objects outside of it")

    def get_extension(self, code: int) -> None:
        raise pickle.UnpicklingError(f"it uses extension {code} of the program that wrote it")

    def load_bytearray8(self) -> None:
        size = int.from_bytes(self.read(8), "little")
        self.append(bytearray(self._stream.read(size)))

    def load_build(self) -> None:
        built = self.stack[-2] if len(self.stack) > 1 else None
        super().load_build()
        if not isinstance(built, _Stand) or not isinstance(built.state, dict):
            return
        if isinstance(version := built.state.get("_sklearn_version"), str):
            self._found.sklearn = version
        if type(built).name == _ARRAY:
            self._skip_array(built.state)

    def _skip_array(self, state: dict[str, Any]) -> None:
        """The values of an array follow its description, as raw bytes or as a pickle of objects."""
        kind = state["dtype"]
        code = str(kind.arguments[0]) if isinstance(kind, _Stand) and kind.arguments else "?"
        if np.dtype(code).hasobject:
            _Inert(self._stream, self._found).load()
            return
        if state.get("numpy_array_alignment_bytes") is not None:
            self._stream.skip(int.from_bytes(self._stream.read(1), "little"))
        count = 1
        for length in state["shape"]:
            count *= int(length)
        self._stream.skip(count * np.dtype(code).itemsize)

    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(_PYTHON.dispatch)
    dispatch[pickle.BUILD[0]] = load_build
    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8
