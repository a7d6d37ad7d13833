"""One trial of a sweep: the figures of some parameters on training rows alone, by folds of entities.

The holdout is never seen. As there, what is measured is the newest time, on entities that the model knows nothing of:
for each fold it is trained on every row of the other entities, none of which is later.

Invariant: no row of an entity is trained on and measured in one fold; which fold an entity is in depends on what the
rows are, not on their order; every trial of the same rows has the same folds.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from copml.records import DecisionRule
from copml.sandbox import Limits
from copml.training.crossvalidation import Recipe, out_of_fold
from copml.training.dataset import AS_OF, ENTITY, strata
from copml.training.evaluate import Figures, evaluate

# 16 bytes that keep this draw apart from others on the same pseudonyms.
_HASH_KEY = "copml.sweeps.v.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trying:
    """Where and how trials run. `rule`: how answers become decisions; `folds`: how many."""

    rule: DecisionRule
    folds: int
    root: Path
    limits: Limits
    staging: Path
    log: Path


def try_out(table: pa.Table, recipe: Recipe, trying: Trying) -> Figures:
    """The figures of parameters on `table`, the training part of a training set.

    Raises:
        CodeFailed, CodeTimedOut, …: what the project's code did.
        DiskFull, WorkspaceReadOnly: when the staging folder cannot be written.
    """
    fold, newest = entity_folds(table, trying.folds, trying.rule)
    answer = out_of_fold(
        table,
        fold,
        recipe,
        rule=trying.rule,
        root=trying.root,
        limits=trying.limits,
        staging=trying.staging,
        log=trying.log,
    )
    return evaluate(table.filter(pa.array(newest)), answer[newest], trying.rule)


def entity_folds(table: pa.Table, folds: int, rule: DecisionRule) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The fold of each row, 0..folds - 1, and whether the row is of the newest time, which is what is measured.

    All rows of an entity are in one fold. Entities of the newest time are dealt out in turn by a hash, those with each
    outcome apart, so that folds have the same share of outcomes.
    """
    newest = np.asarray(pc.equal(table[AS_OF], pc.max(table[AS_OF])).to_numpy())
    stratum = np.full(len(table), -1)
    for number, own in enumerate(strata(table, rule)):
        stratum[own] = number
    # An entity without a row of the newest time is never measured; it is dealt out like the others.
    rows = pd.DataFrame({"entity": table[ENTITY].to_numpy(), "stratum": np.where(newest, stratum, -1)})
    known = rows.groupby("entity", sort=True)["stratum"].max()
    draw = pd.util.hash_array(known.index.to_numpy(), hash_key=_HASH_KEY)
    place = np.zeros(len(known), dtype=np.int64)
    for value in np.unique(known.to_numpy()):
        own = np.flatnonzero(known.to_numpy() == value)
        place[own[np.argsort(draw[own], kind="stable")]] = np.arange(len(own)) % folds
    return place[known.index.get_indexer(pd.Index(rows["entity"]))], newest
