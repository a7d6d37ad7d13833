"""A training from rows to a candidate; whatever the project's code does is a run with a reason."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from copml.models import load
from copml.records import DecisionRule, Interval, VersionState
from copml.sandbox import Limits
from copml.store import Blobs
from copml.training import Recipe, TrainResult, crossvalidate, make_dataset
from copml.training.capture import environment, source_archive, source_files
from copml.training.gates import judge, passed

RULE = DecisionRule(threshold=0.5)

Train = Callable[..., TrainResult]


def test_a_candidate_with_its_figures(run_training: Train, tmp_path: Path) -> None:
    result = run_training()
    run, version = result.run, result.version
    assert version is not None
    assert (run.succeeded, run.reason, run.version, run.snapshots) == (True, "", "v1", {"churn/features": 3})
    assert (version.state, version.state_reason) == (VersionState.CANDIDATE, "passed its gates")
    assert [gate.passed for gate in version.gates] == [True, True, True]
    assert version.gates[1].seen.startswith("no live version yet")
    assert set(version.columns) == {"x", "y", "plan"}
    assert set(version.profile) == {*version.columns, "probability"}
    assert 0.6 < version.metrics["roc_auc.all"].value < 1
    assert version.metrics["roc_auc.all"] == version.metrics["roc_auc.control"]
    assert version.metrics["majority_accuracy.all"].value < version.metrics["accuracy.all"].value
    assert run.rows_train + run.rows_holdout + run.rows_left_out == 1200
    assert b"rows: " in Blobs(tmp_path / "blobs").get(run.log or version.manifest)
    assert load(result.folder).columns == ("x", "y", "plan")
    assert version.runtime.endswith(", linear")
    assert result.batch_difference == 0.0


def test_the_same_again_gives_the_same_model(run_training: Train) -> None:
    one, other = run_training().version, run_training().version
    assert one == other
    changed = run_training(params={"C": 0.5}).version
    assert one is not None
    assert changed is not None
    assert changed.content_digest != one.content_digest


def test_randomness_without_a_seed_is_seeded(run_training: Train) -> None:
    code = """
import random
import numpy as np
from sklearn.ensemble import RandomForestClassifier
def train(data, params, seed):
    features = data[["x", "y"]] + random.random() + np.random.random()
    return RandomForestClassifier(5).fit(features, data["outcome"])
