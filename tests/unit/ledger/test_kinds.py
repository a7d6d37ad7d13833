"""Every record either has a kind or is named as having none."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest
from tests.ledgers import AT, MemoryLedger, retirement, salt

from copml.access import AccessRecord
from copml.ledger import append, kind_of
from copml.ledger.kinds import KINDS, NOT_KEPT
from copml.records import Delivery, Record, SimulatedTime

DELIVERY = Delivery(
    project="p", id="d", sink="file", incident="i", body="b", delivered_at=None, attempts=1, error="refused"
)


def test_each_record_was_decided_upon() -> None:
    assert set(KINDS) | NOT_KEPT == {*get_args(Record), *get_args(AccessRecord)}
    assert not set(KINDS) & NOT_KEPT


def test_kinds_are_distinct_words() -> None:
    assert len(set(KINDS.values())) == len(KINDS)
    assert all(kind == kind.lower() and " " not in kind for kind in KINDS.values())


def test_a_delivery_counts_once_it_was_delivered() -> None:
    assert kind_of(DELIVERY) is None
    assert kind_of(replace(DELIVERY, delivered_at=datetime(2026, 1, 1, tzinfo=UTC))) == "delivery"


@pytest.mark.parametrize("record", [DELIVERY, SimulatedTime(id="clock", now=AT)])
def test_what_is_no_entry_cannot_be_appended(record: Record) -> None:
    store = MemoryLedger()
    with pytest.raises(TypeError, match="no entry of the ledger"):
        append(store, [(retirement(0), salt(0)), (record, salt(1))], at=AT)
    assert store.size() == 0
