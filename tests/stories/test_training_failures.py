"""Training code that goes wrong: a failed run with its reason, an incident for its owner, and on once it is mended."""

import shutil
from pathlib import Path

import pytest
from tests.commands import Answer, copml, done

pytestmark = pytest.mark.slow

LOG_BYTES_MAX = 2 * 2**20


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has its features and was never trained."""
    folder = tmp_path_factory.mktemp("training")
    done(folder, "init", "club")
    project = folder / "club"
    text = (project / "copml.yaml").read_text()
    (project / "copml.yaml").write_text(text.replace("training:\n", "training:\n  time_limit: 10s\n"))
    done(project, "apply", "--by", "author@example.org")
    done(project, "run", "ingest")
    done(project, "run", "features")
    return project


@pytest.fixture
def club(ready: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "club"
    shutil.copytree(ready, folder, symlinks=True)
    done(folder, "apply", "--by", "author@example.org")
    return folder


def train(club: Path, *, first: str) -> Answer:
    """Train with code that does something first."""
    path = club / "club" / "model.py"
    right = path.read_text()
    begin = "    features = data.drop("
    assert begin in right
    path.write_text(right.replace(begin, f"    {first}\n{begin}"))
    answer = copml(club, "run", "train", "--json")
    path.write_text(right)
    return answer


BAD = {
    "raises": ("raise ValueError('no such plan')", "ValueError: no such plan"),
    "hangs": ("import time; time.sleep(1000)", "10 seconds"),
    "takes all memory": ("kept = bytearray(2**40)", "memory"),
    "ends its process": ("import os; os._exit(3)", "3"),
    "returns a number": ("return 42", "int"),
    "returns nothing": ("return None", "nothing"),
    "returns what is not fitted": ("return LogisticRegression()", "not fitted"),
}


@pytest.mark.parametrize(("code", "reason"), BAD.values(), ids=BAD.keys())
def test_it_is_a_failed_run_with_its_reason_until_it_is_mended(club: Path, code: str, reason: str) -> None:
    answer = train(club, first=code)
    (step,) = answer.json
    assert (answer.status, step["outcome"]) == (4, "failed")
    assert reason in step["detail"]
    assert copml(club, "versions", "--json").json == []
    (incident,) = copml(club, "incidents", "--json").json
    assert (incident["state"], incident["cause_stage"], incident["owner"]) == ("open", "model", "science")
    assert reason in incident["what"]

    assert copml(club, "run", "all").status == 4
    assert done(club, "retry", "--json").json == [step["key"]]
    again = done(club, "run", "train", "--json").json
    assert again[0]["detail"].startswith("v1 is candidate")
    assert {item["state"] for item in copml(club, "incidents", "--json").json} == {"resolved"}


def test_code_that_forks_and_comes_back_twice_makes_one_version(club: Path) -> None:
    answer = train(club, first="import os; os.fork()")
    assert answer.status == 0, answer.out
    assert [item["name"] for item in copml(club, "versions", "--json").json] == ["v1"]


def test_a_gigabyte_of_output_is_cut_in_its_middle_and_the_model_is_kept(club: Path) -> None:
    file = club / "copml.yaml"
    file.write_text(file.read_text().replace("time_limit: 10s", "time_limit: 5 min"))  # of a busy machine
    done(club, "apply", "--by", "author@example.org")
    answer = train(club, first="print('begin'); [print('x' * 2**20) for _ in range(1024)]; print('end')")
    assert answer.status == 0, answer.out
    assert answer.json[0]["detail"].startswith("v1 is candidate")
    logs = [path for path in (club / ".copml" / "logs").rglob("*") if path.is_file() and "train" in str(path)]
    (log,) = (path for path in logs if path.read_text().startswith("begin"))
    assert log.stat().st_size < LOG_BYTES_MAX
    assert log.read_text().rstrip().endswith("end")
