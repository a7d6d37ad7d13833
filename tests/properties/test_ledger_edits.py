"""Any edit to a ledger or to its checkpoints is found; appending in any portions gives one and the same ledger."""

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.leaves import tree_root
from tests.ledgers import AT, ORIGIN, MemoryLedger, filled, golden_keys, retirement, salt, signed

from copml.keys import Keys
from copml.ledger import VerifierKey, append, root, verify
from copml.ledger.log import leaf
from copml.merkle import leaf_hash, node_hash

SIZE = 21
FULL = filled(SIZE)
Edit = Callable[[MemoryLedger, st.DataObject], None]
quiet = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder: Path = tmp_path_factory.mktemp("keys")
    return golden_keys(folder)


def some(store: MemoryLedger, data: st.DataObject) -> int:
    return data.draw(st.sampled_from(sorted(store.kept)), label="entry")


def flip(value: bytes, data: st.DataObject) -> bytes:
    at = data.draw(st.integers(0, len(value) - 1), label="byte")
    return value[:at] + bytes([value[at] ^ data.draw(st.integers(1, 255), label="mask")]) + value[at + 1 :]


def edit_record(store: MemoryLedger, data: st.DataObject) -> None:
    index = some(store, data)
    store.kept[index] = replace(store.kept[index], record=flip(store.kept[index].record, data))


def edit_salt(store: MemoryLedger, data: st.DataObject) -> None:
    index = some(store, data)
    store.kept[index] = replace(store.kept[index], salt=flip(store.kept[index].salt, data))


def move_the_seam(store: MemoryLedger, data: st.DataObject) -> None:
    """Let salt ‖ record stay the same bytes, cut elsewhere."""
    index = some(store, data)
    entry = store.kept[index]
    whole = entry.salt + entry.record
    at = data.draw(st.integers(0, len(whole)).filter(lambda seam: seam != 32), label="seam")
    store.kept[index] = replace(entry, salt=whole[:at], record=whole[at:])


def edit_time(store: MemoryLedger, data: st.DataObject) -> None:
    index = some(store, data)
    by = data.draw(st.timedeltas(timedelta(microseconds=1), timedelta(days=900)), label="by")
    store.kept[index] = replace(store.kept[index], at=store.kept[index].at + by)


def edit_words(store: MemoryLedger, data: st.DataObject) -> None:
    index = some(store, data)
    changes = data.draw(st.dictionaries(st.sampled_from(["kind", "project"]), st.text(max_size=8), min_size=1))
    assume(any(getattr(store.kept[index], name) != value for name, value in changes.items()))
    store.kept[index] = replace(store.kept[index], **changes)  # type: ignore[arg-type]


def reorder(store: MemoryLedger, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(SIZE)).filter(lambda found: found != list(range(SIZE))), label="order")
    store.kept = {index: replace(FULL.kept[source], index=index) for index, source in enumerate(order)}


def delete(store: MemoryLedger, data: st.DataObject) -> None:
    for index in data.draw(st.sets(st.integers(0, SIZE - 1), min_size=1), label="deleted"):
        del store.kept[index]


def truncate(store: MemoryLedger, data: st.DataObject) -> None:
    """Remove the tail, with all nodes over it."""
    size = data.draw(st.integers(0, SIZE - 1), label="size")
    store.kept = {index: entry for index, entry in store.kept.items() if index < size}
    store.hashes = {place: value for place, value in store.hashes.items() if (place[1] + 1) << place[0] <= size}


def edit_node(store: MemoryLedger, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(sorted(store.hashes)), label="node")
    store.hashes[place] = flip(store.hashes[place], data)


def drop_node(store: MemoryLedger, data: st.DataObject) -> None:
    del store.hashes[data.draw(st.sampled_from(sorted(store.hashes)), label="node")]


def add_node(store: MemoryLedger, data: st.DataObject) -> None:
    places = st.tuples(st.integers(0, 63), st.integers(0, 2**40)).filter(lambda place: place not in store.hashes)
    store.hashes[data.draw(places, label="place")] = bytes(32)


def forge(store: MemoryLedger, data: st.DataObject) -> None:
    """Replace an entry and mend every node above it, as whoever holds the database can."""
    index = some(store, data)
    store.kept[index] = replace(store.kept[index], salt=flip(store.kept[index].salt, data))
    level, value = 0, leaf_hash(leaf(store.kept[index]))
    while (level, index) in store.hashes:
        store.hashes[level, index] = value
        other = store.hashes.get((level, index ^ 1))
        if other is None:
            return
        value = node_hash(other, value) if index % 2 else node_hash(value, other)
        level, index = level + 1, index // 2


EDITS: list[Edit] = [
    edit_record,
    edit_salt,
    move_the_seam,
    edit_time,
    edit_words,
    reorder,
    delete,
    truncate,
    edit_node,
    drop_node,
    add_node,
    forge,
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
@quiet
@given(data=st.data())
def test_any_edit_of_the_ledger_is_found(keys: Keys, edit: Edit, data: st.DataObject) -> None:
    store = copy.deepcopy(FULL)
    text = signed(store, SIZE, keys)
    edit(store, data)
    assert not verify(store, [text], VerifierKey(ORIGIN, keys.public_key)).holds


@quiet
@given(data=st.data())
def test_any_edit_of_a_checkpoint_is_found(keys: Keys, data: st.DataObject) -> None:
    text = signed(FULL, SIZE, keys)
    at = data.draw(st.integers(0, len(text)), label="at")
    length = data.draw(st.integers(0, 3), label="length")
    altered = text[:at] + data.draw(st.text(max_size=3), label="text") + text[at + length :]
    assume(altered != text)
    found = verify(FULL, [altered], VerifierKey(ORIGIN, keys.public_key))
    assert (found.holds, found.signed) == (False, 0)


@quiet
@given(portions=st.lists(st.integers(0, 7), max_size=8))
def test_any_portions_make_one_ledger(portions: list[int]) -> None:
    store, number = MemoryLedger(), 0
    for portion in portions:
        append(store, [(retirement(number + i), salt(number + i)) for i in range(portion)], at=AT)
        number += portion
    once = MemoryLedger()
    append(once, [(retirement(i), salt(i)) for i in range(number)], at=AT)
    assert (store.kept, store.hashes) == (once.kept, once.hashes)
    assert root(store, number) == tree_root([leaf(entry) for entry in store.entries(0, number)])
