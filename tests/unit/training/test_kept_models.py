"""What `train` may return, and pickles: only where they are allowed, opened in a child only, as they were signed."""

import hashlib
import importlib.util
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from copml.errors import CopmlError, ModelAltered, PickleRefused
from copml.models import Description, load
from copml.records import DecisionRule, Digest, ProblemKind
from copml.sandbox import Limits, run_child
from copml.scoring.parts import Parts
from copml.training import Recipe, TrainResult, crossvalidate, make_dataset

Train = Callable[..., TrainResult]
LIMITS = Limits(seconds=60, memory_mb=1000)


def description(result: TrainResult) -> Description:
    assert result.version is not None, result.run.reason
    return Description.read(result.folder / "model.json")


XGBOOST = """
import xgboost
def train(data, params, seed):
    return xgboost.XGBClassifier(n_estimators=5, random_state=seed).fit(data[["x", "y"]], data.outcome)
"""
LIGHTGBM = """
import lightgbm
def train(data, params, seed):
    rows = lightgbm.Dataset(data[["x", "y"]], data.outcome)
    return lightgbm.train({"objective": "binary", "verbose": -1, "seed": seed, "num_threads": 1}, rows, 5)
"""
ONNX = """
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.linear_model import LogisticRegression
def train(data, params, seed):
    model = LogisticRegression().fit(data[["x", "y"]].to_numpy(), data.outcome)
    types = [("rows", FloatTensorType([None, 2]))]
    graph = to_onnx(model, initial_types=types, options={"zipmap": False}, target_opset=18)
    graph.metadata_props.add(key="columns", value='["x", "y"]')
    return graph
"""
TORCH = """
import torch
def train(data, params, seed):
    torch.manual_seed(seed)
    net = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1), torch.nn.Sigmoid())
    rows = torch.tensor(data[["x", "y"]].fillna(0).to_numpy(), dtype=torch.float32)
    wanted = torch.tensor(data.outcome.to_numpy(), dtype=torch.float32).reshape(-1, 1)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    for _ in range(50):
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy(net(rows), wanted).backward()
        optimizer.step()
    net.columns = ["x", "y"]
    return net
"""


@pytest.mark.parametrize(
    ("code", "kept_as", "made"),
    [
        (XGBOOST, "skops", "sklearn .* + xgboost "),
        (LIGHTGBM, "skops", "sklearn .* + lightgbm "),
        (ONNX, "onnx", "onnxruntime "),
        pytest.param(
            TORCH,
            "onnx",
            "onnxruntime ",
            marks=pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed"),
        ),
    ],
    ids=["xgboost", "lightgbm booster", "onnx", "torch"],
)
def test_other_libraries_make_candidates_and_the_same_again(
    code: str, kept_as: str, made: str, run_training: Train
) -> None:
    limits = Limits(seconds=300, memory_mb=3000)
    first = run_training(code, limits=limits, gates=("accuracy > 0.1",))
    assert description(first).kept_as == kept_as
    assert first.version is not None
    assert first.version.runtime.startswith(made.split(" ")[0])
    assert made.split(" ")[-2] in first.version.runtime
    assert first.version.columns == ("x", "y")
    second = run_training(code, limits=limits, gates=("accuracy > 0.1",)).version
    assert second is not None
    assert second.content_digest == first.version.content_digest
    assert first.batch_difference is not None
    assert first.batch_difference < 1e-6


PLACES = """
import lightgbm, pandas, xgboost
def train(data, params, seed):
    rows, outcome = data[["x", "y"]], data["outcome"]
    if params["as"] == "places":
        codes = pandas.Categorical(outcome, categories=["stays", "leaves"]).codes
        return xgboost.XGBClassifier(n_estimators=5).fit(rows, codes)
    if params["as"] == "names":
        return lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(rows, outcome)
    if params["as"] == "function":
        return lambda rows: rows[["x", "y"]].fillna(0).to_numpy() * 0 + 0.5
    return xgboost.XGBRegressor(n_estimators=5).fit(rows, outcome)
"""


