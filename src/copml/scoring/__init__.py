"""Score a batch: predictions for every row of a feature table, durable before anybody sees them, and their seal.

Invariant: no prediction reaches the business before it is in the lake with its input, version and id; the arms of the
treatment are drawn over all entities and do not depend on the answer. Of a model that runs elsewhere, what arrived is
recorded as it came. Metrics, outcomes and when a run is due are for
other rooms.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.scoring.arrived import ArrivalRequest as ArrivalRequest
    from copml.scoring.arrived import Logged as Logged
    from copml.scoring.arrived import input_columns as input_columns
    from copml.scoring.arrived import record as record
    from copml.scoring.prepare import predictions_table as predictions_table
    from copml.scoring.request import Control as Control
    from copml.scoring.request import ScoreRequest as ScoreRequest
    from copml.scoring.request import ScoreResult as ScoreResult
    from copml.scoring.request import Surroundings as Surroundings
    from copml.scoring.rows import Rows as Rows
    from copml.scoring.run import score as score
    from copml.scoring.sealing import seal as seal

_NAMES = {
    "predictions_table": "prepare",
    "ArrivalRequest": "arrived",
    "Control": "request",
    "Logged": "arrived",
    "Rows": "rows",
    "ScoreRequest": "request",
    "ScoreResult": "request",
    "Surroundings": "request",
    "input_columns": "arrived",
    "record": "arrived",
    "score": "run",
    "seal": "sealing",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
