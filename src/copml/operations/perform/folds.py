"""Figures by folds for a table without time, where one holdout says little.

Invariant: nothing of this is kept.
"""

import pyarrow as pa

from copml.operations.perform.features import code_limits
from copml.operations.perform.train import policy, training_rows
from copml.operations.stages import Stages
from copml.operations.view import View
from copml.records import Interval
from copml.training import Recipe, crossvalidate, make_dataset


def crossvalidated(view: View, stages: Stages, *, folds: int) -> dict[str, Interval]:
    """The metrics of the project's `train`, each row predicted by a model that has not seen it."""
    training = view.project.training
    dataset = make_dataset(training_rows(view, stages), policy(view, training.on))
    found = crossvalidate(
        pa.concat_tables([dataset.train, dataset.holdout]),
        Recipe(
            entry=training.entry,
            params=dict(training.params),
            seed=training.seed,
            columns=dataset.columns,
            pickle=training.pickle,
        ),
        rule=view.project.rule,
        folds=folds,
        root=stages.root(view.revision),
        limits=code_limits(view),
        staging=stages.staging("folds"),
        log=stages.log(view.name, "folds"),
    )
    return found.figures
