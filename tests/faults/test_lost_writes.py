"""Cut the power at random moments, on a disk that forgets what was not synced: the final state is the undisturbed one.

This shows what a kill cannot: the page cache survives a killed process. See `powercut.py` for what the disk forgets.
"""

import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.faults import project
from tests.faults.conftest import Undisturbed
from tests.faults.likeness import assert_alike

from copml.app import Workspace
from copml.errors import WorkspaceMissing

PROGRAM = Path(__file__).with_name("powercut.py")
SAMPLE_CUTS, ALL_CUTS = 4, 100
MOMENTS_MAX = 120
"""No cut comes later than this after a start; the undisturbed run has about three times as many moments."""
SOON_MOMENTS = 12


def was_ended(folder: Path, how: str, moment: int, seed: int, months: int = project.MONTHS) -> bool:
    """Run the loop and `cut` the power or `kill` it at a moment; whether that was before the loop was done."""
    root = project.project(folder)
    told = [str(root), how, str(moment), str(seed), "--", *project.arguments(folder, months)]
    ended = subprocess.run([sys.executable, str(PROGRAM), *told], stdout=subprocess.DEVNULL, check=False).returncode
    if ended == 0:
        return False
    assert ended == -signal.SIGKILL
    if how == "cut":
        _replace(root)
    return True


def _replace(root: Path) -> None:
    """Go on with what the disk holds."""
    gone = root.with_name("gone")
    root.rename(gone)
    root.with_name(f"{root.name}.after").rename(root)
    shutil.rmtree(gone)


def run_with_cuts(undisturbed: Undisturbed, ends: int, seed: int) -> int:
    """Kill, cut and start again until the run gets to its end, at most `ends` times; how often it was ended.

    A kill is followed by a cut soon after: what the killed process had not synced, the next must not take for durable.
    """
    rng = random.Random(seed)
    folder = project.begin_again(undisturbed.folder)
    how = "cut"
    for count in range(ends):
        latest = SOON_MOMENTS if how == "kill" else MOMENTS_MAX
        how = "cut" if how == "kill" else rng.choice(["cut", "kill"])
        if not was_ended(folder, how, rng.randint(1, latest), rng.randrange(1 << 30)):
            return count
    project.run(folder)
    return ends


@pytest.mark.slow
def test_a_sample_of_power_cuts_changes_nothing(undisturbed: Undisturbed) -> None:
    assert run_with_cuts(undisturbed, SAMPLE_CUTS, seed=1) > 0
    assert_alike(undisturbed.state, project.workspace(undisturbed.folder))


@pytest.mark.faults
def test_a_hundred_power_cuts_change_nothing(undisturbed: Undisturbed) -> None:
    undisturbed.disturb(run_with_cuts, ALL_CUTS)


@pytest.mark.faults
def test_a_workspace_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    folder, moment = tmp_path / "demo", 0
    project.project(folder).mkdir(parents=True)
    while was_ended(folder, "cut", moment := moment + 1, seed=moment, months=0):
        try:
            Workspace.open(project.workspace(folder)).close()
        except WorkspaceMissing:
            assert not project.workspace(folder).exists()
    assert moment > 1


@pytest.mark.slow
def test_the_disk_of_these_tests_forgets(tmp_path: Path) -> None:
    """What is written without a sync is lost or torn, or the tests above would prove nothing."""
    program = tmp_path / "program.py"
    program.write_text(
        f"import os, random, sys; sys.path.insert(0, {str(PROGRAM.parent)!r})\n"
        "from pathlib import Path; from powercut import Disk\n"
        "root = Path(sys.argv[1]); disk = Disk(root, random.Random(1))\n"
        "def sync(path): disk.sync(os.open(path, os.O_RDONLY))\n"
        "(root / 'synced').write_text('whole'); sync(root / 'synced')\n"
        "(root / 'torn').write_text('never synced'); sync(root)\n"
        "(root / 'synced').write_text('changed'); (root / 'nameless').write_text('x'); sync(root / 'nameless')\n"
        "(root / 'before').unlink()\n"
        "disk.write_to(root.with_name('after'))\n"
    )
    root = tmp_path / "root"
    root.mkdir()
    (root / "before").write_text("not removed for certain")
    subprocess.run([sys.executable, str(program), str(root)], check=True)
    after = {path.name: path.read_text() for path in (tmp_path / "after").iterdir()}
    torn = after.pop("torn")
    assert after == {"synced": "whole", "before": "not removed for certain"}
    assert len(torn) < len("never synced")
