"""Ids are UUIDs of version 7 that a re-run mints again and that sort by slot."""

import hmac
import uuid
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from copml.predictions import prediction_ids

KEY = bytes(range(32))
SLOT = datetime(2026, 2, 1, 12, 30, 0, 123_999, tzinfo=UTC)


def minted(run: str = "score-1", slot: datetime = SLOT, entities: tuple[str, ...] = ("a", "b", "c")) -> list[bytes]:
    found: list[bytes] = prediction_ids(KEY, run, slot, entities).to_pylist()
    return found


def test_an_id_is_a_uuid_of_version_7() -> None:
    for value in minted(entities=tuple(map(str, range(500)))):
        assert uuid.UUID(bytes=value).version == 7
        assert uuid.UUID(bytes=value).variant == uuid.RFC_4122


def test_the_first_six_bytes_are_the_milliseconds_of_the_slot() -> None:
    (value,) = minted(entities=("a",))
    assert int.from_bytes(value[:6], "big") == 1_769_949_000_123


def test_the_rest_is_the_mac_of_run_entity_and_ordinal() -> None:
    (value,) = minted(entities=("a",))
    mac = bytearray(hmac.digest(KEY, b"score-1|a|0", "sha256")[:10])
    mac[0] = mac[0] & 0x0F | 0x70
    mac[2] = mac[2] & 0x3F | 0x80
    assert value[6:] == bytes(mac)


def test_the_same_again_whatever_else_is_in_the_batch() -> None:
    assert minted() == minted()
    assert minted(entities=("c", "b")) == minted()[:0:-1]


def test_run_slot_entity_ordinal_and_key_each_make_another_id() -> None:
    found = [
        *minted(),
        *minted(run="score-2"),
        *minted(slot=SLOT + timedelta(milliseconds=1)),
        *prediction_ids(KEY, "score-1", SLOT, ["a", "b"], [1, 2]).to_pylist(),
        *prediction_ids(bytes(32), "score-1", SLOT, ["a"]).to_pylist(),
    ]
    assert len(set(found)) == len(found) == 12


def test_ordinals_count_from_zero_and_one_belongs_to_each_entity() -> None:
    assert prediction_ids(KEY, "score-1", SLOT, ["a", "b", "c"], [0, 0, 0]).to_pylist() == minted()
    with pytest.raises(ValueError, match="shorter"):
        prediction_ids(KEY, "score-1", SLOT, ["a", "b"], [0])


def test_ids_of_a_later_slot_sort_after_those_of_an_earlier() -> None:
    earlier = minted(slot=SLOT - timedelta(milliseconds=1), entities=tuple(map(str, range(300))))
    later = minted(entities=tuple(map(str, range(300))))
    assert max(earlier) < min(later)


def test_the_column_has_the_type_of_the_schema() -> None:
    assert prediction_ids(KEY, "r", SLOT, ["a"]).type == pa.binary(16)
    assert len(prediction_ids(KEY, "r", SLOT, [])) == 0


@pytest.mark.parametrize("slot", [datetime(1969, 12, 31, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)])
def test_a_slot_before_1970_has_no_id(slot: datetime) -> None:
    with pytest.raises(ValueError, match="no place"):
        minted(slot=slot)


def test_a_run_may_not_hold_the_separator() -> None:
    with pytest.raises(ValueError, match="separates"):
        minted(run="a|b")
