"""Use case `snapshot`: rows of a project's table for a data scientist, as of a time or of a version.

Invariant: shows what the lake holds, so whom rows are about are pseudonyms; asking for a snapshot reads no row yet.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from copml.app.workspace import Workspace
from copml.data import Cut, lake_table, rows_of
from copml.digest import instant
from copml.errors import ProjectUnknown, TableUnknown
from copml.operations import View, look

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from duckdb import DuckDBPyRelation

FEATURES = "features"
BATCH_ROWS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSnapshot:
    """Rows of a source or of the features, which are read when they are asked for."""

    workspace: Workspace
    view: View
    cut: Cut

    @property
    def table(self) -> str:
        """The source's name, or `features`."""
        return self.cut.table

    @property
    def version(self) -> int:
        """The version of the lake's table."""
        return self.cut.version

    def relation(self) -> "DuckDBPyRelation":
        """A DuckDB relation: filter, join and aggregate it; nothing is read before its result is asked for."""
        return rows_of(self.workspace.stages.lake, self.view.project, self.cut)

    def arrow(self) -> "pa.Table":
        """All rows as an Arrow table, in memory."""
        return self.relation().to_arrow_table()

    def frame(self) -> "pd.DataFrame":
        """All rows as a pandas frame, in memory."""
        frame: pd.DataFrame = self.arrow().to_pandas()
        return frame

    def batches(self, rows: int = BATCH_ROWS) -> "Iterator[pa.RecordBatch]":
        """All rows, at most so many at a time, in bounded memory."""
        yield from self.relation().to_arrow_reader(rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(self.relation().columns)

    def __len__(self) -> int:
        return int(self.relation().aggregate("count(*) as rows").fetchall()[0][0])

    def __repr__(self) -> str:
        at = f" as of {instant(self.cut.as_of)}" if self.cut.as_of is not None else ""
        return f"<{self.view.name}: {self.table}, version {self.version}{at}>"

    def _repr_html_(self) -> str:
        from copml.reporting import snapshot_html

        head = self.relation().limit(5).to_arrow_table()
        return snapshot_html(repr(self)[1:-1], len(self), head)


def snapshot(
    workspace: Workspace,
    project: str,
    table: str = FEATURES,
    *,
    as_of: datetime | str | None = None,
    known_by: datetime | str | None = None,
    version: int | None = None,
    outcome: bool = False,
) -> TableSnapshot:
    """Rows of a source, or of `features`.

    `as_of`: only what had happened by then and was known by `known_by` (else: by then); of features, the newest set by
    then. Times without a zone are in the project's; text is read as ISO 8601. `version`: of the lake's table, else the
    newest. `outcome`: features get theirs as a column: 1 or 0, the class or the number; missing until the horizon is
    over.

    Raises:
        TableUnknown: when the project has no such table, it has no rows yet, or `outcome` is asked of a source.
        TableMissing: when there is no such version.
    """
    view = look(workspace.stages, project, workspace.clock.now())
    if view is None:
        raise ProjectUnknown(project, workspace.projects())
    known = [*view.project.data.sources, FEATURES]
    name = lake_table(view.project, table)
    newest = workspace.stages.lake.version(name)
    if newest is None:
        raise TableUnknown(table, "nothing has come in yet, `copml run` makes it", known)
    if outcome and table != FEATURES:
        raise TableUnknown(table, "only features get an outcome beside them", known)
    cut = Cut(
        table=table,
        version=newest if version is None else version,
        as_of=_time(as_of, view),
        known_by=_time(known_by, view),
        outcome=outcome,
        now=view.now,
    )
    workspace.stages.lake.schema(name, cut.version)
    return TableSnapshot(workspace=workspace, view=view, cut=cut)


def _time(at: datetime | str | None, view: View) -> datetime | None:
    if at is None:
        return None
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=view.project.tz)).astimezone(UTC)
