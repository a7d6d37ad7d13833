"""MLflow loads what copml exports, in an environment of its own without copml, and predicts the same.

Run with MLflow's client (`mlflow-skinny`) and the requirements that the export itself states; its telemetry is off.
"""

import json
import os
import shutil
import subprocess
import venv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.commands import done

pytestmark = pytest.mark.peers

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("COPML_DATA", ROOT.parent / "shared" / "data"))
PREDICT = """
import importlib.util, json, sys
import mlflow, numpy, pandas
folder, rows, out = sys.argv[1:]
assert importlib.util.find_spec("copml") is None
frame = pandas.read_parquet(rows)
model = mlflow.pyfunc.load_model(folder)
found = model.predict(frame)
numpy.save(out, found["probability"].to_numpy())
example = model.metadata.load_input_example(folder)
estimator = mlflow.sklearn.load_model(folder)
own = estimator.predict_proba(frame[list(model.metadata.get_input_schema().input_names())])[:, 1]
refused = ""
try:
    model.predict(frame.drop(columns=["tenure"]))
except Exception as error:
    refused = str(error)
print(json.dumps({
    "columns": list(found.columns),
    "inputs": [[item.name, item.type.name] for item in model.metadata.get_input_schema()],
    "example": model.predict(example)["probability"].tolist(),
    "sklearn": float(numpy.abs(own - found["probability"]).max()),
    "metadata": model.metadata.metadata["copml"],
    "refused": refused,
}))
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The churn project on the public table: 7,043 real customers, some with gaps."""
    tables = sorted((DATA / "telco_churn").glob("*.csv"))
    if not tables:
        pytest.skip(f"the telco table is not in {DATA}; set COPML_DATA")
    folder = tmp_path_factory.mktemp("real")
    done(folder, "demo", "churn", "--data", str(tables[0]), "--folder", "real")
    return folder / "real" / "telco_churn" / ".copml-real"


@pytest.fixture(scope="module")
def exported(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "churn"
    done(folder.parent, "export", "mlflow", "v1", "--output", str(folder), "--workspace", str(workspace))
    return folder


@pytest.fixture(scope="module")
def mlflow_python(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("mlflow")
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    wanted = (exported / "requirements.txt").read_text().split()
    assert wanted[0] == "mlflow"
    subprocess.run([python, "-m", "pip", "install", "--quiet", "mlflow-skinny", *wanted[1:]], check=True)
    return python


def predictions(workspace: Path) -> pa.Table:
    from copml.app import Workspace

    with Workspace.open(workspace) as opened:
        return opened.stages.lake.read("telco-churn-real/predictions", columns=["probability", "input"])


def test_mlflow_predicts_the_same_bits_on_real_rows(
    workspace: Path, exported: Path, mlflow_python: str, tmp_path: Path
) -> None:
    ours = predictions(workspace)
    inputs = ours["input"].combine_chunks()
    names = [field.name for field in inputs.type]
    pq.write_table(pa.table(inputs.flatten(), names=names), tmp_path / "rows.parquet")
    # Somewhere else, as it would arrive there: nothing in the folder names the place it was written to.
    elsewhere = Path(shutil.copytree(exported, tmp_path / "another place" / "model"))
    done = subprocess.run(
        [mlflow_python, "-I", "-c", PREDICT, str(elsewhere), str(tmp_path / "rows.parquet"), str(tmp_path / "out.npy")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    theirs = np.load(tmp_path / "out.npy")
    assert len(theirs) == len(ours) == 7043
    assert theirs.tobytes() == ours["probability"].to_numpy().tobytes()
    assert seen["columns"] == ["probability"]
    assert dict(map(tuple, seen["inputs"]))["tenure"] == "double"
    assert 0 < seen["example"][0] < 1
    # The estimator without copml's summation: equal but for the last bits, as `models.parity` allows at training.
    assert seen["sklearn"] <= 1e-12
    assert "tenure" in seen["refused"]
    assert seen["metadata"]["version"] == "v1"
