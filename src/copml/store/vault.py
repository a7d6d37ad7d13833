"""The vault: encrypted identifiers by pseudonym, for the business's own output.

Invariant: what stands here is ciphertext; a pseudonym's row is written once, and removing it is what erasure means.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, JSON, Column, LargeBinary, Select, Text, cast, func, insert, literal, select
from sqlalchemy.sql.functions import FunctionElement

from copml.store.state import Reader, Transaction
from copml.store.tables import VAULT


def unknown(reader: Reader, project: str, pseudonyms: Iterable[str]) -> list[str]:
    """Those pseudonyms that the vault does not know, in their order."""
    asked = list(pseudonyms)
    known = set(reader.connection.scalars(_known(reader, project, asked, VAULT.c.pseudonym)))
    return [pseudonym for pseudonym in asked if pseudonym not in known]


def keep_identifiers(tx: Transaction, project: str, sealed: Mapping[str, bytes]) -> int:
    """Keep sealed identifiers by pseudonym; those already there stay as they are. How many were new."""
    new = unknown(tx, project, sealed)
    if new and tx.connection.dialect.name == "postgresql":
        # One statement, whatever their number: one for each row takes the client twice the time.
        given = func.unnest(literal(new, ARRAY(Text)), literal([sealed[name] for name in new], ARRAY(LargeBinary)))
        listed = given.table_valued("pseudonym", "sealed").render_derived()
        rows = select(literal(project, Text), listed.c.pseudonym, listed.c.sealed)
        tx.connection.execute(insert(VAULT).from_select(["project", "pseudonym", "sealed"], rows))
    elif new:
        kept = [{"project": project, "pseudonym": pseudonym, "sealed": sealed[pseudonym]} for pseudonym in new]
        tx.connection.execute(insert(VAULT), kept)
    return len(new)


def reveal_identifiers(reader: Reader, project: str, pseudonyms: Sequence[str]) -> dict[str, bytes]:
    """Sealed identifiers of those pseudonyms that the vault knows."""
    found = reader.connection.execute(_known(reader, project, pseudonyms, VAULT.c.pseudonym, VAULT.c.sealed))
    return {pseudonym: sealed for pseudonym, sealed in found}


def _known(reader: Reader, project: str, pseudonyms: Sequence[str], *columns: Column[Any]) -> Select[Any]:
    """The rows of these pseudonyms; they go to the database as one list, whatever their number."""
    listed: FunctionElement[Any] = func.json_each(literal(json.dumps(pseudonyms), Text))
    if reader.connection.dialect.name == "postgresql":
        listed = func.json_array_elements_text(cast(literal(json.dumps(pseudonyms), Text), JSON))
    wanted = select(listed.table_valued("value").c.value)
    return select(*columns).where(VAULT.c.project == project, VAULT.c.pseudonym.in_(wanted))
