"""Naive retraining beside the right one: what learning from treated outcomes would have done to this model.

Invariant: both models of a pair learn from the same months and are measured on the same untreated holdout; nothing of
this is kept as a run or a version.
"""

import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from copml.app.workspace import Workspace
from copml.clock import SimulatedClock
from copml.operations import Stages, View, learnable, look, train_request, training_rows
from copml.records import ModelVersion
from copml.reporting import Naive, NaiveMonth
from copml.store import make_folder
from copml.training import TrainingRows, train

EVERY = 4
"""Months between two pairs."""
METRIC = "accuracy"
POLICIES = ("all", "untreated")
"""What the naive and the right model learn from."""


def compare_retraining(workspace: Workspace, project: str) -> Naive:
    """Train both ways at every fourth month since outcomes began to mature."""
    view = look(workspace.stages, project, workspace.clock.now())
    assert view is not None, "a project that ran has a revision"
    make_folder(workspace.folder / "staging")
    with tempfile.TemporaryDirectory(dir=workspace.folder / "staging") as folder:
        stages = replace(workspace.stages, folder=Path(folder))
        return Naive(metric=METRIC, months=tuple(_pairs(view, stages)))


def _pairs(view: View, stages: Stages) -> Iterator[NaiveMonth]:
    for slot in view.slots[::EVERY]:
        then = replace(view, now=slot)
        if view.scoring_runs and slot > view.scoring_runs[0].slot and learnable(then):
            with ThreadPoolExecutor(len(POLICIES)) as pool:
                rows = training_rows(then, stages)
                versions = list(pool.map(partial(_trained, then, stages, rows), POLICIES))
            yield from _pair(learnable(then)[-1], versions)


def _pair(at: datetime, versions: list[ModelVersion | None]) -> Iterator[NaiveMonth]:
    figures = [version.metrics.get(f"{METRIC}.control") for version in versions if version is not None]
    if len(figures) == len(POLICIES) and figures[0] is not None and figures[1] is not None:
        yield NaiveMonth(starts_at=at, naive=figures[0].value, right=figures[1].value)


def _trained(then: View, stages: Stages, rows: TrainingRows, on: str) -> ModelVersion | None:
    request = train_request(then, stages, key=f"compare/{on}", on=on)
    result = train(replace(request, gates=(), live=None), rows, stages.blobs, SimulatedClock(then.now))
    shutil.rmtree(request.staging, ignore_errors=True)
    return result.version