@pytest.mark.parametrize(
    ("rule", "form"),
    [
        (DecisionRule(kind=ProblemKind.MULTICLASS, classes=("stays", "leaves"), threshold=None), "places"),
        (DecisionRule(kind=ProblemKind.MULTICLASS, classes=("stays", "leaves"), threshold=None), "names"),
        (DecisionRule(kind=ProblemKind.MULTICLASS, classes=("stays", "leaves"), threshold=None), "function"),
        (DecisionRule(kind=ProblemKind.REGRESSION, threshold=None), "numbers"),
        (DecisionRule(kind=ProblemKind.RANKING, threshold=None, top=0.2), "numbers"),
    ],
    ids=lambda value: str(getattr(value, "kind", value)),
)
def test_every_kind_of_problem_takes_them(rule: DecisionRule, form: str, run_training: Train, world: Any) -> None:
    is_classes = rule.kind is ProblemKind.MULTICLASS
    gate = "accuracy > 0" if is_classes else "mae < 1" if rule.kind is ProblemKind.REGRESSION else "roc_auc > 0.5"
    policy = replace(world.policy, rule=rule)
    result = run_training(PLACES, rule=rule, policy=policy, params={"as": form}, pickle=True, gates=(gate,))
    kept = description(result)
    assert (kept.kind, kept.classes) == (rule.kind, rule.classes)
    assert kept.kept_as == ("pickle" if form == "function" else "skops")
    assert result.version is not None
    if form in ("places", "names"):
        other = run_training(
            PLACES, rule=rule, policy=policy, params={"as": "names" if form == "places" else "places"}, gates=(gate,)
        )
        assert other.version is not None
        difference = other.version.metrics["accuracy.all"].value - result.version.metrics["accuracy.all"].value
        assert abs(difference) < 0.1  # an order of classes that was mixed up would turn the answers round


def test_a_library_that_is_missing_is_named_with_its_extra(run_training: Train) -> None:
    hidden = "import sys\nsys.modules['lightgbm'] = None\n"
    at_import = run_training(hidden + LIGHTGBM)
    assert "imports lightgbm, which is not installed; install it with `pip install 'copml[lightgbm]'`" in (
        at_import.run.reason
    )
    within = "def train(data, params, seed):\n    import sys\n    sys.modules['lightgbm'] = None\n    import lightgbm\n"
    assert "the model needs lightgbm, which is not installed; install it" in run_training(within).run.reason


