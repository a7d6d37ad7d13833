"""Inputs that came without values: what is recorded when a scored batch misses what training had (pure).

No trigger need ask for it: a feature that arrives empty makes predictions worse at once, long before an outcome tells.

Invariant: one incident is open for one set of columns; what the incident of a source tells of a column is not told
twice.
"""

from collections.abc import Mapping
from dataclasses import replace

from copml.operations.actions import deliveries
from copml.operations.agenda import label
from copml.operations.view import View
from copml.records import Cause, CauseStage, Incident, IncidentState, Record, Role, Window

INCIDENTS = "inputs/"


def gap_records(view: View, window: Window, gaps: Mapping[str, str]) -> tuple[Record, ...]:
    """Incidents that begin or end with the inputs of a window. `gaps`: what is wrong, by column, in words."""
    told = {item.evidence.get("column") for item in _open(view) if item.cause is Cause.UPSTREAM_DATA}
    news = {column: words for column, words in gaps.items() if column not in told}
    running = [item for item in _open(view) if item.id.startswith(INCIDENTS)]
    if any(item.evidence.keys() == news.keys() for item in running):
        return ()
    if not news:
        return _ended(
            view, running, f"the window from {window.starts_at:%Y-%m-%d} has no gaps that are not told of elsewhere"
        )
    incident = _incident(view, window, news)
    return (*_ended(view, running, f"it goes on as {incident.id}"), incident, *deliveries(view, incident))


def _open(view: View) -> list[Incident]:
    return [item for item in view.incidents if item.state is not IncidentState.RESOLVED]


def _ended(view: View, incidents: list[Incident], words: str) -> tuple[Record, ...]:
    return tuple(
        replace(item, state=IncidentState.RESOLVED, closed_at=view.now, resolution=words) for item in incidents
    )


def _incident(view: View, window: Window, news: Mapping[str, str]) -> Incident:
    listed = "; ".join(f"{column} is {words}" for column, words in news.items())
    return Incident(
        project=view.name,
        id=f"{INCIDENTS}{label(window.starts_at)}",
        what=f"A batch was scored on features with gaps: {listed}. Its predictions rest on less than the model learned "
        "from. Look at the source and at `build`, or tolerate more in `data.checks`.",
        cause_stage=CauseStage.DATA,
        cause=Cause.UPSTREAM_DATA,
        owner=Role.DATA,
        evidence=dict(news),
        starts_at=window.starts_at,
        opened_at=view.now,
        state=IncidentState.OPEN,
        closed_at=None,
        resolution="",
    )
