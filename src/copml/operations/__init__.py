"""The loop: what is due, who does it, triggers and what follows from them.

Invariant: `due` is pure, performing is idempotent, and what a task made commits together with its ledger entries. The
stages are called from here and nowhere else, and know nothing of each other.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.operations.agenda import Task as Task
    from copml.operations.agenda import can_learn as can_learn
    from copml.operations.agenda import due as due
    from copml.operations.agenda import label as label
    from copml.operations.agenda import learnable as learnable
    from copml.operations.agenda import waits_for_people as waits_for_people
    from copml.operations.commit import keep as keep
    from copml.operations.failures import by_hand as by_hand
    from copml.operations.notices import REVISION_APPROVER as REVISION_APPROVER
    from copml.operations.perform.folds import crossvalidated as crossvalidated
    from copml.operations.perform.matured import matured_predictions as matured_predictions
    from copml.operations.perform.sweep import Budget as Budget
    from copml.operations.perform.sweep import Objective as Objective
    from copml.operations.perform.sweep import kept_trials as kept_trials
    from copml.operations.perform.sweep import objective as objective
    from copml.operations.perform.sweep import run_trials as run_trials
    from copml.operations.perform.tell import OUTBOX as OUTBOX
    from copml.operations.perform.train import train_request as train_request
    from copml.operations.perform.train import training_rows as training_rows
    from copml.operations.stages import Progress as Progress
    from copml.operations.stages import Stages as Stages
    from copml.operations.stages import no_progress as no_progress
    from copml.operations.view import View as View
    from copml.operations.view import load as load
    from copml.operations.worker import Step as Step
    from copml.operations.worker import look as look
    from copml.operations.worker import perform_one as perform_one
    from copml.operations.worker import run_until_idle as run_until_idle

_NAMES = {
    "REVISION_APPROVER": "notices",
    "Budget": "perform.sweep",
    "OUTBOX": "perform.tell",
    "Objective": "perform.sweep",
    "Progress": "stages",
    "Stages": "stages",
    "Step": "worker",
    "Task": "agenda",
    "View": "view",
    "by_hand": "failures",
    "can_learn": "agenda",
    "crossvalidated": "perform.folds",
    "due": "agenda",
    "keep": "commit",
    "kept_trials": "perform.sweep",
    "label": "agenda",
    "learnable": "agenda",
    "load": "view",
    "look": "worker",
    "matured_predictions": "perform.matured",
    "no_progress": "stages",
    "objective": "perform.sweep",
    "perform_one": "worker",
    "run_trials": "perform.sweep",
    "run_until_idle": "worker",
    "train_request": "perform.train",
    "training_rows": "perform.train",
    "waits_for_people": "agenda",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
