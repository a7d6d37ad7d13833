"""Many MACs at once are HMAC-SHA256, as the standard library makes it."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copml.digest import macs


@given(st.binary(max_size=64), st.lists(st.binary(max_size=300), max_size=5))
def test_macs_are_hmac_sha256(key: bytes, messages: list[bytes]) -> None:
    assert macs(key, messages) == [hmac.digest(key, message, "sha256") for message in messages]


def test_known_answers_of_rfc_4231() -> None:
    found = macs(b"Jefe", [b"what do ya want for nothing?"])[0].hex()
    assert found == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_a_key_longer_than_a_block_is_refused() -> None:
    with pytest.raises(AssertionError):
        macs(bytes(65), [])
