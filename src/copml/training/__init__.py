"""From labelled rows to a candidate version with figures and gates, in a process of its own.

Invariant: the same rows, parameters, code, seed and libraries give the same model, bit for bit; whatever the project's
code does ends as a `Run`, succeeded or failed, with what it ran on and its log. Registering, approving and deploying
the candidate is for others; records go back to the caller.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.training.candidate import FAILURES as FAILURES
    from copml.training.candidate import train as train
    from copml.training.capture import source_archive as source_archive
    from copml.training.crossvalidation import Recipe as Recipe
    from copml.training.crossvalidation import crossvalidate as crossvalidate
    from copml.training.dataset import Policy as Policy
    from copml.training.dataset import TrainingRows as TrainingRows
    from copml.training.dataset import make_dataset as make_dataset
    from copml.training.reassessment import Given as Given
    from copml.training.reassessment import Reassessment as Reassessment
    from copml.training.reassessment import reassess as reassess
    from copml.training.request import TrainRequest as TrainRequest
    from copml.training.request import TrainResult as TrainResult
    from copml.training.search import Tried as Tried
    from copml.training.search import suggest as suggest
    from copml.training.trial import Trying as Trying
    from copml.training.trial import try_out as try_out

_NAMES = {
    "FAILURES": "candidate",
    "Given": "reassessment",
    "Policy": "dataset",
    "Reassessment": "reassessment",
    "Recipe": "crossvalidation",
    "TrainRequest": "request",
    "TrainResult": "request",
    "TrainingRows": "dataset",
    "Tried": "search",
    "Trying": "trial",
    "crossvalidate": "crossvalidation",
    "make_dataset": "dataset",
    "reassess": "reassessment",
    "source_archive": "capture",
    "suggest": "search",
    "train": "candidate",
    "try_out": "trial",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
