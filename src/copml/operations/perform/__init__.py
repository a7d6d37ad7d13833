"""Perform a task: one file per stage, and the table that finds it.

Invariant: performing is idempotent and keeps nothing by itself.
"""

from collections.abc import Callable

from copml.operations.agenda import Task
from copml.operations.perform.act import act
from copml.operations.perform.arrive import arrive
from copml.operations.perform.deploy import deploy
from copml.operations.perform.features import features
from copml.operations.perform.ingest import ingest
from copml.operations.perform.monitor import monitor
from copml.operations.perform.notify import notify
from copml.operations.perform.score import score, seal
from copml.operations.perform.train import train
from copml.operations.stages import Kept, Stages
from copml.operations.view import View
from copml.records import Stage

HANDLERS: dict[Stage, Callable[[Task, View, Stages], Kept]] = {
    Stage.INGEST: ingest,
    Stage.FEATURES: features,
    Stage.TRAIN: train,
    Stage.DEPLOY: deploy,
    Stage.SCORE: score,
    Stage.SEAL: seal,
    Stage.MONITOR: monitor,
    Stage.ACT: act,
    Stage.NOTIFY: notify,
}
assert HANDLERS.keys() == set(Stage)


def perform(task: Task, view: View, stages: Stages) -> Kept:
    """Do what a task asks for; what is to be kept of it."""
    if task.stage is Stage.SCORE and view.project.is_external:
        return arrive(task, view, stages)
    return HANDLERS[task.stage](task, view, stages)
