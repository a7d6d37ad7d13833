"""A project whose state is in PostgreSQL ends as on SQLite: undisturbed, its worker killed, its server restarted."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.commands import done
from tests.faults import project
from tests.faults.likeness import Likeness, assert_alike, likeness
from tests.servers import Server, server

import copml
from copml.app import up
from copml.records import Stage, TaskRecord, TaskState
from copml.store import State, state_of
from copml.store import state as store

pytestmark = pytest.mark.slow

RUN_SECONDS_MAX = 600


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where every run is: paths are part of what is recorded."""
    return tmp_path_factory.mktemp("story") / "demo"


@pytest.fixture(scope="module")
def on_sqlite(folder: Path) -> Likeness:
    """How the story ends on SQLite, undisturbed."""
    project.apply(folder)
    project.run(folder)
    return likeness(project.workspace(folder))


@pytest.fixture
def running() -> Iterator[Server]:
    with server() as own:
        yield own


@pytest.fixture
def begun(folder: Path, on_sqlite: Likeness, running: Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project, applied and not yet begun, with its state in PostgreSQL."""
    shutil.rmtree(folder)
    monkeypatch.setenv("STORY_STATE_URL", running.url.render_as_string(hide_password=False))
    monkeypatch.setenv("COPML_STATE", "STORY_STATE_URL")
    project.apply(folder)
    assert not (project.workspace(folder) / "state.db").exists()
    return folder


@pytest.fixture
def state(begun: Path) -> Iterator[State]:
    opened = state_of(project.workspace(begun))
    yield opened
    opened.close()


def started(folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        project.command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def wait_until_held(state: State, stage: Stage) -> TaskRecord:
    """The first task of a stage that a worker holds."""
    deadline = time.monotonic() + RUN_SECONDS_MAX
    while time.monotonic() < deadline:
        with state.read() as reader:
            held = [task for task in reader.find(TaskRecord, stage=stage) if task.state is TaskState.RUNNING]
        if held:
            return held[0]
        time.sleep(0.02)
    raise TimeoutError(stage)


def test_up_outlives_a_server_that_is_away(tmp_path: Path, running: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LOOKS_MAX", 1)
    done(tmp_path, "init", "club")
    club = tmp_path / "club"
    done(club, "apply", "--state", running.url.render_as_string(hide_password=False).replace(":@", "@"))
    with copml.open(club / ".copml") as workspace:
        steps = up(workspace, seconds=0)
        running.stop()
        project, step = next(steps)
        assert (project, step.key, step.outcome) == ("", "state", "waits")
        assert step.detail.startswith("COPML-026")
        running.start()
        project, step = next(steps)
        assert (project, step.outcome) == ("club", "done")
        steps.close()


def test_a_killed_worker_is_taken_over_and_the_end_is_that_on_sqlite(
    begun: Path, state: State, on_sqlite: Likeness
) -> None:
    killed = started(begun)
    task = wait_until_held(state, Stage.TRAIN)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate()
    workers = [started(begun) for _ in range(2)]
    errors = [worker.communicate(timeout=RUN_SECONDS_MAX)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], errors
    with state.read() as reader:
        after = reader.get(TaskRecord, project=task.project, key=task.key)
    assert after is not None
    assert (after.state, after.fence > task.fence, after.worker != task.worker) == (TaskState.DONE, True, True)
    assert_alike(on_sqlite, project.workspace(begun))


def test_a_server_that_restarts_in_the_middle_changes_nothing(
    begun: Path, state: State, running: Server, on_sqlite: Likeness
) -> None:
    worker = started(begun)
    for stage in (Stage.TRAIN, Stage.SCORE):
        wait_until_held(state, stage)
        running.stop()
        time.sleep(1)
        running.start()
    said = worker.communicate(timeout=RUN_SECONDS_MAX)[1]
    if worker.returncode != 0:
        assert "COPML-026" in said
        project.run(begun)
    assert_alike(on_sqlite, project.workspace(begun))
