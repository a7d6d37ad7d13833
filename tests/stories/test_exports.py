"""Exports through the command line: what is written, what is left out, what is refused."""

import csv
from pathlib import Path

import pytest
from tests.commands import copml, done, refused

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that scored once."""
    folder = tmp_path_factory.mktemp("exports")
    done(folder, "init", "sports-club")
    project = folder / "sports-club"
    done(project, "apply", "--by", "author@example.org")
    done(project, "run", "all")
    done(project, "approve", "v1", "--by", "club-manager@example.org", "--reason", "better than guessing")
    done(project, "run", "all")
    return project


def test_predictions_with_pseudonyms_only(club: Path, tmp_path: Path) -> None:
    told = done(club, "export", "predictions", "--output", str(tmp_path / "out.csv"), "--json").json
    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    (table,) = sorted((club / ".copml" / "outputs").rglob("*.csv"))
    with table.open() as file:
        identifiers = {row["member_id"] for row in csv.DictReader(file)}
    assert len(rows) == told["rows"] == len(identifiers) > 0
    text = (tmp_path / "out.csv").read_text()
    assert not [name for name in identifiers if f'"{name}"' in text]
    assert {len(row["entity"]) for row in rows} == {32}
    # Nothing has matured on the day of scoring: unknown, and not a no.
    assert {row["outcome"] for row in rows} == {""} or told["outcomes"] > 0


def test_a_choice_of_version_and_time(club: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "out.parquet")
    done(club, "export", "predictions", "--version", "v1", "--format", "parquet", "--output", out)
    assert Path(out).stat().st_size > 0
    assert "COPML-132" in copml(club, "export", "predictions", "--version", "v7", "--output", out).err
    refused(club, "export", "predictions", "--to", "2020-01-01", "--output", out, code="COPML-131")
    done(club, "export", "predictions", "--format", "openml")
    assert (club / "sports-club-predictions.arff").read_text().startswith("@RELATION 'sports-club predictions'")


def test_a_folder_for_mlflow_is_made_once(club: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "model"
    assert "mlflow.pyfunc.load_model" in done(club, "export", "mlflow", "v1", "--output", str(folder)).out
    assert {item.name for item in folder.iterdir()} >= {"MLmodel", "model", "code", "requirements.txt"}
    assert [item.name for item in folder.parent.iterdir()] == ["model"]
    before = (folder / "MLmodel").read_bytes()
    refused(club, "export", "mlflow", "v1", "--output", str(folder), code="COPML-130")
    assert (folder / "MLmodel").read_bytes() == before
    done(club, "export", "mlflow", "v1", "--output", str(tmp_path / "again"))
    assert (tmp_path / "again" / "MLmodel").read_bytes() == before
    refused(club, "export", "mlflow", "v7", "--output", str(tmp_path / "none"), code="COPML-132")
    assert not (tmp_path / "none").exists()


def test_an_altered_model_is_not_exported(club: Path, tmp_path: Path) -> None:
    import shutil

    from copml.app import Workspace
    from copml.registry import read_manifest

    copy = Path(shutil.copytree(club, tmp_path / "club"))
    with Workspace.open(copy / ".copml") as workspace:
        version = workspace["sports-club"].versions()[0]
        stages = workspace.stages
        manifest = read_manifest(version, stages.blobs, stages.keys.verify)
        path = stages.blobs.path(manifest.files[0].digest)
    path.write_bytes(path.read_bytes() + b" ")
    refused(copy, "export", "mlflow", "v1", "--output", str(tmp_path / "out"), code="COPML-052")
    assert not (tmp_path / "out").exists()
