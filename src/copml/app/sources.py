"""Use case `data`: what a project's sources brought, how fresh and how good they are, what is personal.

Invariant: shows counts and column names, never a value of a row.
"""

from dataclasses import dataclass
from datetime import datetime

from copml.app.workspace import Workspace
from copml.data import Freshness, freshness
from copml.errors import ProjectUnknown
from copml.operations import View, look
from copml.records import Ingest, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """One source: totals over every ingest, and the state of the newest."""

    source: str
    state: str
    is_late: bool
    rows: int
    repeated: int
    quarantined: int
    reasons: dict[str, int]
    newest_event_at: datetime | None
    ingested_at: datetime | None
    expected_by: datetime | None
    snapshot: int | None
    digest: str
    missing: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataState:
    """All sources of a project, and its classified columns."""

    project: str
    sources: tuple[SourceState, ...]
    personal: dict[str, str]
    feature_sets: int
    features_as_of: datetime | None


def data(workspace: Workspace, project: str) -> DataState:
    """Sources, freshness, snapshots, quality, what is personal, what is missing."""
    view = look(workspace.stages, project, workspace.clock.now())
    if view is None:
        raise ProjectUnknown(project, workspace.projects())
    with workspace.stages.state.read() as reader:
        snapshots = reader.find(Snapshot, project=project)
    fresh = freshness(view.project, view.ingests, view.now)
    return DataState(
        project=project,
        sources=tuple(_source(view, item, snapshots) for item in fresh),
        personal=dict(view.project.data.personal),
        feature_sets=len(view.feature_sets),
        features_as_of=max(view.features, default=None),
    )


def _source(view: View, fresh: Freshness, snapshots: list[Snapshot]) -> SourceState:
    ingests = [item for item in view.ingests if item.source == fresh.source]
    kept = [item for item in snapshots if item.table.endswith(f"sources/{fresh.source}")]
    newest = ingests[-1].missing_ratios if ingests else {}
    return SourceState(
        source=fresh.source,
        state=ingests[-1].state if ingests else "never ingested",
        is_late=fresh.is_late,
        rows=sum(item.rows_added for item in ingests),
        repeated=sum(item.rows_repeated for item in ingests),
        quarantined=sum(item.rows_quarantined for item in ingests),
        reasons=_reasons(ingests),
        newest_event_at=fresh.last_event_at,
        ingested_at=fresh.last_known_at,
        expected_by=fresh.expected_by,
        snapshot=kept[-1].version if kept else None,
        digest=kept[-1].digest if kept else "",
        missing={column: ratio for column, ratio in newest.items() if ratio > 0},
    )


def _reasons(ingests: list[Ingest]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for item in ingests:
        for reason, count in item.reasons.items():
            counts[reason] = counts.get(reason, 0) + count
    return counts
