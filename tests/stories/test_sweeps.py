"""A sweep from beginning to end: within its budget, stopped and taken up, and judged on rows that no trial saw."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.commands import copml, done, refused

from copml.app import SweepBudget, Workspace, check, sweep, verify_ledger
from copml.errors import SweepHeld
from copml.operations.perform import sweep as sweeping
from copml.records import Trial, TrialState
from copml.training import make_dataset

pytest.importorskip("optuna")
pytestmark = pytest.mark.slow

CLUB = "sports-club"
SWEEP = """  sweep:
    space:
      C: {min: 0.001, max: 100, log: true}
      scale: {values: [plain, broken, broken too]}
    metric: roc_auc
    trials: 6
    folds: 2
  gates:"""
WATCHED = '''

_train = train


def train(data: pd.DataFrame, params: dict[str, Any], seed: int) -> Pipeline:
    """As before, but it notes whom it saw, and some parameters break it."""
    import json
    from pathlib import Path

    with Path("seen.jsonl").open("a") as file:
        file.write(json.dumps(sorted(set(data["entity"]))) + "\\n")
    if str(params.get("scale")).startswith("broken"):
        raise RuntimeError("this scale does not work")
    return _train(data, params, seed)
'''


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that can learn, has learnt nothing yet, and describes a sweep."""
    folder = tmp_path_factory.mktemp("sweeps")
    done(folder, "init", CLUB)
    project = folder / CLUB
    file, model = project / "copml.yaml", next(project.glob("*/model.py"))
    file.write_text(file.read_text().replace("  gates:", SWEEP, 1))
    model.write_text(model.read_text() + WATCHED)
    done(project, "apply", "--by", "author@example.org")
    assert "COPML-" in copml(project, "sweep").err, "nothing has come in yet"
    done(project, "run", "ingest")
    done(project, "run", "features")
    return project


@pytest.fixture
def club(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / CLUB))


def swept(club: Path, *arguments: str) -> Any:
    return done(club, "sweep", "--json", *arguments).json


def told(trials: list[dict[str, Any]]) -> list[object]:
    """What must be the same for the same seed: not the times."""
    return [[item[name] for name in ("id", "params", "metrics", "state", "note")] for item in trials]


def test_the_best_becomes_a_candidate_judged_on_rows_that_no_trial_saw(club: Path) -> None:
    found = swept(club)
    trials = found["trials"]
    assert len(trials) == 6
    assert {item["source"] for item in trials} == {"sweep"}
    assert trials[0]["params"] == {"C": 1.0}
    failed = [item for item in trials if item["state"] == "failed"]
    assert failed, "some parameters break it"
    assert all("this scale does not work" in item["note"] for item in failed)
    ended = [item["metrics"]["roc_auc.all"]["value"] for item in trials if item["state"] == "done"]
    assert found["figure"]["value"] == max(ended)
    assert found["holdout"] == found["candidate"]["metrics"]["roc_auc.all"]
    assert found["candidate"]["cause"] == f"sweep/{found['best']['id']}"
    assert found["candidate"]["gates"]
    assert Path(found["page"]).read_text().count(found["id"]) >= 6

    with Workspace.open(club / ".copml") as workspace:
        view = workspace[CLUB].view()
        assert view is not None
        assert view.runs[-1].params == found["best"]["params"]
        dataset = make_dataset(
            sweeping.training_rows(view, workspace.stages), sweeping.policy(view, view.project.training.on)
        )
        held = set(dataset.holdout["entity"].to_pylist())
        assert verify_ledger(workspace).holds
        verdict = next(item for item in check(workspace, CLUB) if item.id == "AU-11")
    assert verdict.verdict == "met"
    learnt = set(dataset.train["entity"].to_pylist())
    assert held - learnt, "an entity whose rows are all held out tells whether a trial saw the holdout"
    assert all(set(json.loads(line)) <= learnt for line in (club / "seen.jsonl").read_text().splitlines())
    words = " ".join(done(club, "sweep").out.split())
    assert "optimistic" in words
    assert "on the holdout, which no trial saw" in words


def test_the_same_seed_gives_the_same_trials_and_again_repeats_nothing(club: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(club, tmp_path / "other" / CLUB))
    first = swept(club, "--trials", "3", "--no-candidate")
    seen = len((club / "seen.jsonl").read_text().splitlines())
    again = swept(club, "--trials", "3", "--no-candidate")
    assert again["trials"] == first["trials"]
    assert len((club / "seen.jsonl").read_text().splitlines()) == seen
    assert told(swept(club, "--trials", "5", "--no-candidate")["trials"]) == told(
        swept(other, "--trials", "5", "--no-candidate")["trials"]
    )
    assert first["candidate"] is None


def test_a_sweep_that_was_killed_goes_on_where_it_was(club: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(club, tmp_path / "other" / CLUB))
    process = subprocess.Popen([sys.executable, "-m", "copml", "sweep", "--no-candidate"], cwd=club)
    while len(_trials(club)) < 2 and process.poll() is None:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    finished = _trials(club)
    assert 2 <= len(finished) < 6
    found = swept(club, "--no-candidate")
    assert told(found["trials"]) == told(swept(other, "--no-candidate")["trials"])
    assert _trials(club)[: len(finished)] == finished, "what had ended was not run again"


def _trials(club: Path) -> list[Trial]:
    with Workspace.open(club / ".copml") as workspace, workspace.stages.state.read() as reader:
        return reader.find(Trial, project=CLUB)


def test_time_is_a_budget_too(club: Path) -> None:
    with Workspace.open(club / ".copml") as workspace:
        none = sweep(workspace, CLUB, by="somebody", budget=SweepBudget(seconds=0.0))
        assert (none.trials, none.best, none.candidate) == ((), None, None)
        assert "no trial" in none.note
        assert none.page.stat().st_size > 0
    assert copml(club, "sweep", "--time", "a while").status == 2


def test_a_trial_that_the_time_cuts_off_is_no_failed_trial(club: Path) -> None:
    model = next(club.glob("*/model.py"))
    model.write_text(model.read_text() + "\n\ndef train(data, params, seed):\n    while True:\n        pass\n")
    with Workspace.open(club / ".copml") as workspace:
        found = sweep(workspace, CLUB, by="somebody", budget=SweepBudget(seconds=1.0))
    assert found.trials == ()
    assert _trials(club) == []


def test_one_process_at_a_time_runs_a_sweep(club: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Workspace.open(club / ".copml") as first, Workspace.open(club / ".copml") as second:

        def meanwhile(*_: object, **__: object) -> None:
            with pytest.raises(SweepHeld):
                sweep(second, CLUB, by="somebody", candidate=False)
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(sweeping, "try_out", meanwhile)
            with pytest.raises(KeyboardInterrupt):
                sweep(first, CLUB, by="somebody", candidate=False)
        found = sweep(first, CLUB, by="somebody", budget=SweepBudget(trials=1), candidate=False)
    assert [item.state for item in found.trials] == [TrialState.DONE]


def test_what_is_missing_is_said(club: Path) -> None:
    file = club / "copml.yaml"
    text = file.read_text()
    file.write_text(text.replace("metric: roc_auc\n", "metric: roc_acu\n"))
    assert "roc_auc" in refused(club, "validate", code="COPML-010")
    file.write_text(text.replace("metric: roc_auc\n", "metric: positive_ratio\n"))
    assert "judges no model" in refused(club, "validate", code="COPML-010")
    file.write_text(text.replace(SWEEP, "  gates:"))
    done(club, "apply", "--by", "author@example.org")
    refused(club, "sweep", code="COPML-135")
