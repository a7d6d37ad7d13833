"""The bytes that stand for one prediction in a seal.

Invariant: equal rows have equal bytes, and no two different rows share theirs. Only values count: column types, the
order of features and the cut into files make no difference. The format stands in docs/reference/formats.md and is
final; the tests hold a second, plain writer of it. Salts and trees are for `predictions.seal`.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from copml.errors import PredictionsUnsealable
from copml.predictions.columns import LENGTH, Piece, blocks, constant, feature, float_bits, lengths, texts
from copml.predictions.ids import ID_BYTES
from copml.predictions.schema import INPUT, PROBABILITIES
from copml.records import PREDICTION, PROBABILITY

ROW_VERSION, ANY_KIND_VERSION = 1, 2
"""The forms of a row: with the probability of a yes, and with any number of answers and the name of a class."""
FLAGS = ("decision", "control", "eligible", "treat")
"""Columns that become the bits of one byte, the first the lowest."""
_COUNT_BYTES = 4
_FIRST = [("row_version", "u1"), ("id", f"V{ID_BYTES}"), ("slot", ">i8")]
_LAST = [("rank", ">u4"), ("flags", "u1"), ("entity_length", LENGTH)]


def encode(batch: pa.RecordBatch) -> pa.LargeBinaryArray:
    """The bytes of each row of a batch in the columns of `predictions_schema`; other columns are passed over.

    Raises:
        PredictionsUnsealable: when a column is missing, of another type, or empty where it may not be.
        InputUnsupported: for a feature of a type that has no form.
    """
    entity, version = (_text(batch, name) for name in ("entity", "version"))
    is_binary = PROBABILITY in batch.schema.names
    named = [] if is_binary else _sized(_class(batch))
    pieces = [blocks(_head(batch, entity, is_binary)), entity, *_sized(version), *named, *_inputs(batch)]
    return pc.binary_join_element_wise(*pieces, constant(b""))


def fixed(batch: pa.RecordBatch, name: str, width: int) -> NDArray[np.void]:
    """Values of a column of binary values of one width, shape (rows,).

    Raises:
        PredictionsUnsealable: when the column is missing, of another type, or empty somewhere.
    """
    column = _column(batch, name, pa.binary(width))
    data = np.frombuffer(column.buffers()[1] or b"", dtype=f"V{width}")
    return data[column.offset : column.offset + len(column)]


def _head(batch: pa.RecordBatch, entity: pa.Array, is_binary: bool) -> NDArray[np.void]:
    answers = float_bits(_answers(batch, is_binary))
    middle = [("answer", ">u8")] if is_binary else [("count", ">u4"), ("answer", ">u8", (answers.shape[1],))]
    head = np.empty(batch.num_rows, dtype=[*_FIRST, *middle, *_LAST])
    head["row_version"] = ROW_VERSION if is_binary else ANY_KIND_VERSION
    head["id"] = fixed(batch, "id", ID_BYTES)
    head["slot"] = _column(batch, "slot", pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
    head["answer"] = answers
    if not is_binary:
        head["count"] = answers.shape[1]
    head["rank"] = _column(batch, "rank", pa.uint32()).to_numpy()
    head["flags"] = sum(_bit(batch, name) << position for position, name in enumerate(FLAGS))
    head["entity_length"] = lengths(entity)
    return head


def _answers(batch: pa.RecordBatch, is_binary: bool) -> NDArray[np.float64]:
    """Shape (rows,) where the answer is a probability of yes, else (rows, answers)."""
    if is_binary:
        return np.asarray(_column(batch, PROBABILITY, pa.float64()).to_numpy())
    if PROBABILITIES not in batch.schema.names:
        return np.asarray(_column(batch, PREDICTION, pa.float64()).to_numpy()).reshape(-1, 1)
    lists = _column(batch, PROBABILITIES, pa.large_list(pa.float64()))
    widths = pc.list_value_length(lists).unique().to_pylist()
    flat = lists.flatten()
    if len(widths) > 1 or flat.null_count:
        raise PredictionsUnsealable(f"rows have {widths} probabilities, or some are missing")
    return np.asarray(flat.to_numpy()).reshape(len(lists), *widths or [0])


def _class(batch: pa.RecordBatch) -> pa.Array:
    """The name of the predicted class; empty where the prediction is a number."""
    if PROBABILITIES in batch.schema.names:
        return _text(batch, PREDICTION)
    return pa.repeat(pa.scalar(b"", pa.large_binary()), batch.num_rows)


def _text(batch: pa.RecordBatch, name: str) -> pa.Array:
    return texts(_column(batch, name, pa.large_string()))


def _sized(column: pa.Array) -> list[Piece]:
    """Length and bytes of each text."""
    length = np.empty(len(column), dtype=[("length", LENGTH)])
    length["length"] = lengths(column)
    return [blocks(length), column]


def _bit(batch: pa.RecordBatch, name: str) -> NDArray[np.uint8]:
    values: NDArray[np.uint8] = _column(batch, name, pa.bool_()).to_numpy(zero_copy_only=False).view(np.uint8)
    return values


def _inputs(batch: pa.RecordBatch) -> list[Piece]:
    column = batch.column(_index(batch, INPUT))
    if not pa.types.is_struct(column.type):
        raise PredictionsUnsealable(f"column {INPUT} is of type {column.type}, not a struct of the features")
    names = [field.name for field in column.type]
    if len(set(names)) != len(names):
        raise PredictionsUnsealable("two features have the same name")
    features = sorted(zip(names, column.flatten(), strict=True), key=lambda pair: pair[0].encode())
    count = constant(len(names).to_bytes(_COUNT_BYTES, "big"))
    return [count, *(piece for name, values in features for piece in feature(name, values))]


def _column(batch: pa.RecordBatch, name: str, kind: pa.DataType) -> pa.Array:
    """A column of the given type, without nulls."""
    column = batch.column(_index(batch, name))
    if column.null_count:
        raise PredictionsUnsealable(f"{column.null_count} of {len(column)} rows have no {name}")
    plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
    try:
        return plain.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise PredictionsUnsealable(f"column {name} is of type {column.type}: {error}") from error


def _index(batch: pa.RecordBatch, name: str) -> int:
    index: int = batch.schema.get_field_index(name)
    if index < 0:
        raise PredictionsUnsealable(f"they have no column {name}")
    return index
