"""The package that travels with a model: without copml, in a process of its own, it predicts the same bits."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lightgbm import LGBMClassifier
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from xgboost import XGBClassifier

from copml.models import load, save, standalone_package, to_frame, types_to_trust
from copml.records import ProblemKind

Saved = Callable[[str], Path]
PREDICT = """
import sys, warnings
sys.modules["copml"] = None  # importing it would fail
code, rows, *folders = sys.argv[1:]
sys.path.insert(0, code)
import carried, numpy, pandas, pathlib
frame = pandas.read_parquet(rows)
for folder in folders:
    found = carried._load_pyfunc(folder)
    answer = found.predict(frame)
    answer.to_parquet(pathlib.Path(folder) / "answers.parquet")
    numpy.save(pathlib.Path(folder) / "alone.npy", found.predict(frame.iloc[[3]]).iloc[:, -1].to_numpy())
    assert list(found.predict(frame.iloc[5:3:-1]).index) == [5, 4]
"""


def carried(folder: Path) -> Path:
    (folder / "carried").mkdir(parents=True)
    for name, text in standalone_package("carried").items():
        (folder / "carried" / name).write_text(text)
    return folder


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PREDICT, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def answers(saved: Saved, held_out: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from shutil import copytree

    from tests.unit.models.conftest import MODELS

    root = tmp_path_factory.mktemp("standalone")
    pq.write_table(held_out, root / "rows.parquet")
    folders = [Path(copytree(saved(name), root / name)) for name in MODELS]
    done = run(carried(root / "code"), root / "rows.parquet", *folders)
    assert done.returncode == 0, done.stderr[-3000:]
    return root


def test_without_copml_the_same_bits_come_out(answers: Path, held_out: pa.Table, every_model: str) -> None:
    ours = load(answers / every_model)
    expected = ours.predict(held_out)
    theirs = pq.read_table(answers / every_model / "answers.parquet")
    assert theirs.column_names[0] == "probability"
    assert theirs["probability"].to_numpy().tobytes() == expected.tobytes()
    assert np.load(answers / every_model / "alone.npy").tobytes() == ours.predict(held_out.slice(3, 1)).tobytes()


def _fitted(kind: ProblemKind, rows: pa.Table) -> Any:
    columns = make_column_transformer((SimpleImputer(), ["a", "b"]), remainder="drop")
    number = np.arange(len(rows)) % 7
    match kind:
        case ProblemKind.MULTICLASS:
            return make_pipeline(columns, LogisticRegression()).fit(to_frame(rows), np.where(number < 3, "low", "high"))
        case ProblemKind.REGRESSION:
            return make_pipeline(columns, Ridge()).fit(to_frame(rows), number)
    return make_pipeline(columns, LogisticRegression()).fit(to_frame(rows), number < 3)


@pytest.mark.parametrize("kind", [ProblemKind.MULTICLASS, ProblemKind.REGRESSION, ProblemKind.RANKING])
def test_other_kinds_of_answers_are_the_same_too(
    kind: ProblemKind, trained_on: pa.Table, held_out: pa.Table, tmp_path: Path
) -> None:
    classes = ("high", "low", "none") if kind is ProblemKind.MULTICLASS else ()
    save(_fitted(kind, trained_on), held_out, tmp_path / "model", kind=kind, classes=classes)
    pq.write_table(held_out, tmp_path / "rows.parquet")
    done = run(carried(tmp_path / "code"), tmp_path / "rows.parquet", tmp_path / "model")
    assert done.returncode == 0, done.stderr[-3000:]
    theirs = pq.read_table(tmp_path / "model" / "answers.parquet").to_pandas()
    ours = load(tmp_path / "model").predict(held_out)
    if kind is ProblemKind.MULTICLASS:
        assert list(theirs.columns[:4]) == ["prediction", *(f"probability of {name}" for name in classes)]
        assert theirs["prediction"].tolist() == [classes[place] for place in ours.argmax(axis=1)]
        assert theirs[theirs.columns[1:4]].to_numpy().tobytes() == ours.tobytes()
    else:
        assert theirs["prediction"].to_numpy().tobytes() == ours.tobytes()


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_models_of_other_libraries_travel_too(
    library: str, trained_on: pa.Table, held_out: pa.Table, tmp_path: Path
) -> None:
    columns = make_column_transformer((SimpleImputer(), ["a", "b"]), remainder="drop")
    estimator: Any = (
        XGBClassifier(n_estimators=5) if library == "xgboost" else LGBMClassifier(n_estimators=5, verbose=-1)
    )
    model = make_pipeline(columns, estimator).fit(
        to_frame(trained_on), (np.arange(len(trained_on)) % 3 == 0).astype(int)
    )
    save(model, held_out, tmp_path / "model")
    assert any(name.startswith(library) for name in types_to_trust(tmp_path / "model" / "model.skops"))
    pq.write_table(held_out, tmp_path / "rows.parquet")
    done = run(carried(tmp_path / "code"), tmp_path / "rows.parquet", tmp_path / "model")
    assert done.returncode == 0, done.stderr[-3000:]
    theirs = pq.read_table(tmp_path / "model" / "answers.parquet")["probability"].to_numpy()
    assert theirs.tobytes() == load(tmp_path / "model").predict(held_out).tobytes()


def test_a_file_that_was_altered_does_not_load(saved: Saved, held_out: pa.Table, tmp_path: Path) -> None:
    from shutil import copytree

    folder = Path(copytree(saved("logistic"), tmp_path / "model"))
    (folder / "model.skops").write_bytes((saved("forest") / "model.skops").read_bytes())
    pq.write_table(held_out, tmp_path / "rows.parquet")
    done = run(carried(tmp_path / "code"), tmp_path / "rows.parquet", folder)
    assert "ModelAltered" in done.stderr


def test_nothing_of_copml_is_imported_by_the_package() -> None:
    assert not [name for name, text in standalone_package("carried").items() if "import copml" in text]
    assert not [name for name, text in standalone_package("carried").items() if "from copml" in text]


def test_only_the_types_of_the_file_need_trust(saved: Saved) -> None:
    assert types_to_trust(saved("histogram boosting") / "model.skops")
    assert len(types_to_trust(saved("logistic") / "model.skops")) < 3
