"""The bytes of a row against the plain writer, and what must and must not make a difference to them."""

import math
import struct
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from tests.leaves import KINDS, ROW, row_bytes

from copml.errors import InputUnsupported, PredictionsUnsealable
from copml.predictions import encode, predictions_schema


def batch(*rows: dict[str, Any], kinds: dict[str, pa.DataType] = KINDS) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=predictions_schema(pa.schema(kinds)))


def one(value: object, kind: pa.DataType) -> bytes:
    """Tag and value of a single feature, as they end a row."""
    row = {**ROW, "input": {"x": value}}
    (data,) = encode(batch(row, kinds={"x": kind})).to_pylist()
    head = row_bytes({**ROW, "input": {}})
    assert data.startswith(head[:-4] + b"\0\0\0\1" + b"\0\0\0\1x")
    return bytes(data[len(head) + 5 :])


def replaced(name: str, column: pa.Array) -> pa.RecordBatch:
    rows = batch(ROW)
    return rows.set_column(rows.schema.get_field_index(name), name, column)


def test_a_row_is_written_as_described() -> None:
    (data,) = encode(batch(ROW)).to_pylist()
    assert data == row_bytes(ROW)


@pytest.mark.parametrize(
    ("value", "kind", "written"),
    [
        (None, pa.null(), "00"),
        (None, pa.string(), "00"),
        (None, pa.float64(), "00"),
        (False, pa.bool_(), "01"),
        (True, pa.bool_(), "02"),
        (None, pa.bool_(), "00"),
        (1, pa.int64(), "043ff0000000000000"),
        (1.0, pa.float64(), "043ff0000000000000"),
        (-0.0, pa.float64(), "040000000000000000"),
        (math.nan, pa.float64(), "047ff8000000000000"),
        (-math.nan, pa.float64(), "047ff8000000000000"),
        (math.inf, pa.float64(), "047ff0000000000000"),
        (-math.inf, pa.float32(), "04fff0000000000000"),
        (2**53, pa.int64(), "044340000000000000"),
        (-(2**53), pa.int64(), "04c340000000000000"),
        (2**53 + 1, pa.int64(), "030020000000000001"),
        (-(2**63), pa.int64(), "038000000000000000"),
        (2**63 - 1, pa.uint64(), "037fffffffffffffff"),
        ("", pa.string(), "0500000000"),
        ("Ä", pa.string(), "0500000002c384"),
        ("A\u0308", pa.string(), "050000000341cc88"),
    ],
    ids=str,
)
def test_values(value: object, kind: pa.DataType, written: str) -> None:
    assert one(value, kind).hex() == written


@pytest.mark.parametrize("bits", [0x7FF0_0000_0000_0001, 0xFFF8_0000_0000_0000, 0x7FFF_FFFF_FFFF_FFFF])
def test_every_nan_is_the_same(bits: int) -> None:
    (value,) = struct.unpack(">d", bits.to_bytes(8, "big"))
    assert one(value, pa.float64()).hex() == "047ff8000000000000"


def test_a_missing_number_is_not_nan_and_no_text_is_not_empty_text() -> None:
    assert one(None, pa.float64()) != one(math.nan, pa.float64())
    assert one(None, pa.string()) != one("", pa.string())


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        (12, [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint64(), pa.float16(), pa.float32()]),
        ("One year", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]),
        (None, [pa.null(), pa.bool_(), pa.int8(), pa.float32(), pa.string(), pa.dictionary(pa.int8(), pa.string())]),
    ],
)
def test_the_type_of_the_column_makes_no_difference(value: object, kinds: list[pa.DataType]) -> None:
    assert len({one(value, kind) for kind in kinds}) == 1


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("id", pa.array([ROW["id"]], pa.binary())),
        ("salt", pa.array([ROW["salt"]], pa.large_binary())),
        ("entity", pa.array([ROW["entity"]]).dictionary_encode()),
        ("version", pa.array([ROW["version"]], pa.string_view())),
        ("slot", pa.array([ROW["slot"]], pa.timestamp("ns", tz="UTC"))),
        ("slot", pa.array([ROW["slot"]], pa.timestamp("s", tz="Europe/Berlin"))),
        ("probability", pa.array([0.25], pa.float32())),
        ("rank", pa.array([7], pa.int64())),
    ],
    ids=lambda value: str(getattr(value, "type", value)),
)
def test_how_a_lake_keeps_a_column_makes_no_difference(name: str, column: pa.Array) -> None:
    assert encode(replaced(name, column)).to_pylist() == [row_bytes(ROW)]


