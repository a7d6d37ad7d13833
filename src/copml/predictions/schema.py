"""The columns of the table of predictions.

Invariant: whatever stands in a table of this schema has a leaf, because a feature of a type without one is refused
before anything is scored. Which columns are partition keys is for `store`.
"""

import pyarrow as pa

from copml.errors import InputUnsupported
from copml.records import PREDICTION, PROBABILITY, ProblemKind

INPUT, PROBABILITIES = "input", "probabilities"


_NUMBER = (pa.field(PREDICTION, pa.float64(), nullable=False),)
_ANSWERS: dict[ProblemKind, tuple[pa.Field, ...]] = {
    ProblemKind.BINARY: (pa.field(PROBABILITY, pa.float64(), nullable=False),),
    ProblemKind.REGRESSION: _NUMBER,
    ProblemKind.RANKING: _NUMBER,
    ProblemKind.MULTICLASS: (
        pa.field(PREDICTION, pa.string(), nullable=False),
        pa.field(PROBABILITIES, pa.list_(pa.field("item", pa.float64(), nullable=False)), nullable=False),
    ),
}


def predictions_schema(input_fields: pa.Schema, kind: ProblemKind = ProblemKind.BINARY) -> pa.Schema:
    """Columns of the predictions table for a model with these feature columns, in the order in which it takes them.

    What was answered stands in `probability` (binary), in `prediction` (a number or score), or in `prediction` (the
    name of the class) and `probabilities` (of each class).

    Raises:
        InputUnsupported: for a feature that is no number, text or truth value.
    """
    for field in input_fields:
        if not is_recordable(field.type):
            raise InputUnsupported(field.name, str(field.type))
    return pa.schema(
        [
            pa.field("id", pa.binary(16), nullable=False),
            pa.field("entity", pa.string(), nullable=False),
            pa.field("slot", pa.timestamp("us", tz="UTC"), nullable=False),
            pa.field("version", pa.string(), nullable=False),
            *_ANSWERS[kind],
            pa.field("decision", pa.bool_(), nullable=False),
            pa.field("control", pa.bool_(), nullable=False),
            pa.field("eligible", pa.bool_(), nullable=False),
            pa.field("treat", pa.bool_(), nullable=False),
            pa.field("rank", pa.int32(), nullable=False),
            pa.field("salt", pa.binary(32), nullable=False),
            pa.field(INPUT, pa.struct(list(input_fields)), nullable=False),
        ]
    )


def is_recordable(kind: pa.DataType) -> bool:
    """Whether values of an Arrow type can stand in the bytes of a prediction."""
    return any(test(kind) for test in (pa.types.is_null, pa.types.is_boolean, is_integer, is_float, is_text))


def is_integer(kind: pa.DataType) -> bool:
    """Whole numbers of any width."""
    return bool(pa.types.is_integer(kind))


def is_float(kind: pa.DataType) -> bool:
    """Floating-point numbers of any width."""
    return bool(pa.types.is_floating(kind))


def is_text(kind: pa.DataType) -> bool:
    """Text, also as a view or behind a dictionary."""
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(test(value) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))
