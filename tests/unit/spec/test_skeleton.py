"""What `copml init` writes: a project that is complete, or one with its questions left open."""

import importlib.util
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from copml.errors import FileInTheWay, FolderUnwritable, NameUnusable, ProjectInvalid, SampleUnusable
from copml.spec import parse, write_skeleton
from copml.spec.sample import MONTHS, sample_files

TODAY = date(2026, 3, 17)
TABLE = "customer_id,Email,monthly fee,churn\n" + "".join(
    f"{row},p{row}@x.example,{row}.5,{'yn'[row % 3 > 0]}\n" for row in range(90)
)


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_sample_project_is_complete(tmp_path: Path) -> None:
    written = write_skeleton(tmp_path / "sports-club", "sports-club", today=TODAY)
    root = tmp_path / "sports-club"
    project = parse((root / "copml.yaml").read_text())
    assert project.project == "sports-club"
    assert all(path.exists() for path in written)
    for source in project.data.sources.values():
        assert source.path is not None
        files = sorted(root.glob(source.path))
        assert files, source.path
        header = files[0].read_text().splitlines()[0].split(",")
        assert {source.entity, source.event_at} <= set(header)
    for entry in (project.features, project.training.entry):
        module, _, function = entry.partition(":")
        assert callable(getattr(load(root / f"{module.replace('.', '/')}.py"), function))


def test_the_sample_data_end_today_and_never_change() -> None:
    files = sample_files(TODAY, seed=7)
    assert files == sample_files(TODAY, seed=7)
    assert files != sample_files(TODAY, seed=8)
    assert len([path for path in files if path.startswith("data/members/")]) == MONTHS
    assert max(files) == "data/members/2026-03.csv"
    for name in ("data/departures.csv", "data/calls.csv"):
        days = [line.split(",")[1] for line in files[name].splitlines()[1:]]
        assert len(days) > 300
        assert max(days) < TODAY.isoformat()
    newest = {line.split(",")[0] for line in files["data/members/2026-03.csv"].splitlines()[1:]}
    gone = {line.split(",")[0] for line in files["data/departures.csv"].splitlines()[1:] if ",2026-03" not in line}
    assert len(newest) > 600
    assert not newest & gone


def test_months_go_back_over_the_year() -> None:
    paths = sorted(path for path in sample_files(date(2026, 1, 1), seed=1) if "members/" in path)
    assert (paths[0], paths[-1]) == ("data/members/2024-12.csv", "data/members/2026-01.csv")


def test_the_model_learns_from_the_sample(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    root = tmp_path / "club"
    write_skeleton(root, "my-club", today=TODAY)
    members = pd.concat([pd.read_csv(path) for path in sorted(root.glob("data/members/*.csv"))])
    gone = pd.read_csv(root / "data/departures.csv")
    data = members.drop(columns=["gender"]).rename(columns={"member_id": "entity"})
    left = set(zip(gone.member_id, gone.left_on.str[:7], strict=True))
    data["outcome"] = [int(key in left) for key in zip(data.entity, data.as_of.str[:7], strict=True)]
    data["weight"] = 1.0
    model = load(root / "my_club/model.py").train(data, {"C": 1.0}, seed=7)
    chances = model.predict_proba(data.drop(columns=["outcome", "weight", "entity", "as_of"]))[:, 1]
    assert chances[data.outcome == 1].mean() > 1.5 * chances[data.outcome == 0].mean()


LOOK = """
import json, sys
import copml.spec as door
watched = ["duckdb", "numpy", "pandas", "pyarrow", "pydantic", "ruamel.yaml", "sklearn", "sqlalchemy"]
loaded = lambda: [name for name in watched if name in sys.modules]
first, names = loaded(), sorted(name for name in door._NAMES if name != "infer_project")
things = [getattr(door, name) for name in names]
same = all(getattr(door, name) is thing for name, thing in zip(names, things))
print(json.dumps([first, loaded(), sorted(door._NAMES), same]))
"""


class Tables:
    """What `build` is given, in its simplest form."""

    def __init__(self, rows: Any) -> None:
        self.rows = rows

    def latest(self, source: str) -> Any:
        assert source == "people"
        return self.rows


def test_a_project_from_a_table_keeps_the_answer_out_of_the_features(tmp_path: Path) -> None:
    pd = pytest.importorskip("pandas")
    (tmp_path / "people.csv").write_text(TABLE)
    write_skeleton(tmp_path / "new", "new-one", today=TODAY, sample=tmp_path / "people.csv")
    with pytest.raises(ProjectInvalid) as caught:
        parse((tmp_path / "new/copml.yaml").read_text())
    assert {problem.message for problem in caught.value.problems} == {"this is still open"}
    assert 'path: "../people.csv"' in (tmp_path / "new/copml.yaml").read_text()
    assert not (tmp_path / "new/data").exists()
    row = {"entity": "a", "event_at": 1, "known_at": 1, "monthly fee": 1.5, "Email": "e", "churn": "y"}
    rows = pd.DataFrame([row])
    built = load(tmp_path / "new/new_one/features.py").build(Tables(rows), None)
    assert list(built.columns) == ["entity", "monthly fee"]


@pytest.mark.parametrize(
    "name", ["Telco", "a", "a b", "1abc", "../x", "x" * 64, "", "class", "json", "copml", "pandas", "data"]
)
def test_refuses_names_that_python_could_not_use(tmp_path: Path, name: str) -> None:
    with pytest.raises(NameUnusable, match="telco-churn"):
        write_skeleton(tmp_path, name, today=TODAY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("existing", ["copml.yaml", "my_club/model.py", "data/calls.csv"])
def test_overwrites_nothing(tmp_path: Path, existing: str) -> None:
    (tmp_path / existing).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / existing).write_text("mine")
    with pytest.raises(FileInTheWay, match="not overwritten"):
        write_skeleton(tmp_path, "my-club", today=TODAY)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / existing]
    assert (tmp_path / existing).read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnwritable, match="choose another folder"):
        write_skeleton(tmp_path / "file" / "inside", "my-club", today=TODAY)


def test_a_bad_table_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(SampleUnusable, match="it is empty"):
        write_skeleton(tmp_path / "new", "my-club", today=TODAY, sample=tmp_path / "empty.csv")
    assert not (tmp_path / "new").exists()


def test_the_door_is_light() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    loaded_first, loaded_later, names, same = json.loads(done.stdout)
    assert loaded_first == []
    assert loaded_later == ["pydantic", "ruamel.yaml"]
    assert len(names) <= 10
    assert same
