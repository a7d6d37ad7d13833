"""Decide one trigger for one window.

Invariant: everything that follows is a record; whether it holds is decided by `operations.triggers`.
"""

from copml.operations import actions
from copml.operations.agenda import Task
from copml.operations.stages import Kept, Stages
from copml.operations.triggers import named
from copml.operations.view import View


def act(task: Task, view: View, _: Stages) -> Kept:
    """The records that follow from the trigger."""
    trigger = next(item for item in named(view) if item.name == task.subject)
    assert task.window is not None
    return Kept(records=actions.act(view, trigger, task.window))
