"""One undisturbed run, to compare every disturbed one with."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.faults import project
from tests.faults.likeness import Likeness, assert_alike, likeness

FIRST_SEED = 100


@dataclass(frozen=True, kw_only=True)
class Undisturbed:
    """Where it ran, how long it took, whether the machine was busy with other things then, how it ended."""

    folder: Path
    seconds: float
    busy: bool
    state: Likeness

    def disturb(self, run: Callable[["Undisturbed", int, int], int], ends: int) -> None:
        """Run again and again, each with a seed of its own and ended at most so often, until there were enough ends.

        Every run must end in the undisturbed state. `run` gets this, the most ends and the seed; it tells the ends.
        """
        count, seed = 0, FIRST_SEED
        while count < ends:
            count += run(self, ends, seed)
            assert_alike(self.state, project.workspace(self.folder), f"after {count} ends, seed {seed}")
            seed += 1


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("faults") / "demo"
    busy = os.getloadavg()[0] > 0.5 * (os.cpu_count() or 1)
    project.begin(folder)
    started = time.monotonic()
    project.run(folder)
    seconds = time.monotonic() - started
    return Undisturbed(folder=folder, seconds=seconds, busy=busy, state=likeness(project.workspace(folder)))
