"""Figures by k folds, for a table without time, where one holdout says little.

Invariant: each row is predicted once, by a model that has not seen it; folds have the same share of each outcome and
depend on what the rows are, not on their order.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from copml.records import DecisionRule, Interval
from copml.sandbox import Limits, run_child
from copml.store import explained
from copml.training.answers import read_answers
from copml.training.dataset import ENTITY, strata
from copml.training.evaluate import evaluate
from copml.training.job import CANDIDATE, FOLD, FoldsJob

# As for the holdout: 16 bytes that keep this draw apart from others.
_HASH_KEY = "copml.folds..v.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The project's `train` and what it is called with. `pickle`: whether it may return what only a pickle keeps."""

    entry: str
    params: dict[str, Any]
    seed: int
    columns: tuple[str, ...]
    pickle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossValidation:
    """`figures`: over all rows, each predicted out of its fold. `folds`: the same within each fold alone."""

    figures: dict[str, Interval]
    folds: tuple[dict[str, Interval], ...]


def crossvalidate(
    table: pa.Table,
    recipe: Recipe,
    *,
    rule: DecisionRule,
    folds: int,
    root: Path,
    limits: Limits,
    staging: Path,
    log: Path,
) -> CrossValidation:
    """Train `folds` times in one child. `table` is a training set's: features and its own columns.

    Raises:
        CodeFailed, CodeTimedOut, …: what the project's code did.
        DiskFull, WorkspaceReadOnly: when `staging` cannot be written.
    """
    fold = assign_folds(table, folds, rule)
    answer = out_of_fold(table, fold, recipe, rule=rule, root=root, limits=limits, staging=staging, log=log)
    each = tuple(
        evaluate(table.filter(pa.array(fold == number)), answer[fold == number], rule).values for number in range(folds)
    )
    return CrossValidation(figures=evaluate(table, answer, rule).values, folds=each)


def out_of_fold(
    table: pa.Table,
    fold: NDArray[np.int64],
    recipe: Recipe,
    *,
    rule: DecisionRule,
    root: Path,
    limits: Limits,
    staging: Path,
    log: Path,
) -> NDArray[np.float64]:
    """The answer to each row by a model that was trained on the other folds, all in one child.

    Shape (rows,), or (rows, classes) for a multiclass problem.

    Raises:
        CodeFailed, CodeTimedOut, …: what the project's code did.
        DiskFull, WorkspaceReadOnly: when `staging` cannot be written.
    """
    job = FoldsJob(
        entry=recipe.entry,
        params=recipe.params,
        seed=recipe.seed,
        columns=list(recipe.columns),
        rows=str(staging / "folds.parquet"),
        output=str(staging / "out-of-fold.parquet"),
        kind=rule.kind,
        classes=list(rule.classes),
        pickle=recipe.pickle,
    )
    with explained(staging):
        staging.mkdir(parents=True, exist_ok=True)
        pq.write_table(table.append_column(FOLD, pa.array(fold)), job.rows)
    function, argument = "copml.training.child:folds", msgspec.to_builtins(job)
    run_child(function, argument, root=root, limits=limits, log=log, called=recipe.entry)
    answer = read_answers(Path(job.output), CANDIDATE)
    assert answer is not None, "the child writes the answers of all folds"
    return answer


def assign_folds(table: pa.Table, folds: int, rule: DecisionRule) -> NDArray[np.int64]:
    """The fold of each row, 0..folds - 1: within each outcome, in turn by a hash of the entity."""
    draw = pd.util.hash_array(table[ENTITY].to_numpy(), hash_key=_HASH_KEY)
    fold = np.zeros(len(table), dtype=np.int64)
    for own in strata(table, rule):
        fold[own[np.argsort(draw[own], kind="stable")]] = np.arange(len(own)) % folds
    return fold
