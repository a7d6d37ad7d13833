"""A root is over all rows in the order of their ids, however they arrive."""

from typing import Any

import pyarrow as pa
import pytest
from tests.leaves import KINDS, ROW, leaf, tree_root

from copml.errors import PredictionsUnsealable
from copml.merkle import EMPTY_ROOT
from copml.predictions import merkle_root, merkle_root_unordered, predictions_schema

SCHEMA = predictions_schema(pa.schema(KINDS))


def rows(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [
        {**ROW, "id": number.to_bytes(16, "big"), "salt": number.to_bytes(32, "little"), "rank": number + 1}
        for number in range(first, first + count)
    ]


def batches(made: list[dict[str, Any]], size: int = 1 << 20) -> list[pa.RecordBatch]:
    cut: list[pa.RecordBatch] = pa.Table.from_pylist(made, schema=SCHEMA).to_batches(size)
    return cut


def plain_root(made: list[dict[str, Any]]) -> str:
    return tree_root([leaf(row) for row in made]).hex()


@pytest.mark.parametrize("size", [1, 7, 100, 1000])
def test_the_cut_into_batches_makes_no_difference(size: int) -> None:
    made = rows(300)
    assert merkle_root(batches(made, size)) == (plain_root(made), 300)


def test_portions_within_a_batch_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("copml.predictions.seal.ROWS_AT_ONCE", 64)
    made = rows(300)
    assert merkle_root(batches(made)) == (plain_root(made), 300)
    assert merkle_root_unordered(batches(made[::-1])) == (plain_root(made), 300)


@pytest.mark.parametrize("seal", [merkle_root, merkle_root_unordered])
def test_no_rows_have_the_empty_root(seal: Any) -> None:
    assert seal([]) == (EMPTY_ROOT.hex(), 0)
    assert seal([batches(rows(1))[0].slice(0, 0)]) == (EMPTY_ROOT.hex(), 0)


def test_batches_are_taken_one_by_one() -> None:
    taken: list[int] = []

    def stream() -> Any:
        for number in range(3):
            assert len(taken) == number
            yield batches(rows(2, 2 * number))[0]
            taken.append(number)

    assert merkle_root(stream())[1] == 6


@pytest.mark.parametrize("size", [1, 5, 100])
@pytest.mark.parametrize(("place", "row"), [(3, 3), (4, 4), (9, 9)])
def test_a_row_out_of_order_is_named(size: int, place: int, row: int) -> None:
    made = rows(10)
    made[place] = made[place - 1]
    with pytest.raises(PredictionsUnsealable, match=f"id of row {row} is not above"):
        merkle_root(batches(made, size))


@pytest.mark.parametrize("byte", range(16))
def test_order_counts_every_byte_as_unsigned(byte: int) -> None:
    low, high = rows(2)
    low["id"] = bytes(byte) + b"\x7f" + b"\xff" * (15 - byte)
    high["id"] = bytes(byte) + b"\x80" + bytes(15 - byte)
    assert merkle_root(batches([low, high]))[0] == plain_root([low, high])
    assert merkle_root_unordered(batches([high, low]))[0] == plain_root([low, high])
    with pytest.raises(PredictionsUnsealable):
        merkle_root(batches([high, low]))


def test_an_id_that_stands_twice_is_refused_in_any_order() -> None:
    made = rows(3)
    with pytest.raises(PredictionsUnsealable, match=r"id .*00000001 stands twice"):
        merkle_root_unordered(batches([made[1], made[2], made[0], made[1]]))


def test_another_salt_makes_another_root() -> None:
    made = rows(3)
    other = [*made[:2], {**made[2], "salt": bytes(32)}]
    assert merkle_root(batches(made)) != merkle_root(batches(other))
