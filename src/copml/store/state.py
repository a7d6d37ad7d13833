"""The state database: records by key, in transactions. A file of SQLite's, or a schema of a PostgreSQL database.

Invariant: what one transaction writes appears whole or not at all, and is on disk when `write` returns. Writers take
turns: the ledger has one tail. A database of a newer copml is refused untouched.
"""

import time
from collections import abc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, ColumnElement, Connection, Executable, Text, delete, insert, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.schema import CreateSchema, DropSchema

from copml.digest import instant
from copml.errors import RecordExists, StateUnavailable
from copml.store.complaints import complaint
from copml.store.engines import Database, embedded, server
from copml.store.tables import MAPPINGS, Mapping

ATTEMPTS_MAX = 3
"""How often a transaction is tried that other transactions, or a lost connection, end."""
LOOKS_MAX, LOOK_SECONDS = 60, 0.5
"""How often, and after how long, a server is looked for that was there before: half a minute, as for a lock."""
T = TypeVar("T")
Options = abc.Mapping[str, Any]


class Reader:
    """What can be asked of the state database within one consistent view."""

    def __init__(self, connection: Connection, schema: str | None = None) -> None:
        """`schema`: where the tables are; None where the database has no schemas."""
        self.connection, self.schema = connection, schema

    def has_table(self, name: str) -> bool:
        """Whether the database has a table of this name."""
        return bool(inspect(self.connection).has_table(name, schema=self.schema))

    def damage(self) -> list[str]:
        """What the database finds wrong with its own file; a server looks after its own."""
        if self.connection.dialect.name != "sqlite":
            return []
        return [row[0] for row in self.connection.execute(text("PRAGMA quick_check(10)")) if row[0] != "ok"]

    def find(self, record: type[T], **equal: object) -> list[T]:
        """Records whose fields equal the given values, in the order of their keys."""
        mapping = MAPPINGS[record]
        table = mapping.table
        query = select(table).order_by(*(_plainly(table.c[name], self.connection) for name in mapping.key))
        for name, value in equal.items():
            query = query.where(table.c[name] == value)
        return [mapping.read(tuple(row)) for row in self.connection.execute(query).all()]  # type: ignore[misc]

    def get(self, record: type[T], **key: object) -> T | None:
        """The record with this key, if there is one."""
        found = self.find(record, **key)
        return found[0] if found else None


class Transaction(Reader):
    """A reader that may also write; everything it wrote commits together."""

    def add(self, *records: object) -> None:
        """Keep new records.

        Raises:
            RecordExists: when one with the same key is there.
        """
        for record in records:
            mapping = MAPPINGS[type(record)]
            try:
                self.connection.execute(insert(mapping.table).values(mapping.row(record)))
            except IntegrityError as error:
                raise RecordExists(mapping.table.name, _key(mapping.key, record)) from error

    def put(self, *records: object) -> None:
        """Keep records, in place of those with the same keys."""
        for kind, alike in groupby(records, key=type):
            mapping = MAPPINGS[kind]
            statement = _upsert(mapping, self.connection.dialect.name)
            self.connection.execute(statement, [mapping.row(record) for record in alike])

    def remove(self, record: type, **equal: object) -> int:
        """Remove records whose fields equal the given values; how many there were."""
        table = MAPPINGS[record].table
        return self.connection.execute(
            delete(table).where(*(table.c[name] == value for name, value in equal.items()))
        ).rowcount

    def remove_before(self, record: type, field: str, at: datetime, **equal: object) -> int:
        """Remove records of which a time is earlier than `at`, without reading them; how many there were."""
        table = MAPPINGS[record].table
        is_before = _plainly(table.c[field], self.connection) < instant(at)
        return self.connection.execute(
            delete(table).where(is_before, *(table.c[name] == value for name, value in equal.items()))
        ).rowcount

    def make_schema(self) -> None:
        """Make the schema that the tables go into, unless it is there."""
        if self.schema is not None and not inspect(self.connection).has_schema(self.schema):
            self.connection.execute(CreateSchema(self.schema))

    def drop_schema(self) -> None:
        """Remove the schema with all that is in it."""
        if self.schema is not None:
            self.connection.execute(DropSchema(self.schema, cascade=True, if_exists=True))


