"""The vault: encrypted identifiers by pseudonym, for the business's own output.

Invariant: what stands here is ciphertext; a pseudonym's row is written once, and removing it is what erasure means.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import insert, select

from copml.store.state import ROWS_PER_STATEMENT, Reader, Transaction
from copml.store.tables import VAULT

P = TypeVar("P")


def unknown(reader: Reader, project: str, pseudonyms: Iterable[str]) -> list[str]:
    """Those pseudonyms that the vault does not know, in their order."""
    asked = list(pseudonyms)
    known = set(reveal_identifiers(reader, project, asked))
    return [pseudonym for pseudonym in asked if pseudonym not in known]


def keep_identifiers(tx: Transaction, project: str, sealed: Mapping[str, bytes]) -> int:
    """Keep sealed identifiers by pseudonym; those already there stay as they are. How many were new."""
    new = unknown(tx, project, sealed)
    rows = [{"project": project, "pseudonym": pseudonym, "sealed": sealed[pseudonym]} for pseudonym in new]
    for part in _parts(rows):
        tx.connection.execute(insert(VAULT), part)
    return len(rows)


def reveal_identifiers(reader: Reader, project: str, pseudonyms: Sequence[str]) -> dict[str, bytes]:
    """Sealed identifiers of those pseudonyms that the vault knows."""
    found: dict[str, bytes] = {}
    for part in _parts(pseudonyms):
        query = select(VAULT.c.pseudonym, VAULT.c.sealed).where(VAULT.c.project == project, VAULT.c.pseudonym.in_(part))
        found.update((row.pseudonym, row.sealed) for row in reader.connection.execute(query))
    return found


def _parts(items: Sequence[P]) -> Iterable[Sequence[P]]:
    return (items[start : start + ROWS_PER_STATEMENT] for start in range(0, len(items), ROWS_PER_STATEMENT))
