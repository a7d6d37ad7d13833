"""Ask a model file from elsewhere about a table: what a child process is asked to do when a model is adopted.

Invariant: nothing is kept; a pickle that nobody trusts is looked at and not opened. A table without all that the model
takes is refused, never filled up.
"""

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from copml.errors import ModelUnusable
from copml.models.answers import NUMBERS
from copml.models.columns import fitted_columns, to_frame
from copml.models.direct import Problem
from copml.models.foreign.finding import Found, find
from copml.models.foreign.opening import open_foreign
from copml.records import ProblemKind

ANSWER = "answer"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """`path`: the model. `rows`: a Parquet file of the columns that it may take; empty where it is not to be opened.

    `answers`: where to write what it answers: a column `answer`, or one for each class. `positive`: the class that is a
    yes, of a binary problem.
    """

    path: str
    rows: str
    answers: str
    kind: ProblemKind = ProblemKind.BINARY
    classes: tuple[str, ...] = ()
    positive: str = ""
    trust_pickle: bool = False


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the file is, and the columns that the model took; none where it was not opened."""

    format: str
    library: str
    digest: str
    is_pickle: bool
    inputs: list[str] | None
    columns: list[str] | None
    warnings: list[str]


def main(argument: object) -> Any:
    """Look at the file, open it if that is wanted and allowed, and write its answers; raises as `open_foreign` does."""
    asked = msgspec.convert(argument, Asked)
    found = find(Path(asked.path))
    if not asked.rows or (found.is_pickle and not asked.trust_pickle):
        return msgspec.to_builtins(_told(found, None, list(found.warnings)))
    rows = pq.read_table(asked.rows)
    problem = Problem(kind=asked.kind, classes=asked.classes, columns=tuple(rows.column_names))
    opened = open_foreign(Path(asked.path), problem, trust_pickle=asked.trust_pickle)
    columns = fitted_columns(opened.estimator, rows.column_names)
    answers = _answers(opened.estimator, to_frame(rows.select(columns)), asked)
    pq.write_table(pa.table(answers), asked.answers)
    return msgspec.to_builtins(_told(found, list(columns), list(opened.warnings)))


def _told(found: Found, columns: list[str] | None, warnings: list[str]) -> Told:
    with found.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Told(
        format=found.format,
        library=found.library,
        digest=digest,
        is_pickle=found.is_pickle,
        inputs=None if found.inputs is None else list(found.inputs),
        columns=columns,
        warnings=warnings,
    )


def _answers(estimator: Any, frame: Any, asked: Asked) -> dict[str, Any]:
    if asked.kind in NUMBERS:
        return {ANSWER: np.asarray(estimator.predict(frame), dtype=np.float64).ravel()}
    if not hasattr(estimator, "predict_proba"):
        raise ModelUnusable(type(estimator).__name__, "it gives no probabilities (predict_proba)")
    chances = np.asarray(estimator.predict_proba(frame), dtype=np.float64)
    names = [_name(item) for item in estimator.classes_]
    if asked.kind is ProblemKind.BINARY:
        return {ANSWER: chances[:, _place(names, asked.positive, type(estimator).__name__)]}
    if set(names) != set(asked.classes):
        seen = f"its classes are {', '.join(names)}, and the sample has {', '.join(asked.classes)}"
        raise ModelUnusable(type(estimator).__name__, seen)
    return {name: chances[:, names.index(name)] for name in asked.classes}


def _place(names: list[str], positive: str, model: str) -> int:
    """Which of two classes is the yes: the one of that name, or 1 of 0 and 1, or True of False and True."""
    if len(names) == 2 and positive in names:
        return names.index(positive)
    if names in (["0", "1"], ["False", "True"]):
        return 1
    seen = f"its classes are {', '.join(names)}, and none of two is {positive}"
    raise ModelUnusable(model, f"{seen}; name the class that is a yes with `--positive`")


def _name(item: Any) -> str:
    """A class as a table has it: 1.0 is 1."""
    return str(int(item)) if isinstance(item, float) and item.is_integer() else str(item)
