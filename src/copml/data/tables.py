"""What the project's `build(tables, as_of)` sees: its sources, as of a time.

Invariant: every row that a query on a source's name returns happened by `as_of` and was known by `known_by`. It is a
fence against accidents: code that opens the files of the lake itself goes around it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

import duckdb
import pandas as pd

from copml.data.corrections import settled
from copml.data.visibility import known, latest, visible
from copml.errors import SourceUnknown

MEMORY_LIMIT = "1GB"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFiles:
    """A source's Parquet files, and its columns with SQL types, for when there is no file yet."""

    files: tuple[str, ...]
    columns: Mapping[str, str]


class Tables:
    """The sources of a project as of a time, for SQL and as data frames.

    Times are UTC. Rows have `entity` (a pseudonym), `event_at`, `known_at` and the source's other columns.
    """

    def __init__(self, sources: Mapping[str, SourceFiles], *, as_of: datetime, known_by: datetime) -> None:
        self.as_of = as_of
        self._sources = tuple(sources)
        self._connection = duckdb.connect(
            ":memory:",
            config={
                "threads": 1,
                "memory_limit": MEMORY_LIMIT,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "python_enable_replacements": False,
            },
        )
        self._connection.execute("set TimeZone = 'UTC'")
        limits = (_literal(as_of), _literal(known_by))
        for name, source in sources.items():
            raw = _quoted(f"all of {name}")
            self._make_raw(f"all of {name}", source)
            self._connection.execute(f"create view {_quoted(name)} as {self._visible(name, source, limits)}")
            self._connection.execute(f"create view {_quoted(f'latest of {name}')} as {latest(raw, *limits)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def sql(self, query: str, parameters: Mapping[str, object] | None = None) -> pd.DataFrame:
        """Run a DuckDB query; sources go by their names, `$name` by the parameters; `$as_of` is always there."""
        values = {"as_of": self.as_of, **(parameters or {})}
        used = {name: value for name, value in values.items() if re.search(rf"\${name}\b", query)}
        frame: pd.DataFrame = self._connection.sql(query, params=used or None).df()
        return frame

    def latest(self, source: str) -> pd.DataFrame:
        """The newest row of each entity.

        Raises:
            SourceUnknown: when the project file has no such source.
        """
        if source not in self._sources:
            raise SourceUnknown(source, list(self._sources))
        return self.sql(f"select * from {_quoted(f'latest of {source}')} order by entity")  # noqa: S608 - our own names

    def _make_raw(self, name: str, source: SourceFiles) -> None:
        if source.files:
            self._connection.execute(f"create view {_quoted(name)} as from {_read(source.files)}")
        else:
            columns = ", ".join(f"{_quoted(column)} {kind}" for column, kind in source.columns.items())
            self._connection.execute(f"create table {_quoted(name)} ({columns})")

    def _visible(self, name: str, source: SourceFiles, limits: tuple[str, str]) -> str:
        """SQL of the visible rows; corrections are looked for only in files that can hold them."""
        apart = settled(source.files)
        if not apart:
            return visible(_quoted(f"all of {name}"), *limits)
        parts = [known(_read(sorted(apart)), *limits)]
        if others := [path for path in source.files if path not in apart]:
            parts.append(f"({visible(_read(others), *limits)})")
        columns = ", ".join(_quoted(column) for column in self._connection.view(f"all of {name}").columns)
        return f"select {columns} from ({' union all by name '.join(parts)})"  # noqa: S608 - our own names


def _read(files: Sequence[str]) -> str:
    paths = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
    return f"read_parquet([{paths}], union_by_name = true)"


def _literal(at: datetime) -> str:
    return f"timestamptz '{at.isoformat()}'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