"""
    versions = [run_training(code).version for _ in range(2)]
    assert versions[0] is not None
    assert versions[0] == versions[1]


def test_a_rejected_candidate_keeps_its_figures(run_training: Train) -> None:
    version = run_training(gates=("accuracy >= 0.99", "precision >= 0.1", "effect > 0")).version
    assert version is not None
    assert version.state is VersionState.REJECTED
    assert version.state_reason == "did not pass: accuracy >= 0.99; effect > 0"
    assert [gate.passed for gate in version.gates] == [False, True, None]
    assert version.metrics["roc_auc.all"].n > 50


def test_the_live_version_is_measured_on_the_same_rows(run_training: Train, tmp_path: Path) -> None:
    first = run_training()
    live = first.folder.rename(tmp_path / "live")
    second = run_training(live=live, gates=("roc_auc >= live - 0.01", "roc_auc > live"))
    assert second.version is not None
    assert first.version is not None
    assert dict(second.live) == first.version.metrics
    assert [gate.passed for gate in second.version.gates] == [True, False]
    (live / "model.json").unlink()
    third = run_training(live=live, gates=("roc_auc >= live - 0.01", "accuracy > 0.1")).version
    assert third is not None
    assert [gate.passed for gate in third.gates] == [None, True]
    assert "the live version cannot predict" in third.gates[0].seen


def test_treated_rows_are_measured_apart(run_training: Train, world: Any) -> None:
    at = world.months[-1] + (world.months[1] - world.months[0])
    rows = world.rows(treatments=world.events(dict.fromkeys(range(0, 300, 2), at)))
    result = run_training(rows=rows)
    assert result.version is not None
    metrics = result.version.metrics
    assert metrics["accuracy.control"].n < metrics["accuracy.all"].n == result.run.rows_holdout
    assert result.left_out["treated"] > 0


FIT = "from sklearn.linear_model import LogisticRegression as L\ndef train(data, params, seed):\n    "
FAILING = [
    ("def train(data, params, seed): raise ValueError('bad day')", "model_:train raised ValueError: bad day"),
    ("import time\ndef train(data, params, seed): time.sleep(60)", "model_:train ran past its limit of 3 seconds"),
    ("def train(data, params, seed): return bytearray(1 << 30)", "model_:train wanted more than its 500 MB"),
    ("import os\ndef train(data, params, seed): os._exit(3)", "ended its own process with exit status 3"),
    ("def train(data, params, seed): pass", r"model_:train returned nothing \(None\)"),
    ("def train(data, params, seed): return 3", "model_:train returned int"),
    (FIT + "return L()", "returned LogisticRegression that is not fitted"),
    (FIT + "return L().fit(data[['x']], data.outcome * 2)", r"of the classes \[0, 2\]"),
    (FIT + "return L().fit(data[['x', 'weight']], data.outcome)", "fitted on weight, which are no features"),
    (
        "from sklearn.linear_model import Ridge\ndef train(data, params, seed): return Ridge()",
        "Ridge without predict_proba",
    ),
    (
        "from sklearn.linear_model import LogisticRegression\nclass Own(LogisticRegression): pass\n"
        "def train(data, params, seed): return Own().fit(data[['x']], data.outcome)",
        "holds types that copml does not load from files.*model_.Own",
    ),
    ("def train(data): pass", r"its signature is train\(data\)"),
    ("def fit(data, params, seed): pass", "module model_ has no function train"),
    ("import no_such_package", "imports no_such_package, which is not installed"),
]


@pytest.mark.parametrize(("code", "says"), FAILING, ids=[says[:40] for _, says in FAILING])
def test_failed_runs_say_why(run_training: Train, code: str, says: str) -> None:
    result = run_training(code, limits=Limits(seconds=3, memory_mb=500))
    assert result.version is None
    assert result.run.succeeded is False
    assert result.run.version is None
    assert result.run.log is not None
    assert result.run.environment is not None
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(result.run.reason)


def test_a_run_without_rows_fails_with_the_reason(run_training: Train, world: Any) -> None:
    rows = world.rows()
    result = run_training(rows=replace(rows, now=world.months[0]))
    assert result.version is None
    assert result.run.reason.startswith("cannot train: none of the 1200 rows has an outcome")
    assert (result.run.dataset, result.run.rows_train) == (None, 0)


def test_a_model_of_some_of_the_features_has_those_columns(run_training: Train) -> None:
    version = run_training(FIT + "return L().fit(data[['y', 'x']], data.outcome)").version
    assert version is not None
    assert version.columns == ("y", "x")
    assert set(version.profile) == {"y", "x", "probability"}


def test_a_code_that_prints_and_forks_still_trains(run_training: Train, tmp_path: Path) -> None:
    loud = "import os, time\nif os.fork() == 0: time.sleep(60)\nfor _ in range(500): print('x' * 100_000)\n"
    code = loud + FIT + "return L().fit(data[['x', 'y']], data.outcome)"
    result = run_training(code)
    assert result.version is not None
    assert result.run.log is not None
    log = Blobs(tmp_path / "blobs").get(result.run.log)
    assert b"bytes left out" in log
    assert len(log) < 1_100_000


def interval(value: float) -> Interval:
    return Interval(value=value, low=value - 0.05, high=value + 0.05, n=100)


FACTS = {
    "accuracy.all": interval(0.8),
    "accuracy.control": interval(0.7),
    "majority_accuracy.control": interval(0.65),
    "majority_accuracy.all": interval(0.9),
}


@pytest.mark.parametrize(
    ("gate", "live", "holds"),
    [
        ("accuracy >= 0.8", None, True),
        ("accuracy > 0.8", None, False),
        ("surely(accuracy >= 0.8)", None, False),
        ("possibly(accuracy > 0.8)", None, True),
        ("better than majority", None, True),
        ("recall > 0.1", None, None),
        ("accuracy >= live - 0.01", None, True),
        ("accuracy >= live - 0.01", 0.9, False),
        ("accuracy >= live - 0.01", 0.81, True),
        ("accuracy >= 0.9 and accuracy >= live", None, False),
        ("accuracy >= 0.5 and accuracy >= live", None, True),
        ("recall >= live", None, None),
        ("accuracy >= live", -1.0, None),
    ],
)
def test_gates(gate: str, live: float | None, holds: bool | None) -> None:
    known = None if live is None else {"accuracy.all": interval(live)} if live >= 0 else {}
    results = judge([gate], FACTS, known, {"baseline": 0.1, "target": 0.05})
    assert results[0].passed is holds
    assert passed(results) is (holds is True)
    assert results[0].seen


@pytest.mark.parametrize(("positives", "state"), [(0, "rejected"), (4, "rejected"), (5, "candidate")])
def test_a_holdout_with_hardly_a_positive_judges_nobody(
    run_training: Train, world: Any, positives: int, state: str
) -> None:
    """Of one positive the recall is 1 by chance in every second training."""
    version = run_training(rows=_rare(world, positives), gates=("accuracy >= 0", "possibly(recall > 0.01)")).version
    assert version is not None
    assert version.metrics["positive_ratio.all"].value * version.metrics["positive_ratio.all"].n == positives
    assert version.state == state
    if state == "rejected":
        assert {gate.passed for gate in version.gates} == {None}
        assert f"of its holdout {positives} of " in version.state_reason
        assert all("too few outcomes" in gate.seen for gate in version.gates)


def _rare(world: Any, positives: int) -> Any:
    """As many positives on the holdout; enough of them among the other rows."""
    rows = world.rows()
    held = set(make_dataset(rows, world.policy).holdout["entity"].to_pylist())
    labels, left = np.zeros(len(rows.labels)), positives
    for place, entity in enumerate(rows.labels["entity"].to_pylist()):
        newest = place >= len(labels) * 3 // 4
        if entity not in held:
            labels[place] = place % 7 == 0
        elif newest and left:
            labels[place], left = 1, left - 1
    changed = rows.labels.set_column(rows.labels.column_names.index("label"), "label", pa.array(labels))
    return replace(rows, labels=changed)


def test_cross_validation_predicts_each_row_once_by_others(run_training: Train, world: Any, tmp_path: Path) -> None:
    run_training()
    made = make_dataset(world.rows(), world.policy)
    recipe = Recipe(entry="model_:train", params={"C": 1.0}, seed=7, columns=made.columns)
    found = crossvalidate(
        made.train,
        recipe,
        rule=RULE,
        folds=5,
        root=tmp_path / "project",
        limits=Limits(seconds=60, memory_mb=1000),
        staging=tmp_path / "folds",
        log=tmp_path / "folds.log",
    )
    assert len(found.folds) == 5
    assert sum(fold["accuracy.all"].n for fold in found.folds) >= found.figures["accuracy.all"].n
    mean = np.mean([fold["roc_auc.all"].value for fold in found.folds])
    assert found.figures["roc_auc.all"].value == pytest.approx(mean, abs=0.02)
    assert found.figures["roc_auc.all"].low < mean < found.figures["roc_auc.all"].high


def test_source_is_code_and_not_data(tmp_path: Path) -> None:
    for name in (
        "a.py",
        "deep/b.sql",
        "data/rows.csv",
        ".venv/lib.py",
        "__pycache__/a.pyc",
        "deep/c.parquet",
        "data/.a.csv.7.tmp",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "big.bin").write_bytes(bytes(6 << 20))
    (tmp_path / "link.py").symlink_to("a.py")
    assert source_files(tmp_path) == ["a.py", "deep/b.sql"]
    archive = source_archive(tmp_path)
    os.utime(tmp_path / "a.py", (1, 1))
    assert source_archive(tmp_path) == archive
    (tmp_path / "a.py").write_text("other")
    assert source_archive(tmp_path) != archive


def test_source_obeys_git(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), *arguments], check=True, capture_output=True)

    git("init", "-q")
    for name in ("a.py", "lookup.csv", "new.py", "new.csv", "secret.env"):
        (tmp_path / name).write_text(name)
    (tmp_path / ".gitignore").write_text("*.env\n")
    assert environment(tmp_path, 1).git_commit is None
    git("add", "a.py", "lookup.csv", ".gitignore")
    git("-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "-qm", "first")
    assert source_files(tmp_path) == [".gitignore", "a.py", "lookup.csv", "new.py"]
    found = environment(tmp_path, 1)
    assert found.git_commit is not None
    assert len(found.git_commit) == 40
    assert found.git_dirty
    assert found.packages["scikit-learn"]
    assert found.threads["OMP_NUM_THREADS"] == "1"
    assert "PATH" not in found.variables
