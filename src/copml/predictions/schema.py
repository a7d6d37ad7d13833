"""The columns of the table of predictions.

Invariant: whatever stands in a table of this schema has a leaf, because a feature of a type without one is refused
before anything is scored. Which columns are partition keys is for `store`.
"""

import pyarrow as pa

from copml.errors import InputUnsupported

INPUT = "input"


def predictions_schema(input_fields: pa.Schema) -> pa.Schema:
    """Columns of the predictions table for a model with these feature columns, in the order in which it takes them.

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
            pa.field("probability", pa.float64(), nullable=False),
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
