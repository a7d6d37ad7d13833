"""Tables of the workspace: Delta tables in a folder, written durably, read by version.

Invariant: a version never changes; a transaction happens once, however often it is tried; what `write` returns is on
the disk. What a table's columns mean is for the rooms that own the tables; the log's format is in `store.delta`.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable

from copml.clock import SystemClock
from copml.digest import digest_of
from copml.errors import TableDamaged, TableMissing
from copml.records import Digest, FileDigest
from copml.store import delta
from copml.store.parquet import Part, digest_by_name, write_parts

ATTEMPTS_MAX = 1000
QUERY_THREADS = 2
QUERY_MEMORY = "1GB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A version of a table that a transaction made. `digest` is over the sorted digests of all files of the version."""

    version: int
    files: tuple[FileDigest, ...]
    digest: Digest
    rows_added: int
    rows: int


class Lake:
    """A folder of Delta tables, by name: `project/sources/customers`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(
        self,
        table: str,
        batches: Iterable[pa.RecordBatch],
        schema: pa.Schema,
        *,
        transaction: str,
        replace: Mapping[str, str] | None = None,
        plain: frozenset[str] = frozenset(),
    ) -> Commit:
        """Append rows in one transaction; a transaction that already happened writes nothing and returns its commit.

        `replace`: the one partition, `{"run": id}`, whose rows these take the place of; the column is filled in here.
        `plain`: columns that get no statistics. Columns that the table does not have yet are added to it.

        Raises:
            TableConflict: when a column is of another type than the table's; nothing was committed.
            DiskFull: when no space is left.
            WorkspaceReadOnly: when the folder cannot be written.
        """
        folder, partition = self._folder(table), dict(replace or {})
        if (done := self._before(table, transaction, schema)) is not None:
            return done
        for key, value in partition.items():
            schema, batches = _with_constant(schema, batches, key, value)
        prefix = hashlib.sha256(transaction.encode()).hexdigest()[:16]
        try:
            parts = write_parts(folder, prefix, batches, schema, plain)
        except FileNotFoundError:
            # Another worker finished this transaction meanwhile, and swept what was left of other attempts.
            if (done := self._before(table, transaction, schema)) is not None:
                return done
            raise
        version = self._commit(table, transaction, parts, partition, delta.fields_of(schema))
        committed = self._at(table, version)
        _sweep(folder, prefix, {file.path for file in committed.files})
        if version and version % delta.CHECKPOINT_VERSIONS == 0:
            delta.checkpoint(folder, version)
        return committed

    def committed(self, table: str, transaction: str) -> Commit | None:
        """What a transaction did; None when it did not happen."""
        opened = delta.open_table(self._folder(table), None)
        if opened is None:
            return None
        version = delta.find_transaction(self._folder(table), opened, transaction)
        return None if version is None else self._at(table, version)

    def version(self, table: str) -> int | None:
        """The newest version of a table, counted from 0; None when there is no such table."""
        return delta.newest(self._folder(table))

    def files(
        self, table: str, version: int | None = None, *, partition: Mapping[str, str] | None = None
    ) -> list[Path]:
        """The Parquet files of a version (the newest: None), or of one partition of it, sorted.

        Raises:
            TableMissing: when there is no such table or version.
        """
        opened = self._open(table, version)
        if partition is not None:
            return [self._folder(table) / path for path in _partition_files(opened, partition)]
        return [path for path, _ in self._active(table, opened)]

    def schema(self, table: str, version: int | None = None) -> pa.Schema:
        """The columns of a version (the newest: None).

        Raises:
            TableMissing: when there is no such table or version.
        """
        return delta.arrow_schema(self._open(table, version))

    def read(
        self,
        table: str,
        *,
        version: int | None = None,
        columns: list[str] | None = None,
        filter: pc.Expression | None = None,
    ) -> pa.Table:
        """Rows of a version (the newest: None), in no particular order.

        Raises:
            TableMissing: when there is no such table or version.
            TableDamaged: when a file is missing or cannot be read.
        """
        opened = self._open(table, version)
        files = [str(path) for path, _ in self._active(table, opened)]
        schema = delta.arrow_schema(opened)
        with _damage(table):
            if not files:
                empty = schema.empty_table()
                return empty if columns is None else empty.select(columns)
            return ds.dataset(files, schema=schema, format="parquet").to_table(columns=columns, filter=filter)

    def query(
        self,
        sql: str,
        tables: Mapping[str, tuple[str, int | None] | pa.Table | Path],
        parameters: Mapping[str, object] | None = None,
    ) -> pa.Table:
        """Run a DuckDB query; `tables` gives each name in it a table version, rows in memory, or a Parquet file.

        Rows of a Parquet file have `file_row_number`, counted from 0. Parameters appear as `$name`. Times are UTC.

        Raises:
            TableMissing: when there is no such table or version.
            TableDamaged: when a file is missing or cannot be read.
        """
        with self._connection() as connection, _damage(", ".join(tables)):
            for name, what in tables.items():
                self._view(connection, name, what)
            return connection.sql(sql, params=dict(parameters) if parameters else None).to_arrow_table()

    def relation(
        self,
        sql: str,
        tables: Mapping[str, tuple[str, int | None] | pa.Table | Path],
        parameters: Mapping[str, object] | None = None,
    ) -> duckdb.DuckDBPyRelation:
        """What `query` would give, as a relation: rows are read when they are asked for, and never all at once.

        It has an engine of its own, which lives as long as the relation does, whatever becomes of the lake.

        Raises:
            TableMissing: when there is no such table or version.
            TableDamaged: when a file is missing or cannot be read.
        """
        connection = self._start()
        with _damage(", ".join(tables)):
            connection.execute("set TimeZone = 'UTC'")
            for name, what in tables.items():
                self._view(connection, name, what)
            return connection.sql(sql, params=dict(parameters) if parameters else None)

    def close(self) -> None:
        """Let go of the query engine, if a query has started it."""
        if "_engine" in self.__dict__:
            self._engine.close()
            del self._engine

    @cached_property
    def _engine(self) -> duckdb.DuckDBPyConnection:
        """Started once: that takes longer than most queries."""
        return self._start()

    def _start(self) -> duckdb.DuckDBPyConnection:
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": QUERY_THREADS,
            "memory_limit": QUERY_MEMORY,
            "temp_directory": str(self._root.parent / "staging" / "duckdb"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        return duckdb.connect(":memory:", config=config)

    @contextmanager
    def _connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection with views of its own."""
        with self._engine.cursor() as connection:
            connection.execute("set TimeZone = 'UTC'")
            yield connection

    def _view(
        self, connection: duckdb.DuckDBPyConnection, name: str, what: tuple[str, int | None] | pa.Table | Path
    ) -> None:
        if isinstance(what, pa.Table):
            connection.register(name, what)
            return
        if isinstance(what, Path):
            _create_view(connection, name, [what], "file_row_number")
            return
        opened = self._open(*what)
        files = [path for path, _ in self._active(what[0], opened)]
        if files:
            _create_view(connection, name, files, "union_by_name")
        else:
            connection.register(name, delta.arrow_schema(opened).empty_table())

    def _before(self, table: str, transaction: str, schema: pa.Schema) -> Commit | None:
        """What the transaction did, if it happened; if not, columns that the table cannot take are refused here."""
        done = self.committed(table, transaction)
        if done is None and self.version(table) is not None:
            delta.merged(table, delta.held_fields(self._open(table, None)), delta.fields_of(schema))
        return done

    def _commit(
        self, table: str, transaction: str, parts: list[Part], partition: dict[str, str], fields: delta.Fields
    ) -> int:
        """Make the version after the newest; look again whenever another writer was faster."""
        folder = self._folder(table)
        for _ in range(ATTEMPTS_MAX):
            opened = delta.open_table(folder, None)
            if opened is not None and (done := delta.find_transaction(folder, opened, transaction)) is not None:
                return done
            by = set(partition) if opened is None else set(opened.metadata().partition_columns)
            assert by == set(partition), f"{table} is partitioned by {by or 'nothing'}, not by {set(partition)}"
            removed = [] if opened is None else _partition_files(opened, partition)
            held = None if opened is None else delta.held_fields(opened)
            columns = fields if held is None else delta.merged(table, held, fields)
            kept = {part.file.path for part in parts} & set(removed)
            assert not kept, f"transaction {transaction} would remove what it adds"
            declared = None
            if columns != held:
                declared = delta.metadata(columns, partition, opened, f"{table}/{transaction}")
            now_ms = int(SystemClock().now().timestamp() * 1000)
            lines = delta.actions(transaction, parts, removed, partition, declared, now_ms)
            version = 0 if opened is None else opened.version() + 1
            if delta.commit(folder, version, lines):
                return version
        raise AssertionError(f"{ATTEMPTS_MAX} other writers were faster on {table}")

    def _at(self, table: str, version: int) -> Commit:
        active = self._active(table, self._open(table, version))
        added = {action["add"]["path"] for action in delta.read_entry(self._folder(table), version) if "add" in action}
        files = tuple(
            FileDigest(path=path.name, digest=digest_by_name(path), size=path.stat().st_size, rows=rows)
            for path, rows in active
            if path.name in added
        )
        return Commit(
            version=version,
            files=files,
            digest=Digest(digest_of(sorted(digest_by_name(path) for path, _ in active))),
            rows_added=sum(file.rows for file in files),
            rows=sum(rows for _, rows in active),
        )

    def _active(self, table: str, opened: DeltaTable) -> list[tuple[Path, int]]:
        actions = pa.table(opened.get_add_actions()).select(["path", "num_records"])
        folder = self._folder(table)
        return sorted((folder / row["path"], row["num_records"] or 0) for row in actions.to_pylist())

    def _open(self, table: str, version: int | None) -> DeltaTable:
        opened = delta.open_table(self._folder(table), version)
        if opened is None:
            raise TableMissing(table, version)
        return opened

    def _folder(self, table: str) -> Path:
        assert ".." not in table.split("/"), f"the table {table} would lie outside the lake"
        return self._root / table


