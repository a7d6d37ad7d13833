"""What can be predicted on is what can be sealed."""

import pyarrow as pa
import pytest

from copml.errors import InputUnsupported
from copml.predictions import predictions_schema

RECORDABLE = [
    pa.null(),
    pa.bool_(),
    pa.int8(),
    pa.uint64(),
    pa.float16(),
    pa.float32(),
    pa.float64(),
    pa.string(),
    pa.large_string(),
    pa.string_view(),
    pa.dictionary(pa.int8(), pa.string()),
]
OTHERS = [
    pa.timestamp("us"),
    pa.date32(),
    pa.binary(),
    pa.decimal128(9, 2),
    pa.list_(pa.float64()),
    pa.struct([pa.field("x", pa.float64())]),
    pa.dictionary(pa.int8(), pa.int64()),
]


def test_the_input_is_one_struct_in_the_order_of_the_model() -> None:
    schema = predictions_schema(pa.schema({"z": pa.float64(), "a": pa.string()}))
    assert schema.names == [
        "id",
        "entity",
        "slot",
        "version",
        "probability",
        "decision",
        "control",
        "eligible",
        "treat",
        "rank",
        "salt",
        "input",
    ]
    assert [field.name for field in schema.field("input").type] == ["z", "a"]
    assert not any(field.nullable for field in schema)


@pytest.mark.parametrize("kind", RECORDABLE, ids=str)
def test_numbers_texts_and_truth_values_can_be_recorded(kind: pa.DataType) -> None:
    assert predictions_schema(pa.schema({"x": kind})).field("input").type.field("x").type == kind


@pytest.mark.parametrize("kind", OTHERS, ids=str)
def test_everything_else_is_refused_by_name(kind: pa.DataType) -> None:
    with pytest.raises(InputUnsupported, match="'x'"):
        predictions_schema(pa.schema({"ok": pa.float64(), "x": kind}))
