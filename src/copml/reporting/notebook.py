"""How results show themselves in a notebook: a few lines of HTML.

Invariant: what is shown is static, small and escaped; it takes light or dark from the notebook. The whole picture is
for pages.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from copml.conformance.words import count, number
from copml.reporting.rendering import SYMBOLS, fill

if TYPE_CHECKING:
    import pyarrow as pa

    from copml.conformance import RequirementVerdict
    from copml.exploration import Exploration
    from copml.records import Interval, ModelVersion, Trial

ROWS_MAX = 30
COLUMNS_MAX = 12
FINDINGS_MAX = 10
STRENGTHS_MAX = 10
CELL_MAX = 60


def table_html(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    lead: str = "",
    simulated: bool = False,
) -> str:
    """A table with a title; what exceeds `ROWS_MAX` rows is counted."""
    cells = [[_cell(value) for value in row] for row in rows]
    more = len(cells) - ROWS_MAX
    return _shown(
        title=title,
        lead=lead,
        columns=columns,
        rows=cells[:ROWS_MAX],
        quiet=f"{more:,} more" if more > 0 else "",
        simulated=simulated,
    )


def explored_html(found: "Exploration", *, simulated: bool = False) -> str:
    """Findings first, then the strongest columns."""
    from copml.reporting.drawing import svg
    from copml.reporting.exploration_charts import strength_chart
    from copml.reporting.exploration_page import findings_title, headline_explored

    strongest = found.associations[:STRENGTHS_MAX]
    more = len(found.findings) - FINDINGS_MAX
    return _shown(
        title=f"{found.name}: {findings_title(found)}",
        lead=headline_explored(found),
        items=[item.text for item in found.findings[:FINDINGS_MAX]],
        drawing=svg(strength_chart(strongest), "How well each column alone tells the outcome", rows=len(strongest))
        if strongest
        else "",
        quiet=(f"{more} more findings. " if more > 0 else "") + "page(path) writes all of it, frame() has the figures.",
        simulated=simulated,
    )


def snapshot_html(title: str, rows: int, head: "pa.Table") -> str:
    """How many rows there are, and the first of them."""
    names = head.column_names[:COLUMNS_MAX]
    left = head.num_columns - len(names)
    return _shown(
        title=title,
        lead=f"{count(rows, 'row')} of {count(head.num_columns, 'column')}; rows are read when you ask for them: "
        "frame(), arrow(), relation() or batches().",
        columns=names,
        rows=[[_cell(row[name]) for name in names] for row in head.select(names).to_pylist()],
        quiet=f"{left} more columns" if left else "",
    )


def verdicts_html(found: "Sequence[RequirementVerdict]") -> str:
    """A line for each requirement."""
    rows = [(item.id, f"{SYMBOLS[item.verdict]} {item.verdict}", item.reason) for item in found]
    return _shown(title=count(len(rows), "requirement"), columns=("id", "verdict", "why"), rows=rows)


def versions_html(found: "Sequence[ModelVersion]") -> str:
    """A line for each version."""
    rows = [
        (
            item.name,
            item.state.value,
            f"{item.created_at:%Y-%m-%d}",
            ", ".join(f"{name} {seen.value:.3f}" for name, seen in item.metrics.items()),
        )
        for item in found
    ]
    return table_html(count(len(rows), "model version"), ("version", "state", "made", "on its holdout"), rows)


def trials_html(found: "Sequence[Trial]") -> str:
    """A line for each trial: what was tried, and what came out, with intervals."""
    metrics = list(dict.fromkeys(name for item in found for name in item.metrics))
    params = list(dict.fromkeys(name for item in found for name in item.params))
    rows = [
        (
            item.id,
            f"{item.started_at:%Y-%m-%d %H:%M}",
            item.by,
            item.state.value,
            *(item.params.get(name, "–") for name in params),
            *(with_interval(item.metrics.get(name)) for name in metrics),
            ", ".join(f"{table} {version}" for table, version in item.snapshots.items()) or "–",
            item.note,
        )
        for item in found
    ]
    columns = ("trial", "started", "by", "state", *params, *metrics, "rows of", "note")
    return table_html(count(len(rows), "trial"), columns, rows)


def with_interval(seen: "Interval | None") -> str:
    """A metric with its interval, where one is known."""
    if seen is None:
        return "–"
    value = number(seen.value, 3)
    return value if seen.n == 0 else f"{value} ({number(seen.low, 3)} to {number(seen.high, 3)})"


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    text = "–" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= CELL_MAX else f"{text[: CELL_MAX - 1]}…"


def _shown(**values: object) -> str:
    empty = {"lead": "", "items": (), "columns": (), "rows": (), "drawing": "", "quiet": "", "simulated": False}
    return fill("notebook.html.j2", **{**empty, **values})
