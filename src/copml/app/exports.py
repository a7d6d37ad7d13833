"""Use cases that write what other tools read: a model folder for MLflow, a file of predictions.

Invariant: exporting changes nothing in the workspace; what leaves it holds pseudonyms only.
"""

import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from copml.app.ledger import origin
from copml.app.workspace import Workspace
from copml.data import labels
from copml.errors import ModelElsewhere, ProjectUnknown, VersionMissing
from copml.exporting import ExportedPredictions, Origin, PredictionsRequest, write_mlflow, write_predictions
from copml.operations import View, look
from copml.records import ModelVersion, ScoringRun
from copml.registry import load_version
from copml.store import make_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which predictions: of one version (None: any), scheduled at or after `since` and before `until`."""

    version: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def export_mlflow(workspace: Workspace, project: str, version: str, output: Path) -> Path:
    """Write a version as an MLflow model folder; returns it.

    Raises:
        VersionMissing: when there is no such version.
        ModelElsewhere: when the model runs elsewhere.
        ExportExists: when something of that name is there.
        ManifestUnsigned, ModelAltered, ArtifactMissing: when its files are not what was registered.
    """
    view = _view(workspace, project)
    found = the_version(view, version)
    if view.project.is_external:
        raise ModelElsewhere(project, "kept that could be exported")
    run = next((item for item in view.runs if item.id == found.run), None)
    stages = workspace.stages
    staging = workspace.folder / "staging"
    make_folder(staging)
    with tempfile.TemporaryDirectory(dir=staging) as folder:
        model = load_version(found, stages.blobs, stages.keys.verify, Path(folder))
        facts = Origin(
            ledger=origin(workspace),
            environment=run.environment if run is not None else None,
            personal=frozenset(view.project.data.personal),
        )
        return write_mlflow(found, model, output.resolve(), facts)


def export_predictions(
    workspace: Workspace, project: str, output: Path, *, format: str, wanted: Wanted = Wanted()
) -> ExportedPredictions:
    """Write predictions, with their outcomes where those are known, as `csv`, `parquet` or `openml` (ARFF).

    Raises:
        VersionMissing: when there is no such version.
        NothingToExport: when no prediction is of the version and time asked for.
    """
    view, stages = _view(workspace, project), workspace.stages
    if wanted.version is not None:
        the_version(view, wanted.version)
    request = PredictionsRequest(
        project=project,
        rule=view.project.rule,
        runs=[run for run in view.scoring_runs if _is_wanted(run, wanted)],
        personal=frozenset(view.project.data.personal),
        format=format,
        path=output.resolve(),
        progress=lambda done, total: stages.progress("export", done, total),
    )

    def outcomes(entities: pa.Array, slots: pa.Array) -> pa.Array:
        found = labels(stages.lake, view.project, entities=entities, as_of=slots, now=view.now)
        return found["label"].combine_chunks()

    return write_predictions(request, stages.lake, outcomes)


def the_version(view: View, name: str) -> ModelVersion:
    """The version of a name.

    Raises:
        VersionMissing: when there is none.
    """
    found = view.version(name)
    if found is None:
        raise VersionMissing(view.name, name, [item.name for item in view.versions])
    return found


def _is_wanted(run: ScoringRun, wanted: Wanted) -> bool:
    return (
        (wanted.version is None or run.version == wanted.version)
        and (wanted.since is None or run.slot >= wanted.since)
        and (wanted.until is None or run.slot < wanted.until)
    )


def _view(workspace: Workspace, project: str) -> View:
    view = look(workspace.stages, project, workspace.clock.now())
    if view is None:
        raise ProjectUnknown(project, workspace.projects())
    return view
