"""A scoring run that is killed in the middle, and taken up again."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenes import Scene, features

from copml.scoring import score
from copml.store import Lake

PROGRAM = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.scenes import Scene
from tests.unit.scoring.test_score_killed import TABLES, KILLS
scene = Scene.make(Path({folder!r}), Path({model!r}), keys=Path({keys!r})).given(*TABLES)
scene = KILLS[{kill!r}](scene)
from copml.scoring import score
score(scene.request, scene.around)
"""
TABLES = [features(20, first=20 * number) for number in range(4)]


def die() -> None:
    signal.raise_signal(signal.SIGKILL)


def while_preparing(scene: Scene) -> Scene:
    asked: list[int] = []

    def reveal(names: list[str]) -> list[str]:
        asked.append(len(names))
        if len(asked) == 3:
            die()
        return names

    return scene.with_(reveal=reveal)


class DyingLake(Lake):
    """Kills its process when it has taken half of the rows."""

    def write(self, table: str, batches: object, *rest: object, **settings: object) -> object:  # type: ignore[override]
        def some() -> object:
            for number, batch in enumerate(batches):  # type: ignore[arg-type]
                if number == 2:
                    die()
                yield batch

        return super().write(table, some(), *rest, **settings)  # type: ignore[arg-type]


class LateDyingLake(Lake):
    """Kills its process when the rows are kept, and nobody knows of it."""

    def write(self, *given: object, **settings: object) -> object:  # type: ignore[override]
        super().write(*given, **settings)  # type: ignore[arg-type]
        die()
        return None


KILLS: dict[str, Callable[[Scene], Scene]] = {
    "while preparing": while_preparing,
    "while predicting": lambda scene: scene.with_(progress=lambda done, total: die() if done else None),
    "while writing": lambda scene: scene.with_(lake=DyingLake(scene.folder / "lake")),
    "after writing": lambda scene: scene.with_(lake=LateDyingLake(scene.folder / "lake")),
}


@pytest.mark.parametrize(
    "kill",
    [
        "while writing",
        pytest.param("while predicting", marks=pytest.mark.slow),
        pytest.param("while preparing", marks=pytest.mark.slow),
        pytest.param("after writing", marks=pytest.mark.slow),
    ],
)
def test_a_killed_run_ends_as_an_undisturbed_one(
    kill: str, shared: Path, tmp_path: Path, another: Callable[[str], Scene]
) -> None:
    folder = tmp_path / "killed"
    facts = {"root": str(Path(__file__).parents[3]), "folder": str(folder), "kill": kill}
    program = PROGRAM.format(**facts, model=str(shared / "model"), keys=str(shared / "keys"))
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    undisturbed, scene = another("undisturbed").given(*TABLES), Scene.found(folder, shared)
    expected, result = score(undisturbed.request, undisturbed.around), score(scene.request, scene.around)
    assert scene.predictions().equals(undisturbed.predictions())
    assert result.run.profile == expected.run.profile
    outputs = [place.around.outputs / expected.run.output for place in (undisturbed, scene)]
    assert outputs[0].read_bytes() == outputs[1].read_bytes()
    assert len(list(outputs[1].parent.iterdir())) == 1
    assert len(list((folder / "lake" / "churn" / "predictions").glob("*"))) == 2, "one file, and the log"
