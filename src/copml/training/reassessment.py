"""Judge a version that was trained elsewhere, on the rows that are here.

Invariant: it is measured on the holdout that a training now would have, beside the live version, and held to the gates
of the revision that is in force; without rows, or with too few outcomes, it is held to them by the figures that it came
with, which is said.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from copml.errors import TrainingRowsUnusable
from copml.records import GateResult, Interval
from copml.sandbox import run_child
from copml.store import explained
from copml.training.answers import FILE, Floats, read_answers, write_answers
from copml.training.dataset import TrainingRows, lacking, make_dataset
from copml.training.evaluate import evaluate
from copml.training.gates import judge, passed
from copml.training.job import CANDIDATE, LIVE
from copml.training.request import TrainRequest

CHILD = "copml.training.reassessment:answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a version came with: the folder of its model, figures of the holdout that it was trained beside."""

    model: Path
    metrics: Mapping[str, Interval]
    live: Mapping[str, Interval] | None
    """Figures of the version that is live here, as it came with them; None where none is live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassessment:
    """Figures and gates. `rows`: how many rows of here they rest on; 0: the figures are those that it came with."""

    metrics: dict[str, Interval]
    gates: tuple[GateResult, ...]
    rows: int

    @property
    def passed(self) -> bool:
        """Whether every gate passed."""
        return passed(self.gates)


def reassess(request: TrainRequest, rows: TrainingRows | None, given: Given) -> Reassessment:
    """Load the model in a child, have it predict the holdout, and judge it; `rows` is None where nothing has matured.

    Raises:
        ModelLibraryDiffers, ModelUntrusted, ModelColumnsMissing, …: when the model does not load or predict here.
        DiskFull, WorkspaceReadOnly: when the staging folder cannot be written.
    """
    holdout = _holdout(request, rows)
    answers = _answers(request, holdout, given.model)
    if holdout is None:
        gates = judge(request.gates, given.metrics, given.live, request.constants)
        noted = tuple(replace(gate, seen=f"by the figures that it came with: {gate.seen}") for gate in gates)
        return Reassessment(metrics=dict(given.metrics), gates=noted, rows=0)
    values = evaluate(holdout, answers[CANDIDATE], request.rule).values
    live = evaluate(holdout, answers[LIVE], request.rule).values if LIVE in answers else None
    gates = judge(request.gates, values, live, request.constants)
    return Reassessment(metrics=values, gates=gates, rows=len(holdout))


def answer(argument: object) -> int:
    """What runs in the child: every model loads, and predicts the rows if there are any; how many rows."""
    from copml.models import load

    assert isinstance(argument, dict)
    models = {name: load(Path(folder)) for name, folder in argument["models"].items()}
    if argument["rows"] is None:
        return 0
    rows = pq.read_table(argument["rows"])
    write_answers(Path(argument["output"]), {name: model.predict(rows) for name, model in models.items()})
    return int(rows.num_rows)


def _holdout(request: TrainRequest, rows: TrainingRows | None) -> pa.Table | None:
    """The rows of here that tell anything; None where there are none or too few."""
    try:
        holdout = None if rows is None else make_dataset(rows, request.policy).holdout
    except TrainingRowsUnusable:
        return None
    return holdout if holdout is not None and lacking(holdout, request.rule) is None else None


def _answers(request: TrainRequest, holdout: pa.Table | None, model: Path) -> dict[str, Floats]:
    models = {CANDIDATE: model} | ({LIVE: request.live} if request.live is not None else {})
    path, output = request.staging / "holdout.parquet", request.staging / FILE
    with explained(request.staging):
        shutil.rmtree(request.staging, ignore_errors=True)
        request.staging.mkdir(parents=True)
        if holdout is not None:
            pq.write_table(holdout, path)
    argument = {
        "models": {name: str(folder.resolve()) for name, folder in models.items()},
        "rows": str(path.resolve()) if holdout is not None else None,
        "output": str(output.resolve()),
    }
    run_child(CHILD, argument, root=request.root, limits=request.limits, log=request.log)
    found = {name: read_answers(output, name) for name in models} if holdout is not None else {}
    return {name: answers for name, answers in found.items() if answers is not None}
