"""Keep what a task made: records, ledger entries and *task done* in one transaction.

Invariant: whatever decides anything is an entry, written with what it records; nobody else writes records of the loop.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime

from copml.access import AccessRecord
from copml.ledger import append, kind_of
from copml.merkle import SALT_BYTES
from copml.operations.stages import Kept
from copml.records import Record, TaskRecord
from copml.store import LedgerTable, State, Transaction, leases, vault


def keep(tx: Transaction, records: Iterable[Record | AccessRecord], at: datetime) -> None:
    """Keep records and append their ledger entries, in the caller's transaction."""
    kept = tuple(records)
    tx.put(*kept)
    entries = [(record, secrets.token_bytes(SALT_BYTES)) for record in kept if kind_of(record) is not None]
    append(LedgerTable(tx), entries, at=at)


def complete(state: State, task: TaskRecord, kept: Kept, *, at: datetime, wall: datetime) -> None:
    """Keep what a task made and mark it done, or failed for good where that is what it came to.

    Hours of work may hang on this transaction: it is tried again when the database ended it.

    Raises:
        LeaseLost: when another worker holds the task by now; nothing is kept.
    """

    def work(tx: Transaction) -> None:
        if kept.failed:
            leases.fail(tx, task, wall, kept.note, for_good=True)
        else:
            leases.finish(tx, task, wall)
        vault.keep_identifiers(tx, task.project, kept.identifiers)
        keep(tx, kept.records, at)

    state.attempt(work)
