"""Appending: entries in order, the nodes that they complete, the root of any size."""

import json
from datetime import UTC, datetime

import pytest
from tests.leaves import tree_root
from tests.ledgers import AT, MemoryLedger, filled, retirement, salt

from copml.errors import LedgerIncomplete
from copml.ledger import append, root
from copml.ledger.log import leaf
from copml.records import WorkspaceMark


def test_roots_of_all_sizes_are_those_of_the_definition() -> None:
    store = filled(70)
    leaves = [leaf(entry) for entry in store.entries(0, 70)]
    assert [root(store, size) for size in range(71)] == [tree_root(leaves[:size]) for size in range(71)]


def test_many_at_once_are_as_many_one_by_one() -> None:
    once = MemoryLedger()
    append(once, [(retirement(number), salt(number)) for number in range(13)], at=AT)
    single = MemoryLedger()
    for number in range(13):
        append(single, [(retirement(number), salt(number))], at=AT)
    assert (once.kept, once.hashes) == (single.kept, single.hashes)


def test_nodes_are_the_complete_ones_and_no_others() -> None:
    expected = {(level, index) for level in range(8) for index in range(100 >> level)}
    assert filled(100).hashes.keys() == expected


def test_an_entry_says_what_when_and_for_whom() -> None:
    (entry,) = append(MemoryLedger(), [(retirement(7), salt(7))], at=AT)
    assert (entry.index, entry.kind, entry.project, entry.at) == (0, "retirement", "telco-churn", AT)
    assert json.loads(entry.record) == {
        "at": "2026-01-31T12:00:00.000005Z",
        "kind": "retirement",
        "project": "telco-churn",
        "record": {
            "at": "2026-01-31T12:00:00.000005Z",
            "by": "person 7",
            "freed": [],
            "project": "telco-churn",
            "reason": "no longer needed",
        },
    }


def test_an_entry_of_the_workspace_has_no_project() -> None:
    mark = WorkspaceMark(id="w", created_at=datetime(2026, 1, 1, tzinfo=UTC), simulated=True, copml="0.1.0")
    (entry,) = append(MemoryLedger(), [(mark, salt(0))], at=AT)
    assert (entry.kind, entry.project) == ("workspace", "")


def test_a_leaf_discloses_nothing_and_its_salt_tells_equal_records_apart() -> None:
    store = MemoryLedger()
    one, other = append(store, [(retirement(0), salt(0)), (retirement(0), salt(1))], at=AT)
    assert one.record == other.record
    assert leaf(one) != leaf(other)
    assert [len(leaf(one)), leaf(one)[:1]] == [33, b"\x01"]


def test_a_salt_of_another_length_is_refused() -> None:
    store = MemoryLedger()
    with pytest.raises(ValueError, match="32 bytes"):
        append(store, [(retirement(0), bytes(16))], at=AT)
    assert store.size() == 0


def test_a_ledger_that_lacks_a_node_does_not_grow() -> None:
    store = filled(3)
    del store.hashes[0, 2]
    with pytest.raises(LedgerIncomplete, match="node 2 of level 0"):
        append(store, [(retirement(3), salt(3))], at=AT)
    with pytest.raises(LedgerIncomplete):
        root(store, 3)


@pytest.mark.parametrize("count", [1, 100])
def test_an_append_reads_no_more_than_the_logarithm_of_the_size(count: int) -> None:
    store, reads = filled(1023), 0
    looked_up = store.node

    def counted(level: int, index: int) -> bytes | None:
        nonlocal reads
        reads += 1
        return looked_up(level, index)

    store.node = counted  # type: ignore[method-assign]
    append(store, [(retirement(1023 + number), salt(number)) for number in range(count)], at=AT)
    assert reads == 10
