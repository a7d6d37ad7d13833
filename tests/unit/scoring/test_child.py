"""The child: what it refuses, and what it skips."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests.scenes import COLUMNS, Scene, features

from copml.errors import AnswerWrong, FeatureInfinite
from copml.models import load
from copml.records import ProblemKind
from copml.scoring import child
from copml.scoring.parts import Parts


class Answering:
    """A model that gives a fixed answer."""

    columns, kind, classes = COLUMNS, ProblemKind.BINARY, ()

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def predict(self, rows: pa.RecordBatch) -> np.ndarray:
        return np.array(self.answer)


BATCH = features(3).to_batches()[0]


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        ([0.1, 0.2], r"\(2,\) numbers for 3 rows"),
        ([[0.1], [0.2], [0.3]], r"\(3, 1\) numbers for 3 rows"),
        ([0.1, float("nan"), 0.2], "nan for 1 rows"),
        ([0.1, 1.5, 2.0], "1.5 for 2 rows"),
        ([0.1, -0.1, 0.2], "-0.1 for 1 rows"),
    ],
)
def test_an_answer_that_is_no_probability_is_refused(answer: object, seen: str) -> None:
    with pytest.raises(AnswerWrong, match=f"v3 answered {seen}"):
        child.predict(Answering(answer), BATCH, list(COLUMNS), "v3")


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_infinite_numbers_are_named_with_column_and_entity(value: float) -> None:
    batch = BATCH.set_column(3, "tenure", pa.array([1.0, value, value]))
    with pytest.raises(FeatureInfinite) as caught:
        child.predict(Answering([0.5] * 3), batch, list(COLUMNS), "v3")
    assert (caught.value.column, caught.value.rows, caught.value.entity) == ("tenure", 2, f"{1:032x}")


def test_an_infinite_number_in_an_unused_column_does_not_matter() -> None:
    batch = BATCH.set_column(2, "unused", pa.array([float("inf")] * 3))
    assert child.predict(Answering([0.0, 0.5, 1.0]), batch, list(COLUMNS), "v3").tolist() == [0.0, 0.5, 1.0]


def work(scene: Scene, folder: Path) -> dict[str, object]:
    files = [str(file) for file in scene.request.rows.files]
    model = str(scene.request.model)
    return {
        "model": model, "version": "v1", "columns": list(COLUMNS), "files": files, "as_of": None, "parts": str(folder)
    }  # fmt: skip


def test_parts_that_are_there_are_not_predicted_again(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = scene.given(features(5), features(6, first=5), features(7, first=11))
    asked = []
    real = child.predict

    def counted(model: object, batch: pa.RecordBatch, *rest: object) -> np.ndarray:
        asked.append(batch.num_rows)
        return real(model, batch, *rest)

    monkeypatch.setattr(child, "predict", counted)
    assert child.main(work(scene, tmp_path / "parts")) == 3
    whole = Parts(tmp_path / "parts").read(3)
    (tmp_path / "parts" / "000001.f8").unlink()
    (tmp_path / "parts" / "000002.f8").write_bytes(b"torn")
    assert child.main(work(scene, tmp_path / "parts")) == 3
    assert asked == [5, 6, 7, 6, 7]
    assert Parts(tmp_path / "parts").read(3).tolist() == whole.tolist()
    expected = load(scene.request.model).predict(features(18).select(COLUMNS))
    assert whole.tolist() == expected.tolist()


def test_rows_done_are_counted_from_the_parts(tmp_path: Path, another: Callable[[str], Scene]) -> None:
    parts = Parts(tmp_path / "run" / "asked")
    assert parts.rows() == 0
    parts.write(0, np.array([0.1, 0.2]))
    parts.write(1, np.array([0.3]))
    assert parts.rows() == 3
    assert (parts.has(1, 1), parts.has(1, 2), parts.has(2, 1)) == (True, False, False)
    parts.remove()
    assert not (tmp_path / "run").exists()
