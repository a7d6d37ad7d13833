"""Use case `predictions`: recorded predictions with their inputs, as they were made.

Invariant: entities are pseudonyms. Rows are about people, so each look is an entry of the ledger, which says who
looked at what and how many rows that were.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from copml.access import Reading
from copml.app.authority import demand_identity
from copml.app.workspace import Workspace
from copml.errors import ProjectUnknown, RequestRefused
from copml.operations import keep, look
from copml.scoring import predictions_table

ROWS_MAX = 500
_LEFT_OUT = ("salt",)
_QUERY = """
select * from predictions
where ($entity is null or entity = $entity)
  and ($version is null or version = $version)
  and ($after is null or id > $after)
order by id limit $rows
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPrediction:
    """A prediction. `id`: a UUID. `answer`: what the model said, by column. `input`: what it was given."""

    id: str
    entity: str
    slot: datetime
    version: str
    answer: dict[str, float]
    decision: bool
    control: bool
    eligible: bool
    treat: bool
    rank: int
    input: dict[str, Any]


def predictions(
    workspace: Workspace,
    project: str,
    *,
    by: str,
    entity: str | None = None,
    version: str | None = None,
    after: str | None = None,
    rows: int = 100,
) -> tuple[RecordedPrediction, ...]:
    """Recorded predictions, by id, and so by time: of one entity (its pseudonym) or version where that is given.

    `after`: the id of the last one seen. `rows`: 1 to 500.

    Raises:
        RequestRefused: when `after` is no id.
    """
    view = look(workspace.stages, project, workspace.clock.now())
    if view is None:
        raise ProjectUnknown(project, workspace.projects())
    lake, table = workspace.stages.lake, predictions_table(project)
    found: tuple[RecordedPrediction, ...] = ()
    if lake.version(table) is not None:
        parameters = {
            "entity": entity,
            "version": version,
            "after": None if after is None else _bytes_of(after),
            "rows": max(1, min(rows, ROWS_MAX)),
        }
        read = lake.query(_QUERY, {"predictions": (table, None)}, parameters)
        found = tuple(_prediction(row) for row in read.to_pylist())
    what = f"predictions of {entity or 'any entity'}, of {version or 'any version'}"
    reading = Reading(project=project, id=secrets.token_hex(16), by=by, what=what, rows=len(found), at=view.now)
    with workspace.stages.state.write() as tx:
        demand_identity(workspace, tx, by)
        keep(tx, (reading,), view.now)
    return found


def _bytes_of(prediction: str) -> bytes:
    try:
        return UUID(prediction).bytes
    except ValueError as error:
        raise RequestRefused(f"{prediction!r} is no id of a prediction; one is a UUID") from error


def _prediction(row: dict[str, Any]) -> RecordedPrediction:
    row["id"] = str(UUID(bytes=row["id"]))
    known = {name: row.pop(name) for name in RecordedPrediction.__slots__ if name in row}
    row.pop("run", None)
    answer = {name: value for name, value in row.items() if name not in _LEFT_OUT and isinstance(value, float)}
    return RecordedPrediction(**known, answer=answer)
