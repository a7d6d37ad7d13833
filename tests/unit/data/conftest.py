"""Where data tests happen: a folder with a lake."""

from pathlib import Path

import pytest
from tests.places import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)
