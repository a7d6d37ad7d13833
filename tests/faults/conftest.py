"""One undisturbed run, to compare every disturbed one with."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.faults import project
from tests.faults.likeness import Likeness, likeness


@dataclass(frozen=True, kw_only=True)
class Undisturbed:
    """Where it ran, how long it took, whether the machine was busy with other things then, how it ended."""

    folder: Path
    seconds: float
    busy: bool
    state: Likeness


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("faults") / "demo"
    busy = os.getloadavg()[0] > 0.5 * (os.cpu_count() or 1)
    project.begin(folder)
    started = time.monotonic()
    project.run(folder)
    seconds = time.monotonic() - started
    return Undisturbed(folder=folder, seconds=seconds, busy=busy, state=likeness(project.workspace(folder)))
