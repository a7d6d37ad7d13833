"""A disk that fills up again and again: each time one clear error; once it has grown, the loop goes on."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.faults import project
from tests.faults.conftest import Undisturbed
from tests.faults.likeness import assert_alike

KB = 1024
GROWTH_BYTES = 92 * KB
"""By how much the disk grows each time that it was full."""
RUNS_MAX = 200

Grow = Callable[[], None]


@pytest.fixture
def small_disk(undisturbed: Undisturbed) -> Iterator[tuple[Path, Grow]]:
    """The project's folder, its workspace on a disk with no room to spare; and how to make that larger."""
    folder = project.begin_again(undisturbed.folder)
    place = project.workspace(folder)
    aside = place.with_name("aside")
    place.rename(aside)
    place.mkdir()
    size = sum(-(-path.stat().st_size // (4 * KB)) * 4 * KB for path in aside.rglob("*"))
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=False).returncode:
        pytest.skip("mounting a disk is not permitted here")

    def grow() -> None:
        nonlocal size
        size += GROWTH_BYTES
        subprocess.run(["mount", "-o", f"remount,size={size}", str(place)], check=True)

    try:
        grow()
        shutil.copytree(aside, place, dirs_exist_ok=True)
        shutil.rmtree(aside)
        yield folder, grow
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.faults
def test_a_disk_that_is_full_again_and_again_changes_nothing(
    undisturbed: Undisturbed, small_disk: tuple[Path, Grow]
) -> None:
    folder, grow = small_disk
    full = 0
    for _ in range(RUNS_MAX):
        ended = subprocess.run(project.command(folder), capture_output=True, text=True, check=False)
        if ended.returncode == 0:
            break
        assert ended.returncode == 1
        assert ended.stderr.startswith("COPML-004"), ended.stderr
        assert "Traceback" not in ended.stderr
        full += 1
        grow()
    assert ended.returncode == 0
    assert full > 3
    assert_alike(undisturbed.state, project.workspace(folder))