OWN = """
from helpers import SHIFT
class Rule:
    def __init__(self, limit):
        self.limit = limit
    def __call__(self, rows):
        return ((rows["x"].fillna(0) + SHIFT) > self.limit).astype(float) * 0.8 + 0.1
def train(data, params, seed):
    return Rule(float(data["x"].median()))
"""
OWN_ESTIMATOR = """
from sklearn.linear_model import LogisticRegression
class Own(LogisticRegression):
    def predict_proba(self, rows):
        return super().predict_proba(rows)[:, ::-1][:, ::-1]
def train(data, params, seed):
    return Own().fit(data[["x", "y"]].fillna(0), data.outcome)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "helpers.py").write_text("SHIFT = 0.0\n")
    return tmp_path / "project"


def test_without_consent_a_function_or_an_own_class_is_no_model(run_training: Train, project: Path) -> None:
    for code in (OWN, OWN_ESTIMATOR):
        result = run_training(code)
        assert result.version is None
        assert "training: {pickle: true}" in result.run.reason
        assert not list(result.folder.glob("*.pkl"))


@pytest.mark.parametrize("code", [OWN, OWN_ESTIMATOR], ids=["callable", "estimator"])
def test_with_consent_it_is_kept_as_a_pickle_and_repeats(code: str, run_training: Train, project: Path) -> None:
    first = run_training(code, pickle=True, gates=("accuracy > 0.1",))
    kept = description(first)
    assert kept.kept_as == "pickle"
    assert {"python", "scikit-learn"} <= {*kept.libraries, "scikit-learn"}
    assert {path.name for path in first.folder.iterdir()} == {"model.json", "model.pkl"}
    assert first.version is not None
    again = run_training(code, pickle=True, gates=("accuracy > 0.1",)).version
    assert again is not None
    assert again.content_digest == first.version.content_digest
    (project / "helpers.py").write_text("SHIFT = 0.25\n")
    changed = run_training(code + "\n# changed", pickle=True, gates=("accuracy > 0.1",)).version
    assert changed is not None
    assert changed.content_digest != first.version.content_digest


def test_what_skops_can_keep_is_never_a_pickle(run_training: Train) -> None:
    assert description(run_training(pickle=True)).kept_as == "skops"


def score(root: Path, model: Path, digest: str | None) -> np.ndarray:
    """Score three rows with a model in a child, as scoring does; returns the answers."""
    rows = pa.table({"entity": ["a", "b", "c"], "x": [-5.0, 0.0, 5.0], "y": [0.0] * 3, "plan": ["basic"] * 3})
    work = root / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    pq.write_table(rows, work / "rows.parquet")
    argument = {
        "model": str(model),
        "version": "v1",
        "columns": ["x", "y", "plan"],
        "files": [str(work / "rows.parquet")],
        "as_of": None,
        "parts": str(work / "parts"),
        "pickle": digest,
    }
    run_child("copml.scoring.child:main", argument, root=root, limits=LIMITS, log=root / "log")
    return Parts(work / "parts", width=1).read(1)


def test_a_pickle_opens_in_a_child_only_as_it_was_signed_and_with_the_code_it_was_trained_with(
    run_training: Train, project: Path, tmp_path: Path
) -> None:
    result = run_training(OWN, pickle=True, gates=("accuracy > 0.1",))
    model = result.folder / "model.pkl"
    digest = Digest(hashlib.sha256(model.read_bytes()).hexdigest())
    for signed in (None, digest):
        with pytest.raises(PickleRefused, match="in a child process only"):
            load(result.folder, signed)
    with pytest.raises(PickleRefused, match="no manifest was checked"):
        score(tmp_path, result.folder, None)
    before = score(tmp_path, result.folder, digest)
    assert before.tolist() == [0.1, before[1], 0.9]
    (project / "helpers.py").write_text("raise SystemExit('the project has moved on')")
    (project / "model_.py").write_text("raise SystemExit('the project has moved on')")
    assert score(project, result.folder, digest).tolist() == before.tolist()
    model.write_bytes(model.read_bytes() + b" ")
    with pytest.raises(ModelAltered, match=r"model\.pkl has the digest"):
        score(tmp_path, result.folder, digest)
    hostile = f"cos\nsystem\n(S'touch {tmp_path}/owned'\ntR.".encode()
    model.write_bytes(hostile)
    with pytest.raises(ModelAltered):
        score(tmp_path, result.folder, digest)
    assert not (tmp_path / "owned").exists()


def test_a_live_pickle_is_measured_beside_a_candidate(run_training: Train, project: Path, tmp_path: Path) -> None:
    first = run_training(OWN, pickle=True, gates=("accuracy > 0.1",))
    live = first.folder.rename(tmp_path / "live")
    digest = Digest(hashlib.sha256((live / "model.pkl").read_bytes()).hexdigest())
    second = run_training(live=live, live_pickle=digest, gates=("accuracy > 0.1",))
    assert first.version is not None
    assert dict(second.live) == first.version.metrics
    third = run_training(live=live, gates=("roc_auc >= live - 0.5",)).version
    assert third is not None
    assert "no manifest was checked" in third.gates[0].seen


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def train(data, params, seed):\n    return lambda rows: rows.x * 0 + 7", "gives 7, which is no probability"),
        ("def train(data, params, seed):\n    return lambda rows: [0.5]", r"numbers of shape \(1,\) for \d+ rows"),
        ("def train(data, params, seed):\n    return lambda rows: rows.x * float('nan')", "NaN or infinity"),
        (
            "import threading\ndef train(data, params, seed):\n    lock = threading.Lock()\n"
            "    return lambda rows: rows.x * (0 if lock else 1) + 0.5",
            "cannot pickle|no state that can be read",
        ),
        (
            "class A:\n    def p(self, rows): return rows.x * 0\ndef train(data, params, seed):\n    return A().p",
            "it is a bound method; return its object",
        ),
    ],
)
def test_a_function_must_answer_as_a_model_does(code: str, says: str, run_training: Train) -> None:
    result = run_training(code, pickle=True)
    assert result.version is None
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(result.run.reason)


def test_two_closures_that_differ_in_what_they_hold_have_different_digests(run_training: Train) -> None:
    digests = []
    for limit in (0.3, 0.4):
        code = "def made(limit):\n    return lambda rows: rows.x * 0 + limit\n"
        code += "def train(data, params, seed):\n    return made(params['limit'])\n"
        version = run_training(code, pickle=True, params={"limit": limit}, gates=("accuracy > 0",)).version
        assert version is not None
        digests.append(version.content_digest)
    assert digests[0] != digests[1]


def test_folds_take_what_training_takes(run_training: Train, world: Any, project: Path, tmp_path: Path) -> None:
    run_training(OWN, pickle=True)
    made = make_dataset(world.rows(), world.policy)
    for allowed in (True, False):
        recipe = Recipe(entry="model_:train", params={}, seed=7, columns=made.columns, pickle=allowed)

        def folds(recipe: Recipe = recipe) -> Any:
            return crossvalidate(
                made.train,
                recipe,
                rule=world.policy.rule,
                folds=3,
                root=project,
                limits=LIMITS,
                staging=tmp_path / "folds",
                log=tmp_path / "folds.log",
            )

        if allowed:
            assert folds().figures["accuracy.all"].n > 100
        else:
            with pytest.raises(CopmlError, match=r"training: \{pickle: true\}"):
                folds()
