"""Rows of a source or of the feature table, as they were known at a time: for people who explore them.

Invariant: what is visible is what `data.visibility` says; whom rows are about are pseudonyms, as everywhere in the
lake. Rows are read when they are asked for, not before.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from copml.data.features import features_table
from copml.data.outcomes import labels
from copml.data.request import source_table
from copml.data.visibility import visible
from copml.errors import TableUnknown
from copml.spec.project import Project
from copml.store import Lake

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation

FEATURES = "features"
OUTCOME = "outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Which rows: of a table version (None: the newest), as of a time (None: all of them), with outcomes known by now.

    `known_by`: what was learned later is not seen. `outcome`: whether features get their outcome, a column of that
    name: 1 or 0, the class or the number; missing until its horizon is over, also where the event came already: a yes
    is known before a no, so rows that are not over would be yes throughout.
    """

    table: str
    version: int
    as_of: datetime | None
    known_by: datetime | None
    outcome: bool
    now: datetime


def lake_table(project: Project, name: str) -> str:
    """The lake's name of a source's table or of the features.

    Raises:
        TableUnknown: when the project has neither.
    """
    if name == FEATURES:
        return features_table(project)
    if name not in project.data.sources:
        raise TableUnknown(name, "there is no such source", [*project.data.sources, FEATURES])
    return source_table(project, name)


def rows_of(lake: Lake, project: Project, cut: Cut) -> "DuckDBPyRelation":
    """The rows of a cut, to be read, filtered or joined.

    Raises:
        TableMissing: when there is no such version.
    """
    table = lake_table(project, cut.table)
    if cut.table == FEATURES:
        return _features(lake, project, table, cut)
    sql, parameters = "select * from rows", dict[str, object]()
    if cut.as_of is not None:
        sql = visible("rows", "$as_of", "$known_by")
        parameters = {"as_of": cut.as_of, "known_by": cut.known_by or cut.as_of}
    return lake.relation(sql, {"rows": (table, cut.version)}, parameters)


def _features(lake: Lake, project: Project, table: str, cut: Cut) -> "DuckDBPyRelation":
    """The newest feature set as of a time, or all of them."""
    where, parameters = "", dict[str, object]()
    if cut.as_of is not None:
        where = "where as_of = (select max(as_of) from rows where as_of <= $as_of)"
        parameters = {"as_of": cut.as_of}
    chosen = f"select * from rows {where}"  # noqa: S608 - our own names
    if not cut.outcome:
        return lake.relation(chosen, {"rows": (table, cut.version)}, parameters)
    keys = lake.query(f"select entity, as_of from ({chosen})", {"rows": (table, cut.version)}, parameters)  # noqa: S608
    known = _known(lake, project, keys, cut.now)
    sql = f"select chosen.*, known.outcome from ({chosen}) chosen left join known using (entity, as_of)"  # noqa: S608
    return lake.relation(sql, {"rows": (table, cut.version), "known": known}, parameters)


def _known(lake: Lake, project: Project, keys: pa.Table, now: datetime) -> pa.Table:
    found = labels(
        lake,
        project,
        entities=keys["entity"].combine_chunks(),
        as_of=keys["as_of"].combine_chunks(),
        now=now,
    )
    over = pc.fill_null(pc.less_equal(found["matures_at"], pa.scalar(now, found["matures_at"].type)), True)
    label = pa.array(found["label"].to_pandas(), pa.float64(), from_pandas=True)
    label = pc.if_else(over.combine_chunks(), label, None)
    if project.rule.classes:
        label = pa.array(project.rule.classes, pa.string()).take(label.cast(pa.int64()))
    return pa.table({"entity": found["entity"], "as_of": found["as_of"], OUTCOME: label})
