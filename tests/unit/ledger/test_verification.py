"""What was done to a ledger is found and said in plain words; what was not touched is not accused."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.ledgers import AT, ORIGIN, MemoryLedger, filled, golden_keys, retirement, salt, signed

from copml.keys import Keys
from copml.ledger import VerifierKey, append, verify
from copml.ledger.verification import PROBLEMS_MAX

Deed = Callable[[MemoryLedger], object]
SIZE = 20


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return golden_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def key(keys: Keys) -> VerifierKey:
    return VerifierKey(ORIGIN, keys.public_key)


def entry(store: MemoryLedger, index: int, **changes: object) -> None:
    store.kept[index] = replace(store.kept[index], **changes)  # type: ignore[arg-type]


def swap(store: MemoryLedger, one: int, other: int) -> None:
    kept = store.kept
    kept[one], kept[other] = replace(kept[other], index=one), replace(kept[one], index=other)


def cut(store: MemoryLedger, size: int) -> None:
    """Remove the tail without a trace."""
    store.kept = {index: entry for index, entry in store.kept.items() if index < size}
    store.hashes = {place: value for place, value in store.hashes.items() if (place[1] + 1) << place[0] <= size}


def rewrite(store: MemoryLedger, index: int) -> None:
    """Put another record in the place of one, and mend the whole tree."""
    records = [(retirement(number), salt(number)) for number in range(len(store.kept))]
    records[index] = (retirement(99), salt(index))
    store.kept, store.hashes = {}, {}
    for number, record in enumerate(records):
        append(store, [record], at=AT + timedelta(seconds=number))


def remove(store: MemoryLedger, *indexes: int) -> None:
    for index in indexes:
        del store.kept[index]


DEEDS: dict[str, tuple[Deed, str]] = {
    "record": (lambda s: entry(s, 3, record=s.kept[3].record + b" "), "entry 3 (retirement) was altered"),
    "record of another": (lambda s: entry(s, 3, record=s.kept[4].record), "entry 3 (retirement) was altered"),
    "salt": (lambda s: entry(s, 3, salt=bytes(32)), "entry 3 (retirement) was altered"),
    "a byte moved from record to salt": (
        lambda s: entry(s, 3, salt=s.kept[3].salt + s.kept[3].record[:1], record=s.kept[3].record[1:]),
        "the salt of entry 3 was altered: it has 33 bytes",
    ),
    "kind": (lambda s: entry(s, 3, kind="run"), "the kind of entry 3 was altered"),
    "project": (lambda s: entry(s, 3, project="other"), "the project of entry 3 was altered"),
    "time": (lambda s: entry(s, 3, at=AT), "the at of entry 3 was altered"),
    "not JSON": (lambda s: entry(s, 3, record=b"\xff"), "the record of entry 3 was altered"),
    "not an object": (lambda s: entry(s, 3, record=b"[]"), "the kind of entry 3 was altered"),
    "order": (lambda s: swap(s, 3, 4), "entry 4 (retirement) was altered"),
    "one entry": (lambda s: remove(s, 3), "entry 3 is missing"),
    "some entries": (lambda s: remove(s, 3, 4, 5), "entries 3 to 5 are missing"),
    "first entry": (lambda s: remove(s, 0), "entry 0 is missing"),
    "last entry": (lambda s: remove(s, SIZE - 1), "node 19 of level 0 belongs to an entry that the ledger does not"),
    "tail without a trace": (lambda s: cut(s, 17), "the last 3 were removed"),
    "everything": (lambda s: cut(s, 0), "the last 20 were removed"),
    "another index": (lambda s: s.kept.update({10**15: replace(s.kept.pop(3), index=10**15)}), "entry 3 is missing"),
    "leaf": (lambda s: s.hashes.update({(0, 3): bytes(32)}), "entry 3 (retirement) was altered"),
    "missing leaf": (lambda s: s.hashes.pop((0, 3)), "the leaf of entry 3 is missing"),
    "node": (lambda s: s.hashes.update({(2, 1): bytes(32)}), "node 1 of level 2 was altered"),
    "empty node": (lambda s: s.hashes.update({(2, 1): b""}), "node 1 of level 2 was altered"),
    "top node": (lambda s: s.hashes.update({(4, 0): bytes(32)}), "node 0 of level 4 was altered"),
    "missing node": (lambda s: s.hashes.pop((2, 1)), "node 1 of level 2 is missing"),
    "extra node": (lambda s: s.hashes.update({(5, 0): bytes(32)}), "node 0 of level 5 belongs to an entry"),
    "rewritten": (lambda s: rewrite(s, 3), "are not those that the checkpoint of size 20 was signed over"),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_every_deed_is_found_and_named(keys: Keys, key: VerifierKey, deed: str) -> None:
    store = filled(SIZE)
    text = signed(store, SIZE, keys)
    act, words = DEEDS[deed]
    act(store)
    found = verify(store, [text], key)
    assert not found.holds
    assert any(words in problem for problem in found.problems), found.problems


SEEN_FROM_OUTSIDE = {"tail without a trace", "everything", "rewritten"}


@pytest.mark.parametrize("deed", sorted(set(DEEDS) - SEEN_FROM_OUTSIDE))
def test_an_edit_is_found_without_a_checkpoint_and_few_others_are_accused(key: VerifierKey, deed: str) -> None:
    store = filled(SIZE)
    DEEDS[deed][0](store)
    found = verify(store, [], key)
    assert 1 <= len(found.problems) <= 5


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 20])
def test_an_untouched_ledger_holds(keys: Keys, key: VerifierKey, size: int) -> None:
    store = filled(size)
    texts = [signed(store, at, keys) for at in range(size + 1)]
    found = verify(store, texts, key)
    assert (found.size, found.signed, found.problems, found.holds) == (size, size, (), True)
    assert len(found.root) == 64


def test_entries_after_the_newest_checkpoint_are_not_signed_for(keys: Keys, key: VerifierKey) -> None:
    store = filled(SIZE)
    assert verify(store, [signed(store, 5, keys), signed(store, 12, keys), signed(store, 7, keys)], key).signed == 12
    assert verify(store, [], key).signed == 0


def test_a_rewrite_is_seen_by_a_checkpoint_only(keys: Keys, key: VerifierKey) -> None:
    store = filled(SIZE)
    before, after = signed(store, 3, keys), signed(store, 4, keys)
    rewrite(store, 3)
    assert verify(store, [before], key).holds
    assert verify(store, [before, after], key).signed == 3
    assert len(verify(store, [before, after], key).problems) == 1


def test_a_checkpoint_of_another_key_is_not_trusted(key: VerifierKey, tmp_path: Path) -> None:
    store = filled(SIZE)
    found = verify(store, [signed(store, SIZE, Keys.create(tmp_path / "other")), "nonsense"], key)
    assert found.signed == 0
    assert [problem.partition(" cannot")[0] for problem in found.problems] == [
        "checkpoint 1 of those given",
        "checkpoint 2 of those given",
    ]


def test_a_checkpoint_over_missing_nodes_cannot_be_compared(keys: Keys, key: VerifierKey) -> None:
    store = filled(SIZE)
    text = signed(store, SIZE, keys)
    del store.hashes[4, 0]
    found = verify(store, [text], key)
    assert found.root == ""
    assert "the checkpoint of size 20 cannot be compared" in found.problems[-1]


def test_a_ledger_that_was_replaced_has_a_bounded_list_of_problems(keys: Keys, key: VerifierKey) -> None:
    store = filled(300)
    texts = [signed(store, size, keys) for size in range(1, 151)]
    for index in range(300):
        entry(store, index, salt=bytes(31) + b"!")
    store.hashes[7, 0] = bytes(32)
    assert len(verify(store, texts, key).problems) <= 2 * PROBLEMS_MAX
