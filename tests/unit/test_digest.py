"""Canonical bytes: the published number vectors of RFC 8785, and our tags."""

import json
import math
import struct
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copml.digest import canonical, digest_of, instant

# RFC 8785, appendix B: IEEE 754 bits and the text that ECMAScript gives.
NUMBERS = {
    "0000000000000001": "5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_numbers_are_written_as_rfc_8785_says(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(value) == text.encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-0.0, "0"),
        (math.nan, '"float:nan"'),
        (-math.inf, '"float:-inf"'),
        (2**53, "9007199254740992"),
        (2**53 + 1, '"int:9007199254740993"'),
        (Decimal("1.10"), '"decimal:1.10"'),
        ("int:5", '"text:int:5"'),
        ("text:x", '"text:text:x"'),
        (b"\x00\xff", '"hex:00ff"'),
        ("€ \u2028\u0007", '"€ \u2028\\u0007"'),
        ({"\U0001f600": 1, "\ufb33": 2}, '{"\U0001f600":1,"\ufb33":2}'),
        (datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), '"2026-01-01T00:00:00.000000Z"'),
    ],
)
def test_traps_are_closed(value: object, text: str) -> None:
    assert canonical(value) == text.encode()


@pytest.mark.parametrize("value", [object(), {1: 2}, datetime(2026, 1, 1), 1j])  # noqa: DTZ001 - what is refused
def test_what_has_no_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.decimals(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_canonical_bytes_are_json_and_canonical_again(value: object) -> None:
    text = canonical(value)
    assert canonical(value) == text
    json.loads(text)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_itself(value: float) -> None:
    assert float(json.loads(canonical(value))) == value


@given(st.dictionaries(st.text(), st.integers(-5, 5)))
def test_the_order_of_keys_makes_no_difference(value: dict[str, int]) -> None:
    assert digest_of(value) == digest_of(dict(reversed(value.items())))


@given(st.text(), st.integers() | st.floats() | st.decimals(allow_nan=False) | st.binary())
def test_no_text_has_the_bytes_of_another_type(text: str, other: object) -> None:
    assert canonical(text) != canonical(other)


def test_an_instant_has_a_fixed_width() -> None:
    assert instant(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00.000000Z"
