"""What the log of a model that runs elsewhere must hold, row by row, before its rows count as predictions.

Invariant: a row that leaves here unmarked has an answer of its kind of problem: a probability between 0 and 1,
probabilities of all classes that add up to 1, a finite number. Nothing is mended. Making rows of the table of
predictions of them is for `scoring`.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from copml.data.checks import Marks, check_placed, check_values
from copml.data.kinds import Kind
from copml.errors import ColumnMissing
from copml.records import ProblemKind
from copml.spec.project import Check, Predictions, Project

# Logs round probabilities; a hundred classes at three digits are off by less.
SUM_TOLERANCE = 0.05
# Names of versions stand in reports, file names of exports and commands.
VERSION_NAME = r"[A-Za-z0-9][A-Za-z0-9._+:-]{0,63}"
_PROBABILITY = Check(min=0.0, max=1.0)
_NAME = Check(pattern=VERSION_NAME)


def log_of(project: Project, source: str) -> Predictions | None:
    """How the project reads a source as predictions; None where it does not."""
    log = project.data.predictions
    return log if log is not None and log.source == source else None


def check_log(place: str, found: list[str], log: Predictions | None) -> None:
    """See that a delivery has every column that says what was predicted.

    Raises:
        ColumnMissing: when one is not there.
    """
    for column in log.named if log is not None else ():
        if column not in found:
            raise ColumnMissing(place, column, found)


def answer_kinds(log: Predictions | None) -> dict[str, Kind]:
    """The kinds of the columns that have a meaning: one wrong value does not make text of an answer."""
    if log is None:
        return {}
    flags = [name for name in (log.decision, log.control) if name is not None]
    kinds: dict[str, Kind] = {**dict.fromkeys(log.answers, "number"), **dict.fromkeys(flags, "boolean")}
    return kinds if log.version is None else {**kinds, log.version: "text"}


def check_predictions(marks: Marks, values: Mapping[str, pa.Array], log: Predictions, kind: ProblemKind) -> None:
    """Mark rows that say nothing, or something impossible, where a prediction should say something."""
    for column in log.named:
        check_placed(marks, column, values[column])
    if kind in (ProblemKind.BINARY, ProblemKind.MULTICLASS):
        for column in log.answers:
            check_values(marks, column, values[column], _PROBABILITY)
    if log.probabilities:
        total = sum(np.asarray(pc.fill_null(values[name], np.nan).to_numpy()) for name in log.answers)
        marks.mark(np.asarray(np.abs(total - 1) > SUM_TOLERANCE), log.answers[0], "probabilities do not add up to 1")
    if log.version is not None:
        check_values(marks, log.version, values[log.version], _NAME)
