"""Other engines read our tables: polars with its own Delta reader, installed in an environment of its own."""

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.peers

READ = """
import json, sys
import polars
folder = sys.argv[1]
table = polars.read_delta(folder)
print(json.dumps({"rows": table.height, "treated": int(table["treat"].sum()), "mean": table["probability"].mean()}))
"""


@pytest.fixture(scope="module")
def polars_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("polars")
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", "polars", "deltalake"], check=True)
    return python


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    command = ["demo", "churn", "--months", "2", "--customers", "1000", "--no-comparison", "--folder", str(folder)]
    subprocess.run([sys.executable, "-m", "copml", *command], check=True)
    return folder / "telco_churn" / ".copml"


def test_polars_reads_the_predictions(polars_python: str, demo: Path) -> None:
    from copml.app import Workspace

    table = demo / "lake" / "telco-churn" / "predictions"
    done = subprocess.run([polars_python, "-c", READ, str(table)], check=True, capture_output=True, text=True)
    seen = json.loads(done.stdout)
    with Workspace.open(demo) as workspace:
        view = workspace["telco-churn"].view()
        assert view is not None
        ours = workspace.stages.lake.read("telco-churn/predictions", columns=["probability"])
    assert seen["rows"] == sum(run.rows for run in view.scoring_runs) == ours.num_rows
    assert seen["treated"] == sum(run.treated for run in view.scoring_runs)
    assert seen["mean"] == pytest.approx(float(ours["probability"].to_numpy().mean()))
