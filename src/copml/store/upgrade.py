"""Bring a state database to the schema of this copml.

Invariant: a database is either at a revision that this copml knows, and is brought to the newest, or refused untouched.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from copml.errors import StateCorrupt, WorkspaceTooNew
from copml.store.state import State

SCHEMA = "0001"
"""The newest revision; the name of the last file under migrations/versions."""
_KNOWN = tuple(path.name[:4] for path in sorted((Path(__file__).parent / "migrations" / "versions").glob("0*.py")))


def migrate(state: State, *, new: bool = True) -> None:
    """Make the tables, unless the database is not `new`, or bring them up to date.

    Raises:
        WorkspaceTooNew: when a newer copml wrote the database.
        StateCorrupt: when it is no database, or not new and yet without tables.
    """
    with state.read() as reader:
        found = _revision(reader.connection)
    if found == SCHEMA:
        return
    if found is None and not new:
        raise StateCorrupt(state.place, "it has no tables")
    if found is not None and found not in _KNOWN:
        raise WorkspaceTooNew(state.place, found, SCHEMA)
    with state.write() as tx:
        if _revision(tx.connection) != SCHEMA:
            _upgrade(tx.connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return None if row is None else str(row[0])


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with _quiet():
        command.upgrade(config, "head")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield
