"""The state database: records by key, in transactions. SQLite in WAL mode, or PostgreSQL.

Invariant: what one transaction writes appears whole or not at all, and is on disk when `write` returns. Writers take
turns: the ledger has one tail. A database of a newer copml is refused untouched.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Executable, create_engine, delete, event, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from copml.errors import DiskFull, RecordExists, StateCorrupt, StateUnavailable, WorkspaceReadOnly
from copml.store.tables import MAPPINGS, Mapping

BUSY_MS = 30_000
WRITER_LOCK = 0x636F706D6C  # "copml": the advisory lock that makes PostgreSQL's writers take turns
T = TypeVar("T")


class Reader:
    """What can be asked of the state database within one consistent view."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def find(self, record: type[T], **equal: object) -> list[T]:
        """Records whose fields equal the given values, in the order of their keys."""
        mapping = MAPPINGS[record]
        table = mapping.table
        query = select(table).order_by(*(table.c[name] for name in mapping.key))
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


class State:
    """The state database of a workspace."""

    def __init__(self, url: str) -> None:
        """Open the database at a SQLAlchemy URL; nothing is read or written yet."""
        self.url = url
        self._engine = _engine(url)

    @classmethod
    def at(cls, path: Path) -> "State":
        """The embedded state database in a file."""
        return cls(f"sqlite:///{path}")

    @property
    def place(self) -> str:
        """Where the database is, without credentials."""
        return self.url.rpartition("@")[2].removeprefix("sqlite:///")

    @contextmanager
    def read(self) -> Iterator[Reader]:
        """A consistent view."""
        with self._connected() as connection, connection.begin():
            yield Reader(connection)

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction: committed when the block ends, rolled back when it raises."""
        with self._connected(write=True) as connection, connection.begin():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
            yield Transaction(connection)

    def close(self) -> None:
        """Let go of the database's connections."""
        self._engine.dispose()

    @contextmanager
    def _connected(self, *, write: bool = False) -> Iterator[Connection]:
        try:
            with self._engine.connect().execution_options(copml_write=write) as connection:
                yield connection
        except OperationalError as error:
            raise _explain(str(error.orig), self.place) from error
        except DatabaseError as error:
            # SQLite says so, without a class of its own, of a file that is no database or was damaged.
            if type(error) is not DatabaseError:
                raise
            raise StateCorrupt(self.place, str(error.orig)) from error


@cache
def _upsert(mapping: Mapping, dialect: str) -> Executable:
    """Insert rows, or write them over those with the same keys."""
    new = postgresql.insert(mapping.table) if dialect == "postgresql" else sqlite.insert(mapping.table)
    values = {column.name: new.excluded[column.name] for column in mapping.table.c if column.name not in mapping.key}
    return new.on_conflict_do_update(index_elements=list(mapping.key), set_=values)


def _explain(text: str, place: str) -> Exception:
    if "full" in text and "disk" in text:
        return DiskFull(place)
    if "readonly" in text or "unable to open" in text:
        return WorkspaceReadOnly(place, text)
    return StateUnavailable(place, text)


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite"):
        return create_engine(url)
    engine = create_engine(url, connect_args={"timeout": BUSY_MS / 1000, "check_same_thread": False})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("copml_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _key(names: tuple[str, ...], record: object) -> str:
    return ", ".join(f"{name}={getattr(record, name)}" for name in names)
