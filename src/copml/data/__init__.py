"""From the world to features and outcomes: ingest, checks, point-in-time joins, feature sets, labels.

Invariant: identifiers are replaced by pseudonyms before anything is written; no row is lost or doubled, however often
an ingest is tried; what is computed as of a time never sees what happened, or was learned, later. Nothing here writes
the state database: records go back to the caller.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.data.features import AsOf as AsOf
    from copml.data.features import FeatureRequest as FeatureRequest
    from copml.data.features import build_features as build_features
    from copml.data.intake import ingest as ingest
    from copml.data.outcomes import events_in as events_in
    from copml.data.outcomes import labels as labels
    from copml.data.outcomes import treatments as treatments
    from copml.data.point_in_time import as_of_join as as_of_join
    from copml.data.preview import doubts as doubts
    from copml.data.request import Finding as Finding
    from copml.data.request import IngestRequest as IngestRequest
    from copml.data.request import IngestResult as IngestResult
    from copml.data.request import source_table as source_table
    from copml.data.snapshots import Cut as Cut
    from copml.data.snapshots import lake_table as lake_table
    from copml.data.snapshots import rows_of as rows_of
    from copml.data.timeliness import Freshness as Freshness
    from copml.data.timeliness import freshness as freshness

_NAMES = {
    "AsOf": "features",
    "Cut": "snapshots",
    "FeatureRequest": "features",
    "Finding": "request",
    "Freshness": "timeliness",
    "IngestRequest": "request",
    "IngestResult": "request",
    "as_of_join": "point_in_time",
    "build_features": "features",
    "doubts": "preview",
    "events_in": "outcomes",
    "freshness": "timeliness",
    "ingest": "intake",
    "labels": "outcomes",
    "source_table": "request",
    "lake_table": "snapshots",
    "rows_of": "snapshots",
    "treatments": "outcomes",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
