"""What runs in the child: the project's `train`, on files, with all its randomness seeded.

Invariant: it gets paths and parameters, and leaves files: the model, and its answers to the holdout as it will give
them when it is served. Judging them is for `evaluate`, in the parent.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from copml.errors import EXTRAS, CodeReturnedWrong, CopmlError, LibraryMissing, ModelUnusable
from copml.models import (
    NUMBERS,
    Problem,
    answer_of,
    as_estimator,
    class_names,
    fitted_columns,
    load,
    pickle_digest,
    save,
    to_frame,
)
from copml.records import Digest, ProblemKind
from copml.sandbox import load_entry
from copml.store import explained
from copml.training.answers import FILE, write_answers
from copml.training.dataset import AS_OF, ENTITY, OUTCOME, WEIGHT
from copml.training.job import CANDIDATE, FOLD, LIVE, MODEL, FoldsJob, Job, Trained

PARAMETERS = ("data", "params", "seed")
_OF_0_AND_1 = "a fitted classifier of the outcomes 0 and 1"
WANTED = {
    ProblemKind.BINARY: f"{_OF_0_AND_1}, with predict_proba",
    ProblemKind.MULTICLASS: "a fitted classifier of the project's classes, with predict_proba",
    ProblemKind.REGRESSION: "a fitted regressor, with predict",
    ProblemKind.RANKING: f"{_OF_0_AND_1}, with predict_proba or decision_function, or a regressor of a score",
}

Floats = npt.NDArray[np.float64]
Train = Callable[[pd.DataFrame, dict[str, Any], int], Any]


def main(argument: object) -> object:
    """Train once, save the model, predict the holdout.

    Raises:
        CodeReturnedWrong: when what `train` returned is no model that can be used.
        ModelUntrusted, ModelUnreadable, ModelUnusable, ModelFileRefused: when it cannot be kept or used.
        LibraryMissing: when a library that it needs is not installed.
        EntryInvalid: when there is no such function.
    """
    job = msgspec.convert(argument, Job)
    output, features = Path(job.output), pq.read_table(job.holdout).select(job.columns)
    model = _fit(job, pq.read_table(job.train))
    _answers(job, model, features)
    holdout = features.select(_used(model, job.columns))
    folder = output / MODEL
    description = save(model, holdout, folder, kind=job.kind, classes=tuple(job.classes), pickle=job.pickle)
    predicted = {CANDIDATE: load(folder, pickle_digest(folder)).predict(holdout)}
    live, reason = _live(job, features)
    if live is not None:
        predicted[LIVE] = live
    with explained(output):
        write_answers(output / FILE, predicted)
    return msgspec.to_builtins(
        Trained(
            columns=list(description.columns),
            content_digest=description.content_digest,
            runtime=description.runtime,
            batch_difference=description.batch_difference,
            library=description.made_with,
            live_reason=reason,
        )
    )


def folds(argument: object) -> int:
    """Train on all folds but one, predict that one, for each fold; returns the number of folds.

    Raises:
        CodeReturnedWrong: when what `train` returned is no model that can be used.
        EntryInvalid: when there is no such function.
    """
    job = msgspec.convert(argument, FoldsJob)
    rows = pq.read_table(job.rows)
    fold = rows[FOLD].to_numpy()
    wide = (len(job.classes),) if job.kind is ProblemKind.MULTICLASS else ()
    answers = np.full((len(rows), *wide), np.nan)
    for number in range(count := int(fold.max()) + 1):
        model = _fit(job, rows.filter(pa.array(fold != number)))
        own = rows.filter(pa.array(fold == number)).select(job.columns)
        answers[fold == number] = _answers(job, model, own)
    write_answers(Path(job.output), {CANDIDATE: answers})
    return count


def _fit(job: Job | FoldsJob, table: pa.Table) -> Any:
    train: Train = load_entry(job.entry, Path.cwd(), PARAMETERS)
    # scikit-learn draws from numpy's global generator wherever it is given no seed.
    random.seed(job.seed)
    np.random.seed(job.seed % 2**32)
    try:
        model = train(_data(table, job.columns), dict(job.params), job.seed)
    except ModuleNotFoundError as error:
        if error.name in EXTRAS:
            raise LibraryMissing(error.name) from error
        raise
    problem = Problem(kind=job.kind, classes=tuple(job.classes), columns=tuple(job.columns))
    return as_estimator(model, problem, pickle=job.pickle)


def _data(table: pa.Table, columns: list[str]) -> pd.DataFrame:
    """The feature columns, and beside them outcome, weight, entity and as_of."""
    own: pd.DataFrame = table.select([OUTCOME, WEIGHT, ENTITY, AS_OF]).to_pandas()
    return pd.concat([to_frame(table.select(columns)), own], axis=1)


def _answers(job: Job | FoldsJob, model: Any, rows: pa.Table) -> Floats:
    """What a model answers to feature rows, shape (rows,) or (rows, classes).

    Raises:
        CodeReturnedWrong: when it is no model of the kind that is asked for, or its answers cannot be used.
    """
    name = type(model).__name__
    if problem := next(_problems(model, job, set(rows.column_names)), None):
        raise CodeReturnedWrong(job.entry, problem, WANTED[job.kind])
    answer = answer_of(job.kind, job.classes)(model, to_frame(rows.select(_used(model, rows.column_names))))
    if len(answer) != len(rows) or answer.size == 0 or not np.isfinite(answer).all():
        raise CodeReturnedWrong(job.entry, f"{name} that gives no finite answer to each row", WANTED[job.kind])
    if job.kind not in NUMBERS and (answer.min() < 0 or answer.max() > 1):
        raise CodeReturnedWrong(job.entry, f"{name} that gives no probabilities in 0..1", WANTED[job.kind])
    return answer


def _problems(model: Any, job: Job | FoldsJob, columns: set[str]) -> Iterator[str]:
    """What is wrong with what `train` returned, the first thing first."""
    name = type(model).__name__
    if not isinstance(model, BaseEstimator):
        yield f"{name}" if model is not None else "nothing (None)"
    needed = "predict" if job.kind in NUMBERS else "predict_proba"
    if not hasattr(model, needed):
        yield f"{name} without {needed}"
    try:
        check_is_fitted(model)
    except NotFittedError:
        yield f"{name} that is not fitted"
    yield from _wrong_classes(model, job)
    if unknown := sorted(set(fitted_columns(model, sorted(columns))) - columns):
        yield f"{name} that was fitted on {', '.join(unknown)}, which are no features"


def _wrong_classes(model: Any, job: Job | FoldsJob) -> Iterator[str]:
    """Whether a classifier tells apart what the project does; a regressor has no classes."""
    classes = np.asarray(getattr(model, "classes_", ())).tolist()
    name = type(model).__name__
    if job.kind is ProblemKind.MULTICLASS:
        if not classes or not _are_known(classes, job.classes):
            yield f"{name} of the classes {classes}"
    elif (job.kind is ProblemKind.BINARY or (job.kind is ProblemKind.RANKING and classes)) and classes != [0, 1]:
        yield f"{name} of the classes {classes}"


def _are_known(found: list[Any], classes: list[str]) -> bool:
    try:
        return bool(class_names(found, classes, ""))
    except ModelUnusable:
        return False


def _used(model: Any, columns: list[str]) -> list[str]:
    """The columns that a model was fitted on, which may be fewer than there are."""
    return fitted_columns(model, columns)


def _live(job: Job, holdout: pa.Table) -> tuple[Floats | None, str]:
    if job.live is None:
        return None, ""
    try:
        signed = Digest(job.live_pickle) if job.live_pickle is not None else None
        return load(Path(job.live), signed).predict(holdout), ""
    except CopmlError as error:
        return None, str(error)
