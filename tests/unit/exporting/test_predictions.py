"""An export of predictions: every row once, nothing personal, outcomes only where they are known."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from tests.scenes import RULE, SLOT, Scene, features, train

from copml.errors import NothingToExport
from copml.exporting import FORMATS, PredictionsRequest, predictions, write_predictions
from copml.keys import Keys
from copml.predictions import predictions_schema
from copml.records import DecisionRule, ProblemKind, ScoringRun
from copml.scoring import score
from copml.store import Lake


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared")
    Keys.create(folder / "keys")
    train(folder / "model")
    return folder


@pytest.fixture(scope="module")
def scored(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Scene, list[ScoringRun]]:
    """Two runs: of 300 entities, and of 200 others."""
    scene = Scene.make(tmp_path_factory.mktemp("scene"), shared / "model", keys=shared / "keys")
    runs = []
    for number, (first, rows) in enumerate([(0, 300), (1000, 200)]):
        asked = scene.given(features(rows, first=first)).asked(run=f"run-{number}", transaction=f"score/{number}")
        runs.append(score(asked.request, asked.around).run)
    return scene, runs


def known(entities: pa.Array, slots: pa.Array) -> pa.Array:
    """Entities of even numbers have left, of odd ones below 200 not; of the rest nothing is known."""
    assert set(slots.to_pylist()) == {SLOT}
    numbers = np.array([int(name, 16) for name in entities.to_pylist()])
    return pa.array(np.where(numbers % 2 == 0, 1.0, np.where(numbers < 200, 0.0, np.nan)))


def request(
    runs: list[ScoringRun], path: Path, format: str, personal: frozenset[str] = frozenset()
) -> PredictionsRequest:
    return PredictionsRequest(
        project="churn",
        rule=RULE,
        runs=runs,
        personal=personal,
        format=format,
        path=path,
        progress=lambda done, total: None,
    )


@pytest.mark.parametrize("format", ["csv", "parquet"])
@pytest.mark.parametrize("batch_rows", [7, 100_000])
def test_every_row_once_with_its_outcome(
    scored: tuple[Scene, list[ScoringRun]],
    tmp_path: Path,
    format: str,
    batch_rows: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(predictions, "BATCH_ROWS", batch_rows)
    scene, runs = scored
    path = tmp_path / "out"
    done = write_predictions(request(runs, path, format), scene.around.lake, known)
    rows = pq.read_table(path) if format == "parquet" else pa_csv.read_csv(path)
    kept = scene.predictions()
    assert (done.rows, done.runs, done.left_out) == (500, 2, ())
    assert sorted(UUID(str(value)).bytes for value in rows["id"].to_pylist()) == kept["id"].to_pylist()
    found = dict(zip(rows["id"].to_pylist(), rows["probability"].to_pylist(), strict=True))
    assert {UUID(str(name)).bytes: value for name, value in found.items()} == dict(
        zip(kept["id"].to_pylist(), kept["probability"].to_pylist(), strict=True)
    )
    numbers = np.array([int(name, 16) for name in rows["entity"].to_pylist()])
    expected = [True if n % 2 == 0 else False if n < 200 else None for n in numbers]
    assert rows["outcome"].to_pylist() == expected
    assert done.outcomes == 500 - expected.count(None)
    assert set(rows.column_names) >= {"input.tenure", "input.contract", "input.senior"}
    assert "salt" not in rows.column_names


def test_personal_columns_are_left_out(scored: tuple[Scene, list[ScoringRun]], tmp_path: Path) -> None:
    scene, runs = scored
    path = tmp_path / "out"
    done = write_predictions(request(runs, path, "csv", frozenset({"senior", "name"})), scene.around.lake, known)
    assert done.left_out == ("senior",)
    assert "senior" not in path.read_text()


def test_arff_names_every_category(scored: tuple[Scene, list[ScoringRun]], tmp_path: Path) -> None:
    scene, runs = scored
    path = tmp_path / "out.arff"
    write_predictions(request(runs, path, "openml"), scene.around.lake, known)
    text = path.read_text()
    assert "@ATTRIBUTE input.contract {Month-to-month,'One year','Two year'}" in text
    assert "@ATTRIBUTE run {run-0,run-1}" in text
    assert len(text.partition("@DATA\n")[2].splitlines()) == 500


def test_nothing_of_that_kind_writes_no_file(scored: tuple[Scene, list[ScoringRun]], tmp_path: Path) -> None:
    with pytest.raises(NothingToExport):
        write_predictions(request([], tmp_path / "out", "csv"), scored[0].around.lake, known)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format", FORMATS)
def test_a_failure_in_the_middle_leaves_what_was_there(
    scored: tuple[Scene, list[ScoringRun]], tmp_path: Path, format: str
) -> None:
    path = tmp_path / "out"
    path.write_text("before")

    def fails(_: pa.Array, __: pa.Array) -> pa.Array:
        raise RuntimeError("the lake is gone")

    with pytest.raises(RuntimeError):
        write_predictions(request(scored[1], path, format), scored[0].around.lake, fails)
    assert [item.name for item in tmp_path.iterdir()] == ["out"]
    assert path.read_text() == "before"


@pytest.mark.parametrize(
    ("rule", "answers", "labels", "expected"),
    [
        (
            DecisionRule(kind=ProblemKind.MULTICLASS, classes=("low", "high")),
            {"prediction": ["low", "high", "low"], "probabilities": [[0.7, 0.3], [0.1, 0.9], [0.6, 0.4]]},
            [1.0, float("nan"), 0.0],
            {
                "prediction": ["low", "high", "low"],
                "probability of low": [0.7, 0.1, 0.6],
                "probability of high": [0.3, 0.9, 0.4],
                "outcome": ["high", None, "low"],
            },
        ),
        (
            DecisionRule(kind=ProblemKind.REGRESSION),
            {"prediction": [1.5, -2.0, 0.0]},
            [2.5, float("nan"), -1.0],
            {"prediction": [1.5, -2.0, 0.0], "outcome": [2.5, None, -1.0]},
        ),
    ],
    ids=["classes", "numbers"],
)
@pytest.mark.parametrize("format", FORMATS)
def test_every_kind_of_answer(
    tmp_path: Path,
    scored: tuple[Scene, list[ScoringRun]],
    rule: DecisionRule,
    answers: dict[str, list[object]],
    labels: list[float],
    expected: dict[str, list[object]],
    format: str,
) -> None:
    schema = predictions_schema(pa.schema([("x", pa.float64())]), rule.kind)
    same = {"slot": SLOT, "version": "v1", "decision": False, "control": False, "eligible": False, "treat": False}
    rows = {
        **{name: [value] * 3 for name, value in same.items()},
        "id": [bytes([number] * 16) for number in range(3)],
        "entity": ["a", "b", "c"],
        "rank": [1, 2, 3],
        "salt": [bytes(32)] * 3,
        "input": [{"x": 1.0}] * 3,
        **answers,
    }
    batch = pa.record_batch([pa.array(rows[field.name], field.type) for field in schema], schema=schema)
    lake, (run, _) = Lake(tmp_path / "lake"), scored[1]
    lake.write("churn/predictions", [batch], schema, transaction="t", replace={"run": run.id})
    asked = replace(request([run], tmp_path / "out", format), rule=rule)
    done = write_predictions(asked, lake, lambda _, __: pa.array(labels))
    assert (done.rows, done.outcomes) == (3, 2)
    if format == "parquet":
        found = pq.read_table(tmp_path / "out")
        assert {name: found[name].to_pylist() for name in expected} == expected
    elif format == "openml" and rule.classes:
        assert "@ATTRIBUTE outcome {low,high}" in (tmp_path / "out").read_text()
