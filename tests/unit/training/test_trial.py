"""Trials: folds of whole entities, measured on the newest time, figures of the project's own code."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from copml.errors import CodeFailed
from copml.records import DecisionRule
from copml.sandbox import Limits
from copml.training import Recipe, Trying, make_dataset, try_out
from copml.training.trial import entity_folds

RULE = DecisionRule(threshold=0.5)
SEEN = """
import json
from pathlib import Path
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

def train(data, params, seed):
    if params.get("fail"):
        raise RuntimeError("these parameters do not work")
    with Path("seen.jsonl").open("a") as file:
        file.write(json.dumps([data["entity"].tolist(), str(data["as_of"].max())]) + "\\n")
    if params.get("guess"):
        return DummyClassifier(strategy="prior").fit(data[["x", "y"]], data["outcome"])
    return LogisticRegression(C=params["C"]).fit(data[["x", "y"]], data["outcome"])
"""


@pytest.fixture
def train(world: Any) -> pa.Table:
    return make_dataset(world.rows(), world.policy).train


def trying(tmp_path: Path, folds: int = 3) -> Trying:
    root = tmp_path / "project"
    root.mkdir(exist_ok=True)
    (root / "model_.py").write_text(SEEN)
    return Trying(
        rule=RULE, folds=folds, root=root, limits=Limits(seconds=60, memory_mb=1000),
        staging=tmp_path / "staging", log=tmp_path / "trial.log",
    )  # fmt: skip


def recipe(**params: Any) -> Recipe:
    return Recipe(entry="model_:train", params=params, seed=7, columns=("x", "y", "plan"))


@pytest.mark.parametrize("folds", [2, 3, 7])
def test_an_entity_is_in_one_fold_and_folds_are_alike(train: pa.Table, folds: int) -> None:
    fold, newest = entity_folds(train, folds, RULE)
    entities = np.array(train["entity"].to_pylist())
    assert all(len(set(fold[entities == name])) == 1 for name in set(entities))
    measured = train.filter(pa.array(newest))
    assert len(set(measured["as_of"].to_pylist())) == 1
    positives = [measured["outcome"].to_numpy()[fold[newest] == number].sum() for number in range(folds)]
    assert max(positives) - min(positives) <= 1


def test_folds_do_not_depend_on_the_order_of_rows(train: pa.Table) -> None:
    turned = pa.array(np.random.default_rng(1).permutation(len(train)))
    fold, newest = entity_folds(train, 3, RULE)
    again, new = entity_folds(train.take(turned), 3, RULE)
    assert again.tolist() == fold[turned.to_numpy()].tolist()
    assert new.tolist() == newest[turned.to_numpy()].tolist()


def test_no_model_knows_an_entity_that_it_is_measured_on(train: pa.Table, tmp_path: Path) -> None:
    import json

    place = trying(tmp_path)
    try_out(train, recipe(C=1.0), place)
    fold, _ = entity_folds(train, 3, RULE)
    entities = np.array(train["entity"].to_pylist())
    known = [set(json.loads(line)[0]) for line in (place.root / "seen.jsonl").read_text().splitlines()]
    assert known == [set(entities[fold != number]) for number in range(3)]
    assert all(not known[number] & set(entities[fold == number]) for number in range(3))


def test_better_parameters_have_better_figures_and_the_same_the_same(train: pa.Table, tmp_path: Path) -> None:
    good, same = (try_out(train, recipe(C=1.0), trying(tmp_path)).values for _ in range(2))
    guessed = try_out(train, recipe(guess=True), trying(tmp_path)).values
    assert good == same
    assert good["roc_auc.all"].value > 0.7
    assert guessed["roc_auc.all"].value == pytest.approx(0.5, abs=0.1)
    assert good["roc_auc.all"].low < good["roc_auc.all"].value < good["roc_auc.all"].high


def test_code_that_raises_is_told(train: pa.Table, tmp_path: Path) -> None:
    with pytest.raises(CodeFailed, match="do not work"):
        try_out(train, recipe(fail=True), trying(tmp_path))
