"""A workspace to score in: model and keys are made once, folders anew for each test."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.scenes import Scene, train

from copml.keys import Keys


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared")
    train(folder / "model")
    Keys.create(folder / "keys")
    return folder


@pytest.fixture
def another(shared: Path, tmp_path: Path) -> Callable[[str], Scene]:
    """Makes empty workspaces with the same model and keys."""
    return lambda name: Scene.make(tmp_path / name, shared / "model", keys=shared / "keys")


@pytest.fixture
def scene(another: Callable[[str], Scene]) -> Scene:
    return another("workspace")
