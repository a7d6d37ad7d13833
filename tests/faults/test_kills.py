"""Kill the loop anywhere, as often as you like: the final state is that of a run nobody disturbed.

A project of three months and 500 customers runs to its end once; then again, killed with SIGKILL at random moments and
started anew, until it has been killed often enough. A sample runs in `make test`, 200 kills in `make faults`.
"""

import os
import random
import signal
import subprocess
import time

import pytest
from tests.faults import project
from tests.faults.conftest import Undisturbed
from tests.faults.likeness import assert_alike

SAMPLE_KILLS, ALL_KILLS = 5, 200
KILL_AFTER = (0.1, 0.7)
"""When to kill, as a share of the time of the undisturbed run: often, and late enough to get on."""
UNDISTURBED_SECONDS_MAX = 20
RUNS_SECONDS_MAX = 900


def killed_run(undisturbed: Undisturbed, kills: int, seed: int) -> int:
    """Kill and start again until the run gets to its end, at most `kills` times; how often it was killed."""
    rng = random.Random(seed)
    folder = project.begin_again(undisturbed.folder)
    for count in range(kills):
        if not was_killed(project.command(folder), undisturbed.seconds * rng.uniform(*KILL_AFTER)):
            return count
    project.run(folder)
    return kills


def was_killed(command: list[str], seconds: float) -> bool:
    """Start the loop and kill it after some time; whether that was before it was done."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        assert process.wait(timeout=seconds) == 0
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


@pytest.mark.slow
def test_a_sample_of_kills_changes_nothing(undisturbed: Undisturbed) -> None:
    assert killed_run(undisturbed, SAMPLE_KILLS, seed=1) > 0
    assert_alike(undisturbed.state, project.workspace(undisturbed.folder))


@pytest.mark.faults
def test_two_hundred_kills_change_nothing(undisturbed: Undisturbed) -> None:
    undisturbed.disturb(killed_run, ALL_KILLS)


@pytest.mark.parametrize(
    "workers", [pytest.param(2, marks=pytest.mark.slow), pytest.param(4, marks=pytest.mark.faults)]
)
def test_several_workers_on_one_workspace_end_the_same(undisturbed: Undisturbed, workers: int) -> None:
    folder = project.begin_again(undisturbed.folder)
    processes = [subprocess.Popen(project.command(folder), stdout=subprocess.DEVNULL) for _ in range(workers)]
    deadline = time.monotonic() + RUNS_SECONDS_MAX
    for process in processes:
        assert process.wait(timeout=max(1.0, deadline - time.monotonic())) == 0
    assert_alike(undisturbed.state, project.workspace(folder))


@pytest.mark.faults
def test_the_undisturbed_run_is_short(undisturbed: Undisturbed) -> None:
    if undisturbed.busy:
        pytest.skip("the machine was busy with other things")
    assert undisturbed.seconds < UNDISTURBED_SECONDS_MAX
