"""Proofs of inclusion: every entry of every size has one, and no other leaf, place or size fits it."""

import pytest
from tests.ledgers import AT, MemoryLedger, retirement, salt

from copml.ledger import append, implied_root, inclusion, leaf, root

SIZES = (1, 2, 3, 4, 7, 8, 9, 16, 21, 33)


@pytest.fixture(scope="module")
def ledger() -> MemoryLedger:
    store = MemoryLedger()
    append(store, [(retirement(number), salt(number)) for number in range(max(SIZES))], at=AT)
    return store


@pytest.mark.parametrize("size", SIZES)
def test_every_entry_has_a_proof(ledger: MemoryLedger, size: int) -> None:
    expected = root(ledger, size)
    for entry in ledger.entries(0, size):
        proof = inclusion(ledger, entry.index, size)
        assert implied_root(leaf(entry), entry.index, size, proof) == expected


@pytest.mark.parametrize("size", SIZES[2:])
def test_a_proof_fits_one_leaf_at_one_place(ledger: MemoryLedger, size: int) -> None:
    expected = root(ledger, size)
    entries = list(ledger.entries(0, size))
    proof = inclusion(ledger, 1, size)
    assert implied_root(leaf(entries[2]), 1, size, proof) != expected
    assert all(implied_root(leaf(entries[1]), place, size, proof) != expected for place in range(size) if place != 1)
    assert implied_root(leaf(entries[1]), 1, size, proof[:-1]) != expected
    assert implied_root(leaf(entries[1]), 1, size, [*proof, bytes(32)]) is None
    assert implied_root(leaf(entries[1]), size, size, proof) is None
    for place in range(len(proof)):
        altered = [*proof[:place], bytes(32), *proof[place + 1 :]]
        assert implied_root(leaf(entries[1]), 1, size, altered) != expected