def test_order_and_surplus_of_columns_make_no_difference() -> None:
    rows = batch(ROW)
    turned = rows.select(rows.schema.names[::-1]).append_column("run", pa.array(["score-1"]))
    assert encode(turned).to_pylist() == [row_bytes(ROW)]
    features = rows.column("input")
    names = [field.name for field in features.type][::-1]
    turned = replaced("input", pa.StructArray.from_arrays([features.field(name) for name in names], names))
    assert encode(turned).to_pylist() == [row_bytes(ROW)]


def test_features_stand_in_the_order_of_their_bytes() -> None:
    row = {**ROW, "input": {"ä": 1, "b": 2, "B": 3, "": 4, "\U0001f600": 5, "\uffff": 6}}
    (data,) = encode(batch(row, kinds=dict.fromkeys(row["input"], pa.int64()))).to_pylist()
    assert data == row_bytes(row)
    assert [number for _, number in sorted((data.rindex(struct.pack(">d", n)), n) for n in range(1, 7))] == [
        4,
        3,
        2,
        1,
        6,
        5,
    ]


CHANGES: dict[str, Any] = {
    "id": bytes(16),
    "entity": "f" * 32,
    "slot": datetime(2026, 2, 1, 12, 0, 0, 1, tzinfo=UTC),
    "version": "v4",
    "probability": 0.25000000000000006,
    "decision": False,
    "control": True,
    "eligible": False,
    "treat": True,
    "rank": 8,
    "input": {"tenure": 12, "contract": "One Year", "senior": None},
}


def test_every_column_makes_a_difference() -> None:
    rows = [ROW, *({**ROW, name: value} for name, value in CHANGES.items())]
    found = encode(batch(*rows)).to_pylist()
    assert found == [row_bytes(row) for row in rows]
    assert len(set(found)) == 12


def test_a_name_makes_a_difference_and_so_does_a_missing_feature() -> None:
    rows: list[dict[str, int | None]] = [{"a": 1, "b": None}, {"a": None, "b": 1}, {"b": 1}, {"bb": 1}, {}]
    found = {
        data
        for row in rows
        for data in encode(batch({**ROW, "input": row}, kinds=dict.fromkeys(row, pa.int64()))).to_pylist()
    }
    assert len(found) == 5


def test_a_slice_is_as_its_rows() -> None:
    rows = [{**ROW, "rank": rank, "input": {**ROW["input"], "tenure": rank}} for rank in range(1, 20)]
    assert encode(batch(*rows).slice(3, 9)).to_pylist() == [row_bytes(row) for row in rows[3:12]]
    assert len(encode(batch(*rows).slice(0, 0))) == 0


def test_an_empty_struct_is_as_one_of_missing_features() -> None:
    features = pa.StructArray.from_arrays(
        [pa.array([1]), pa.array(["x"])], ["tenure", "contract"], mask=pa.array([True])
    )
    assert encode(replaced("input", features)).to_pylist() == [
        row_bytes({**ROW, "input": {"tenure": None, "contract": None}})
    ]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (batch(ROW).drop_columns(["rank"]), "no column rank"),
        (batch(ROW).drop_columns(["input"]), "no column input"),
        (replaced("entity", pa.array([None], pa.string())), "1 of 1 rows have no entity"),
        (replaced("decision", pa.array(["yes"])), "column decision is of type string"),
        (replaced("id", pa.array([b"short"])), "column id is of type binary"),
        (replaced("rank", pa.array([-1])), "column rank is of type int64"),
        (replaced("slot", pa.array([1_000_000_000_000_000_001], pa.timestamp("ns", tz="UTC"))), "column slot"),
        (replaced("input", pa.array([1])), "not a struct"),
        (replaced("input", pa.StructArray.from_arrays([pa.array([1])] * 2, ["x", "x"])), "the same name"),
        (
            replaced("input", pa.StructArray.from_arrays([pa.array([2**64 - 1], pa.uint64())], ["x"])),
            "x holds a whole number",
        ),
    ],
    ids=range(10),
)
def test_what_has_no_bytes_is_refused(rows: pa.RecordBatch, words: str) -> None:
    with pytest.raises(PredictionsUnsealable, match=words):
        encode(rows)


def test_a_feature_of_another_type_is_refused_by_name() -> None:
    rows = replaced("input", pa.StructArray.from_arrays([pa.array([ROW["slot"]])], ["at"]))
    with pytest.raises(InputUnsupported, match="'at'"):
        encode(rows)
