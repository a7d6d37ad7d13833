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

from copml.data.corrections import read_footer, settled
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
        self._limits = (_literal(as_of), _literal(known_by))
        self._rows = {name: self._all(name, source) for name, source in sources.items()}
        for name, source in sources.items():
            self._connection.execute(f"create view {_quoted(name)} as {self._visible(name, source)}")

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
        if source not in self._rows:
            raise SourceUnknown(source, list(self._rows))
        newest = latest(self._rows[source], *self._limits)
        return self.sql(f"select * from ({newest}) order by entity")  # noqa: S608 - our own names

    def _all(self, name: str, source: SourceFiles) -> str:
        """What SQL calls all rows of a source."""
        if source.files:
            return _read(source.files)
        columns = ", ".join(f"{_quoted(column)} {kind}" for column, kind in source.columns.items())
        self._connection.execute(f"create table {_quoted(f'all of {name}')} ({columns})")
        return _quoted(f"all of {name}")

    def _visible(self, name: str, source: SourceFiles) -> str:
        """SQL of the visible rows; corrections are looked for only in files that can hold them."""
        footers = [read_footer(path) for path in source.files]
        apart = settled(footers)
        if not apart:
            return visible(self._rows[name], *self._limits)
        parts = [known(_read(sorted(apart)), *self._limits)]
        if others := [path for path in source.files if path not in apart]:
            parts.append(f"({visible(_read(others), *self._limits)})")
        columns = dict.fromkeys(_quoted(column) for footer in footers for column in footer.columns)
        return f"select {', '.join(columns)} from ({' union all by name '.join(parts)})"  # noqa: S608 - our own names


def _read(files: Sequence[str]) -> str:
    paths = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
    return f"read_parquet([{paths}], union_by_name = true)"


def _literal(at: datetime) -> str:
    return f"timestamptz '{at.isoformat()}'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
