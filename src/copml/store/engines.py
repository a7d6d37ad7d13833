"""How copml talks to SQLite and to PostgreSQL: what a connection is set to, and how a transaction begins.

Invariant: a reader sees one moment, writers of one workspace take turns, and what was committed is on disk, however the
server is set up. A worker that stops in the middle of a transaction holds others up for a limited time.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

BUSY_MS = 30_000
"""How long a writer waits for its turn."""
IDLE_MS = 20_000
"""How long PostgreSQL keeps a transaction whose worker says nothing: less, so that those who wait outlive it."""
_CONNECTING = {
    "application_name": "copml",
    "connect_timeout": "10",
    # A server that is gone without a word is noticed after a minute; the system's default is two hours.
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """An engine, and the options with which a transaction that reads and one that writes begin on it.

    `schema`: where the tables are; None where the database has no schemas. `restarts`: whether it is a server, which
    may be away for a while and come back.
    """

    engine: Engine
    reading: Mapping[str, Any]
    writing: Mapping[str, Any]
    schema: str | None = None
    restarts: bool = False


def embedded(path: Path) -> Database:
    """The SQLite database in a file."""
    connecting = {"timeout": BUSY_MS / 1000, "check_same_thread": False}
    engine = create_engine(f"sqlite:///{path}", connect_args=connecting)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine=engine, reading={"copml_write": False}, writing={"copml_write": True})


def server(url: URL, schema: str) -> Database:
    """A schema of the PostgreSQL database at a URL; what its query says of the connection goes before what we set.

    The schema is named in every statement, not set on the connection, so that a pooler in between cannot lose it.

    Raises:
        ImportError: when the driver is not installed.
    """
    engine = create_engine(
        url,
        connect_args={name: value for name, value in _CONNECTING.items() if name not in url.query},
        execution_options={"schema_translate_map": {None: schema}},
        pool_pre_ping=True,
        hide_parameters=True,  # what a record holds does not belong in an error's words
    )
    event.listen(engine, "begin", _take_turns(schema))
    return Database(
        engine=engine,
        reading={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True, "copml_write": False},
        # Whoever has the turn sees all that was committed before: a snapshot taken while waiting would not.
        writing={"isolation_level": "READ COMMITTED", "postgresql_readonly": False, "copml_write": True},
        schema=schema,
        restarts=True,
    )


def _set_up_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _take_turns(schema: str) -> Any:
    """What a writing transaction begins with: its limits, and the lock of its workspace, in one round trip."""
    lock = int.from_bytes(hashlib.sha256(f"copml {schema}".encode()).digest()[:8], signed=True)
    turn = (
        f"SELECT set_config('lock_timeout', '{BUSY_MS}', true), set_config('synchronous_commit', 'on', true), "
        f"set_config('idle_in_transaction_session_timeout', '{IDLE_MS}', true), pg_advisory_xact_lock({lock})"
    )

    def begin(connection: Connection) -> None:
        if _writes(connection):
            connection.exec_driver_sql(turn)

    return begin


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("copml_write", False))
