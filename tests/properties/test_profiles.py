"""Profiles add up: counting parts and adding gives what counting the whole gives, however it is cut."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from copml.metrics import merge, profile

ROWS = st.lists(
    st.tuples(
        st.none() | st.floats(width=32),
        st.none() | st.integers(-5, 5),
        st.none() | st.sampled_from(["a", "b", "…", ""]),
        st.none() | st.booleans(),
    )
)
SCHEMA = pa.schema({"float": pa.float64(), "integer": pa.int64(), "text": pa.string(), "flag": pa.bool_()})


def _table(rows: list[tuple[float | None, int | None, str | None, bool | None]]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)


@settings(max_examples=40)
@given(ROWS, ROWS, ROWS)
def test_parts_add_up_to_the_whole(
    reference: list[tuple[float | None, int | None, str | None, bool | None]],
    one: list[tuple[float | None, int | None, str | None, bool | None]],
    other: list[tuple[float | None, int | None, str | None, bool | None]],
) -> None:
    like = profile(_table(reference))
    parts = merge(profile(_table(one), like), profile(_table(other), like))
    assert parts == profile(_table(one + other), like)
    assert merge(profile(_table(other), like), profile(_table(one), like)) == parts


@settings(max_examples=40)
@given(ROWS)
def test_every_row_is_counted_once_and_a_table_is_like_itself(
    rows: list[tuple[float | None, int | None, str | None, bool | None]],
) -> None:
    seen = profile(_table(rows))
    assert all(sum(bins.counts) + bins.missing == len(rows) for bins in seen.values())
    assert profile(_table(rows), seen) == seen
    for bins in seen.values():
        assert list(bins.edges) == sorted(set(bins.edges))
        assert len(bins.edges) <= 19
        assert len(bins.labels) <= 51
