"""Predictions whose outcomes are known, of the newest windows, as they were made.

Invariant: reads only; a window counts once every outcome of it has matured, as it does when it is measured.
"""

import pyarrow as pa

from copml.operations.outcomes import matured
from copml.operations.perform.bench import Bench
from copml.operations.signs import occasion
from copml.operations.stages import Stages
from copml.operations.view import View
from copml.records import PROBABILITY, ProblemKind

WINDOWS_MAX = 12
NOTHING = pa.table({name: [] for name in ("entity", "probability", "control", "treated", "outcome")})


def matured_predictions(view: View, stages: Stages) -> tuple[pa.Table, int]:
    """entity, probability, control, treated, outcome (0 or 1) of matured predictions, and of how many batches.

    Nothing where a model does not answer with the probability of a yes.
    """
    if view.project.rule.kind is not ProblemKind.BINARY:
        return NOTHING, 0
    windows = [window for window in view.windows if view.scored_in(window) and matured(view, window)][-WINDOWS_MAX:]
    if not windows:
        return NOTHING, 0
    bench = Bench(view=view, lake=stages.lake, window=windows[-1], occasion=occasion(view, windows[-1], again=False))
    rows = bench.predictions(windows)
    known = bench.outcomes(rows)
    table = pa.table(
        {
            "entity": rows["entity"],
            "probability": rows[PROBABILITY],
            "control": rows["control"],
            "treated": known["treated"],
            "outcome": known["outcome"],
        }
    )
    return table.filter(table["outcome"].is_valid()), sum(len(view.scored_in(window)) for window in windows)
