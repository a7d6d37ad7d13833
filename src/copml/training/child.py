"""What runs in the child: the project's `train`, on files, with all its randomness seeded.

Invariant: it gets paths and parameters, and leaves files: the model, and probabilities of the holdout as the model
will give them when it is served. Judging them is for `evaluate`, in the parent.
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

from copml.errors import CodeReturnedWrong, CopmlError
from copml.models import load, save, to_frame
from copml.sandbox import load_entry
from copml.store import explained
from copml.training.dataset import AS_OF, ENTITY, OUTCOME, WEIGHT
from copml.training.job import CANDIDATE, FOLD, LIVE, MODEL, FoldsJob, Job, Trained

PARAMETERS = ("data", "params", "seed")
WANTED = "a fitted scikit-learn classifier of the outcomes 0 and 1, with predict_proba"

Floats = npt.NDArray[np.float64]
Train = Callable[[pd.DataFrame, dict[str, Any], int], Any]


def main(argument: object) -> object:
    """Train once, save the model, predict the holdout.

    Raises:
        CodeReturnedWrong: when what `train` returned is no classifier that can be used.
        ModelUntrusted, ModelUnreadable: when it cannot be kept.
        EntryInvalid: when there is no such function.
    """
    job = msgspec.convert(argument, Job)
    output, features = Path(job.output), pq.read_table(job.holdout).select(job.columns)
    model = _fit(job, pq.read_table(job.train))
    _check(job.entry, model, features)
    holdout = features.select(_used(model, job.columns))
    description = save(model, holdout, output / MODEL)
    predicted = {CANDIDATE: load(output / MODEL).predict(holdout)}
    live, reason = _live(job.live, features)
    if live is not None:
        predicted[LIVE] = live
    with explained(output):
        pq.write_table(pa.table(predicted), output / "probabilities.parquet")
    return msgspec.to_builtins(
        Trained(
            columns=list(description.columns),
            content_digest=description.content_digest,
            runtime=description.runtime,
            batch_difference=description.batch_difference,
            library=description.library,
            live_reason=reason,
        )
    )


def folds(argument: object) -> int:
    """Train on all folds but one, predict that one, for each fold; returns the number of folds.

    Raises:
        CodeReturnedWrong: when what `train` returned is no classifier that can be used.
        EntryInvalid: when there is no such function.
    """
    job = msgspec.convert(argument, FoldsJob)
    rows = pq.read_table(job.rows)
    fold = rows[FOLD].to_numpy()
    probability = np.full(len(rows), np.nan)
    for number in range(count := int(fold.max()) + 1):
        model = _fit(job, rows.filter(pa.array(fold != number)))
        own = rows.filter(pa.array(fold == number)).select(job.columns)
        _check(job.entry, model, own)
        probability[fold == number] = _positive(model, own)
    pq.write_table(pa.table({CANDIDATE: probability}), job.output)
    return count


def _fit(job: Job | FoldsJob, table: pa.Table) -> Any:
    train: Train = load_entry(job.entry, Path.cwd(), PARAMETERS)
    # scikit-learn draws from numpy's global generator wherever it is given no seed.
    random.seed(job.seed)
    np.random.seed(job.seed % 2**32)
    return train(_data(table, job.columns), dict(job.params), job.seed)


def _data(table: pa.Table, columns: list[str]) -> pd.DataFrame:
    """The feature columns, and beside them outcome, weight, entity and as_of."""
    own: pd.DataFrame = table.select([OUTCOME, WEIGHT, ENTITY, AS_OF]).to_pandas()
    return pd.concat([to_frame(table.select(columns)), own], axis=1)


def _check(entry: str, model: Any, holdout: pa.Table) -> None:
    if problem := next(_problems(model, set(holdout.column_names)), None):
        raise CodeReturnedWrong(entry, problem, WANTED)
    chance = _positive(model, holdout)
    if chance.shape != (len(holdout),) or not np.isfinite(chance).all() or chance.min() < 0 or chance.max() > 1:
        raise CodeReturnedWrong(entry, f"{type(model).__name__} that gives no probabilities in 0..1", WANTED)


def _problems(model: Any, columns: set[str]) -> Iterator[str]:
    """What is wrong with what `train` returned, the first thing first."""
    name = type(model).__name__
    if not isinstance(model, BaseEstimator):
        yield f"{name}" if model is not None else "nothing (None)"
    if not hasattr(model, "predict_proba"):
        yield f"{name} without predict_proba"
    try:
        check_is_fitted(model)
    except NotFittedError:
        yield f"{name} that is not fitted"
    if (classes := np.asarray(getattr(model, "classes_", ())).tolist()) != [0, 1]:
        yield f"{name} of the classes {classes}"
    if unknown := sorted(set(getattr(model, "feature_names_in_", ())) - columns):
        yield f"{name} that was fitted on {', '.join(unknown)}, which are no features"


def _used(model: Any, columns: list[str]) -> list[str]:
    """The columns that a model was fitted on, which may be fewer than there are."""
    return [str(name) for name in getattr(model, "feature_names_in_", columns)]


def _positive(model: Any, rows: pa.Table) -> Floats:
    used = rows.select(_used(model, rows.column_names))
    chances = np.asarray(model.predict_proba(to_frame(used)), dtype=np.float64)
    return chances[:, list(model.classes_).index(1)]


def _live(folder: str | None, holdout: pa.Table) -> tuple[Floats | None, str]:
    if folder is None:
        return None, ""
    try:
        return load(Path(folder)).predict(holdout), ""
    except CopmlError as error:
        return None, str(error)
