"""Bring a state database to the schema of this copml.

Invariant: a database is either at a revision that this copml knows, and is brought to the newest, or refused untouched.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Column, MetaData, Table, Text, select

from copml.errors import StateCorrupt, WorkspaceTooNew
from copml.store.state import Reader, State, Transaction

SCHEMA = "0006"
"""The newest revision; the name of the last file under migrations/versions."""
VERSION = Table("alembic_version", MetaData(), Column("version_num", Text))
"""Alembic's own table."""
MIGRATIONS = Path(__file__).parent / "migrations"
_KNOWN = tuple(path.name[:4] for path in sorted((MIGRATIONS / "versions").glob("0*.py")))


def migrate(state: State, *, new: bool = True) -> None:
    """Make the tables, unless the database is not `new`, or bring them up to date.

    Raises:
        WorkspaceTooNew: when a newer copml wrote the database.
        StateCorrupt: when it is no database, or not new and yet without tables.
    """
    with state.read() as reader:
        found = _revision(reader)
    if found == SCHEMA:
        return
    if found is None and not new:
        raise StateCorrupt(state.place, "it has no tables")
    if found is not None and found not in _KNOWN:
        raise WorkspaceTooNew(state.place, found, SCHEMA)
    with state.write() as tx:
        if _revision(tx) != SCHEMA:
            make_tables(tx)


def make_tables(tx: Transaction) -> None:
    """Make or alter the tables until they are those of this copml, in the caller's transaction."""
    from alembic import command
    from alembic.config import Config

    if tx.schema is not None:
        # Alembic names no schema where it alters a table.
        tx.connection.exec_driver_sql(f"SET LOCAL search_path TO {tx.schema}")
    config = Config(attributes={"connection": tx.connection, "schema": tx.schema})
    config.set_main_option("script_location", str(MIGRATIONS))
    with _quiet():
        command.upgrade(config, "head")


def _revision(reader: Reader) -> str | None:
    if not reader.has_table(VERSION.name):
        return None
    row = reader.connection.execute(select(VERSION)).first()
    return None if row is None else str(row[0])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield
