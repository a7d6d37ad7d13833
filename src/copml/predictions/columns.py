"""The bytes of one column of predictions, for all rows at once.

Invariant: a value's bytes depend on the value, not on the type of the column that holds it: whole numbers up to 2^53
are written as the floating-point numbers that they equal, −0 as 0, and every NaN as one. How columns make a row is for
`predictions.leaf`.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import DTypeLike, NDArray

from copml.digest import INTEGER_MAX
from copml.errors import InputUnsupported, PredictionsUnsealable
from copml.predictions.schema import is_float, is_integer, is_text

NULL, FALSE, TRUE, INTEGER, NUMBER, TEXT = range(6)
"""Tags before the value of a feature. They are final; a new type takes the next number."""
LENGTH = ">u4"
"""Numpy type of the length before a text: four bytes, big-endian."""
_NAN_BITS = 0x7FF8_0000_0000_0000

Piece: TypeAlias = pa.Array | pa.Scalar
"""Bytes for each row (large_binary), or the same bytes for all rows."""


def feature(name: str, column: pa.Array) -> list[Piece]:
    """A feature's name, tag and value, as pieces to be joined in this order.

    Raises:
        InputUnsupported: for a column of a type that has no form.
        PredictionsUnsealable: for whole numbers beyond 64 bits.
    """
    for applies, write in _WRITERS:
        if applies(column.type):
            return write(text_bytes(name), column)
    raise InputUnsupported(name, str(column.type))


def text_bytes(text: str) -> bytes:
    """A text: its length in UTF-8 and its bytes, as it is, in no normal form."""
    data = text.encode()
    return len(data).to_bytes(4, "big") + data


def constant(data: bytes) -> Piece:
    """The same bytes for every row."""
    return pa.scalar(data, pa.large_binary())


def blocks(rows: NDArray[np.void]) -> pa.Array:
    """Bytes of each element of a packed array."""
    offsets = np.arange(len(rows) + 1, dtype=np.int64) * rows.dtype.itemsize
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(rows).view(np.uint8))]
    return pa.LargeBinaryArray.from_buffers(pa.large_binary(), len(rows), buffers)


def texts(column: pa.Array) -> pa.Array:
    """UTF-8 bytes of a text column, however it is kept; large_binary."""
    plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    return plain.cast(pa.large_string()).cast(pa.large_binary())


def lengths(column: pa.Array) -> NDArray[np.int64]:
    """Number of bytes of each value of a column without nulls, shape (rows,)."""
    found: NDArray[np.int64] = pc.binary_length(column).to_numpy(zero_copy_only=False)
    return found


def float_bits(values: NDArray[np.float64]) -> NDArray[np.uint64]:
    """IEEE 754 bits, in the same shape, with 0 for −0 and one pattern for every NaN."""
    bits = np.where(values == 0, np.uint64(0), values.view(np.uint64))
    return np.where(np.isnan(values), np.uint64(_NAN_BITS), bits)


def _nothing(name: bytes, _: pa.Array) -> list[Piece]:
    return [constant(name + bytes([NULL]))]


def _truths(name: bytes, column: pa.Array) -> list[Piece]:
    block = _block(name, column)
    block["tag"] = np.where(column.fill_null(False).to_numpy(zero_copy_only=False), TRUE, FALSE)
    return [_nulled(blocks(block), name, column)]


def _floats(name: bytes, column: pa.Array) -> list[Piece]:
    block = _block(name, column, ("value", ">u8"))
    values = column.cast(pa.float64()).fill_null(0.0).to_numpy()
    block["tag"], block["value"] = NUMBER, float_bits(values)
    return [_nulled(blocks(block), name, column)]


def _integers(name: bytes, column: pa.Array) -> list[Piece]:
    try:
        values = column.cast(pa.int64()).fill_null(0).to_numpy()
    except pa.ArrowInvalid as error:
        raise PredictionsUnsealable(f"{name[4:].decode()} holds a whole number beyond 64 bits") from error
    block = _block(name, column, ("value", ">u8"))
    is_large = (values > INTEGER_MAX) | (values < -INTEGER_MAX)
    block["tag"] = np.where(is_large, INTEGER, NUMBER)
    block["value"] = np.where(is_large, values.view(np.uint64), values.astype(np.float64).view(np.uint64))
    return [_nulled(blocks(block), name, column)]


def _texts(name: bytes, column: pa.Array) -> list[Piece]:
    values = texts(column).fill_null(b"")
    block = _block(name, column, ("length", LENGTH))
    block["tag"], block["length"] = TEXT, lengths(values)
    return [_nulled(blocks(block), name, column), values]


def _block(name: bytes, column: pa.Array, *value: tuple[str, DTypeLike]) -> NDArray[np.void]:
    """An array of name, tag and value for each row, packed; the name is filled in."""
    block = np.empty(len(column), dtype=[("name", f"V{len(name)}"), ("tag", "u1"), *value])
    block["name"] = np.void(name)
    return block


def _nulled(pieces: pa.Array, name: bytes, column: pa.Array) -> pa.Array:
    """The pieces, with name and tag alone where the column is null."""
    if column.null_count == 0:
        return pieces
    return pc.if_else(column.is_valid(), pieces, constant(name + bytes([NULL])))


_WRITERS: tuple[tuple[Callable[[pa.DataType], bool], Callable[[bytes, pa.Array], list[Piece]]], ...] = (
    (pa.types.is_null, _nothing),
    (pa.types.is_boolean, _truths),
    (is_integer, _integers),
    (is_float, _floats),
    (is_text, _texts),
)