def _create_view(connection: duckdb.DuckDBPyConnection, name: str, files: list[Path], option: str) -> None:
    paths = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
    rows = f"select * from read_parquet([{paths}], {option} = true)"  # noqa: S608 - quoted
    connection.execute(f'create temp view "{name}" as {rows}')


def _with_constant(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch], key: str, value: str
) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    if key in schema.names:
        schema = schema.remove(schema.get_field_index(key))
    columns, whole = schema.names, schema.append(pa.field(key, pa.string()))
    constant = pa.scalar(value, pa.string())
    filled = (
        pa.RecordBatch.from_arrays(
            [*(batch.column(name) for name in columns), pa.repeat(constant, batch.num_rows)], schema=whole
        )
        for batch in batches
    )
    return whole, filled


def _partition_files(opened: DeltaTable, partition: Mapping[str, str]) -> list[str]:
    if not partition:
        return []
    rows = pa.table(opened.get_add_actions()).select(["path", "partition"]).to_pylist()
    return sorted(row["path"] for row in rows if row["partition"] == dict(partition))


def _sweep(folder: Path, prefix: str, kept: set[str]) -> None:
    """Remove what earlier attempts at a transaction left behind; it has happened, so no one can commit it again."""
    for pattern in (f"{prefix}-*.parquet", f".{prefix}.*.tmp"):
        for path in folder.glob(pattern):
            if path.name not in kept:
                with suppress(FileNotFoundError):
                    path.unlink()


@contextmanager
def _damage(table: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, pa.ArrowInvalid, duckdb.IOException) as error:
        raise TableDamaged(table, str(error).splitlines()[0]) from error
