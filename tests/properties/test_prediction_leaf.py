"""The bytes of predictions, written column by column, are those of the plain writer: for any rows, in any types."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.leaves import leaf, row_bytes, tree_root

from copml.predictions import encode, merkle_root, merkle_root_unordered, predictions_schema
from copml.predictions.seal import leaf_hashes
from copml.records import ProblemKind

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUES: dict[pa.DataType, st.SearchStrategy[object]] = {
    pa.bool_(): st.booleans(),
    pa.int8(): st.integers(-128, 127),
    pa.int64(): st.integers(-(2**63), 2**63 - 1) | st.integers(2**53 - 2, 2**53 + 2) | st.integers(-3, 3),
    pa.uint64(): st.integers(0, 2**63 - 1),
    pa.float32(): st.floats(width=32),
    pa.float64(): st.floats(),
    pa.string(): TEXTS,
    pa.large_string(): TEXTS,
    pa.string_view(): TEXTS,
    pa.dictionary(pa.int32(), pa.string()): TEXTS,
    pa.null(): st.none(),
}


@st.composite
def answers(draw: st.DrawFn, kind: ProblemKind) -> dict[str, st.SearchStrategy[object]]:
    if kind is ProblemKind.BINARY:
        return {"probability": st.floats()}
    if kind is not ProblemKind.MULTICLASS:
        return {"prediction": st.floats()}
    classes = draw(st.integers(2, 4))
    return {"prediction": TEXTS, "probabilities": st.lists(st.floats(), min_size=classes, max_size=classes)}


@st.composite
def batches(draw: st.DrawFn) -> tuple[list[dict[str, Any]], pa.RecordBatch]:
    kinds = draw(st.dictionaries(TEXTS, st.sampled_from(list(VALUES)), max_size=5))
    kind = draw(st.sampled_from(list(ProblemKind)))
    row = st.fixed_dictionaries(
        {
            "id": st.binary(min_size=16, max_size=16),
            "entity": TEXTS,
            "slot": st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
            "version": TEXTS,
            **draw(answers(kind)),
            "decision": st.booleans(),
            "control": st.booleans(),
            "eligible": st.booleans(),
            "treat": st.booleans(),
            "rank": st.integers(0, 2**31 - 1),
            "salt": st.binary(min_size=32, max_size=32),
            "input": st.fixed_dictionaries({name: st.none() | VALUES[kind] for name, kind in kinds.items()}),
        }
    )
    rows = draw(st.lists(row, max_size=6, unique_by=lambda made: made["id"]))
    schema = predictions_schema(pa.schema(kinds), kind)
    return rows, pa.RecordBatch.from_arrays([column(rows, field) for field in schema], schema=schema)


def column(rows: list[dict[str, Any]], field: pa.Field) -> pa.Array:
    values = [row[field.name] for row in rows]
    if field.name != "input":
        return pa.array(values, field.type)
    features = [pa.array([value[one.name] for value in values], one.type) for one in field.type]
    if not features:
        return pa.array(values, field.type)
    return pa.StructArray.from_arrays(features, fields=list(field.type))


@settings(max_examples=50, deadline=None)
@given(batches())
def test_columns_and_rows_write_the_same_bytes(made: tuple[list[dict[str, Any]], pa.RecordBatch]) -> None:
    rows, batch = made
    assert encode(batch).to_pylist() == [row_bytes(row) for row in rows]


@settings(max_examples=50, deadline=None)
@given(batches(), st.integers(1, 7))
def test_the_root_is_over_the_leaves_in_the_order_of_ids(
    made: tuple[list[dict[str, Any]], pa.RecordBatch], size: int
) -> None:
    rows, batch = made
    leaves = [leaf(row) for row in sorted(rows, key=lambda row: row["id"])]
    expected = (tree_root(leaves).hex(), len(rows))
    assert merkle_root_unordered(pa.Table.from_batches([batch]).to_batches(size)) == expected
    order = sorted(range(len(rows)), key=lambda at: rows[at]["id"])
    assert merkle_root(batch.slice(at, 1) for at in order) == expected
    assert len(leaf_hashes(batch)) == len(rows)


@settings(max_examples=50, deadline=None)
@given(batches())
def test_different_rows_have_different_bytes(made: tuple[list[dict[str, Any]], pa.RecordBatch]) -> None:
    rows, batch = made
    counted = Counter(encode(batch).to_pylist())
    assert len(counted) == len({row["id"] for row in rows})
