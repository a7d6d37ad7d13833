"""Use case `explore`: what a table shows before anything is built on it, from a file or from a project.

Invariant: reads a table once, in bounded memory (a large one is thinned, and says so), and changes nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from copml.app.snapshots import BATCH_ROWS, FEATURES, TableSnapshot, snapshot
from copml.app.workspace import Workspace
from copml.clock import SystemClock
from copml.exploration import Exploration, Question, read_rows, thinned
from copml.exploration import explore as explore_table
from copml.operations import Progress, no_progress
from copml.records import DecisionRule, ProblemKind
from copml.spec.project import Project
from copml.store import write_bytes

if TYPE_CHECKING:
    import pandas as pd

OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Explored:
    """What was found, and how to look at it: it shows itself in a notebook, and writes itself as a page.

    `found` holds all figures; `at` is when the table was looked at.
    """

    found: Exploration
    question: Question
    at: datetime
    simulated: bool = False

    @property
    def findings(self) -> tuple[str, ...]:
        """What a person should look at, in sentences, the most urgent first."""
        return tuple(item.text for item in self.found.findings)

    def frame(self) -> "pd.DataFrame":
        """A row for each column of the table: kind, missing, distinct, how well it tells the outcome, drift."""
        import pandas as pd

        strengths = {item.column: item.strength for item in self.found.associations}
        drifts = {item.column: item.worst for item in self.found.drift}
        rows = [
            {
                "column": item.name,
                "kind": item.kind,
                "missing_ratio": item.missing_ratio,
                "distinct": item.distinct,
                "strength": strengths[item.name].value if item.name in strengths else None,
                "strength_low": strengths[item.name].low if item.name in strengths else None,
                "strength_high": strengths[item.name].high if item.name in strengths else None,
                "drift_max": drifts.get(item.name),
            }
            for item in self.found.columns
        ]
        return pd.DataFrame(rows).set_index("column")

    def page(self, path: str | Path) -> Path:
        """Write the whole exploration as one HTML page that needs nothing else; where it is."""
        from copml.reporting import explored

        page = explored(self.found, at=self.at, zone=self.question.zone, simulated=self.simulated)
        write_bytes(Path(path), page.encode())
        return Path(path)

    def _repr_html_(self) -> str:
        from copml.reporting import explored_html

        return explored_html(self.found, simulated=self.simulated)


def explore_file(path: Path, question: Question | None = None, progress: Progress = no_progress) -> Explored:
    """Explore a file of rows: CSV, JSON lines or Parquet. `question` says what is known of it beforehand.

    Raises:
        TableUnusable: when it cannot be read, or has no rows.
        ColumnUnknown: when the question names a column that is not there.
        OutcomeUnclear: when it does not follow which values of the outcome are the event.
    """
    progress("reading the file", 0, None)
    rows = read_rows(path)
    asked = replace(question or Question(name=""), name=path.name)
    return _explored(rows.table, asked, rows.notes, progress)


def explore_rows(rows: object, *, name: str = "table", progress: Progress = no_progress, **known: object) -> Explored:
    """Explore rows in memory: a pandas frame or an Arrow table. `known`: fields of `Question`.

    Raises:
        TableUnusable, ColumnUnknown, OutcomeUnclear: as `explore_file`.
    """
    table = rows if isinstance(rows, pa.Table) else _from_pandas(rows, name)
    return _explored(table, replace(Question(name=name), **known), (), progress)  # type: ignore[arg-type]


def explore(
    workspace: Workspace,
    project: str,
    table: str = FEATURES,
    *,
    as_of: datetime | str | None = None,
    positive: str | None = None,
) -> Explored:
    """Explore a project's features with their outcomes, or one of its sources; see `snapshot` for `as_of`.

    `positive`: the class that counts as the event; of several, else one that is acted upon, else the first.

    Raises:
        TableUnknown: when the project has no such table, or it has no rows yet.
        OutcomeUnclear: when the outcome never has the value that counts as the event.
    """
    rows = snapshot(workspace, project, table, as_of=as_of, outcome=table == FEATURES)
    question = _question(rows, positive)
    lake_rows = rows.relation().to_arrow_reader(BATCH_ROWS)
    kept = thinned(lake_rows, lake_rows.schema)
    explored = _explored(kept.table, question, kept.notes, workspace.stages.progress)
    return replace(explored, simulated=workspace.mark.simulated, at=rows.view.now)


def _question(rows: TableSnapshot, positive: str | None) -> Question:
    project: Project = rows.view.project
    name = f"{project.project}: {rows.table}"
    asked = Question(name=name, entity="entity", zone=project.tz, drift=project.monitoring.drift)
    outcome = project.data.outcome
    if rows.table == FEATURES:
        return replace(asked, time="as_of", outcome=OUTCOME, positive=positive or _event(project.rule, "1"))
    asked = replace(asked, time="event_at", aside=frozenset({"known_at"}))
    if outcome.source != rows.table or outcome.column is None:
        return asked
    stated = None if outcome.positive is None else str(outcome.positive)
    return replace(asked, outcome=outcome.column, positive=positive or _event(project.rule, stated))


def _event(rule: DecisionRule, yes: str | None) -> str | None:
    """The value that counts as the event: a class, a yes; None for numbers, which are cut at their median."""
    if rule.classes:
        return (rule.act_on or rule.classes)[0]
    return None if rule.kind is ProblemKind.REGRESSION else yes


def _from_pandas(rows: object, name: str) -> pa.Table:
    """A frame as Arrow; a column of mixed values as text."""
    import pandas as pd

    from copml.errors import TableUnusable

    if not isinstance(rows, pd.DataFrame):
        raise TableUnusable(name, f"it is a {type(rows).__name__}, no pandas frame and no Arrow table")
    columns: dict[str, pa.Array] = {}
    for place, column in enumerate(rows.columns):
        values = rows.iloc[:, place]
        try:
            columns[str(column)] = pa.array(values, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            columns[str(column)] = pa.array([None if pd.isna(item) else str(item) for item in values], pa.string())
    return pa.table(columns)


def _explored(table: pa.Table, question: Question, notes: tuple[str, ...], progress: Progress) -> Explored:
    found = explore_table(table, question, progress)
    return Explored(replace(found, notes=(*notes, *found.notes)), question, SystemClock().now())