class State:
    """The state database of a workspace."""

    def __init__(self, database: Database, place: str) -> None:
        """Nothing is read or written yet. `place`: where the database is, in words without credentials."""
        self.place = place
        self._database = database
        self._answered = False

    @classmethod
    def at(cls, path: Path) -> "State":
        """The embedded state database in a file."""
        return cls(embedded(path), str(path))

    @classmethod
    def on(cls, url: URL, schema: str) -> "State":
        """The state database in a schema of the PostgreSQL database at a URL.

        Raises:
            ImportError: when the driver is not installed.
        """
        host = url.host or url.query.get("host") or "localhost"
        port = f":{url.port}" if url.port else ""
        return cls(server(url, schema), f"{host}{port}/{url.database or ''}, schema {schema}")

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """A consistent view.

        Raises:
            StateUnavailable, StateRefused, StateCorrupt: when it cannot be had.
        """
        with self._begun(self._database.reading) as connection:
            yield Reader(connection, self._database.schema)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction: committed when the block ends, rolled back when it raises.

        Raises:
            StateUnavailable, StateRefused, StateCorrupt, WorkspaceReadOnly, DiskFull: when nothing was written, or,
                where the connection was lost while committing, it is not known; look again.
        """
        with self._begun(self._database.writing) as connection:
            yield Transaction(connection, self._database.schema)

    def attempt(self, work: Callable[[Transaction], T]) -> T:
        """Do work in a transaction, and again from its beginning when the database ended it for no fault of its own.

        Raises:
            StateUnavailable: when that happened too often.
        """
        for _ in range(ATTEMPTS_MAX - 1):
            try:
                return self._worked(work)
            except StateUnavailable:
                time.sleep(LOOK_SECONDS)
        return self._worked(work)

    def close(self) -> None:
        """Let go of the database's connections."""
        self._database.engine.dispose()

    def _worked(self, work: Callable[[Transaction], T]) -> T:
        with self.write() as tx:
            return work(tx)

    @contextmanager
    def _begun(self, options: Options) -> Iterator[Connection]:
        try:
            with self._connect() as connection, connection.execution_options(**options).begin():
                self._answered = True
                yield connection
        except DBAPIError as error:
            known = complaint(error, self.place)
            if known is None:
                raise
            raise known from error

    def _connect(self) -> Connection:
        """A connection; a server that answered before is waited for while it restarts."""
        for _ in range(LOOKS_MAX if self._answered and self._database.restarts else 0):
            try:
                return self._database.engine.connect()
            except DBAPIError as error:
                if not isinstance(complaint(error, self.place), StateUnavailable):
                    raise
            time.sleep(LOOK_SECONDS)
        return self._database.engine.connect()


def _plainly(column: ColumnElement[Any], connection: Connection) -> ColumnElement[Any]:
    """A column to sort by as SQLite does, by code points, and not by the rules of the database's language."""
    by_language = connection.dialect.name == "postgresql" and isinstance(column.type, Text)
    return column.collate("C") if by_language else column


@cache
def _upsert(mapping: Mapping, dialect: str) -> Executable:
    """Insert rows, or write them over those with the same keys."""
    new = postgresql.insert(mapping.table) if dialect == "postgresql" else sqlite.insert(mapping.table)
    values = {column.name: new.excluded[column.name] for column in mapping.table.c if column.name not in mapping.key}
    return new.on_conflict_do_update(index_elements=list(mapping.key), set_=values)


def _key(names: tuple[str, ...], record: object) -> str:
    return ", ".join(f"{name}={getattr(record, name)}" for name in names)
