"""A model is adopted from an MLflow registry: by version, by alias and by run, with MLflow's client beside copml.

The registry is a file of SQLite, made with the same client; its telemetry is off.
"""

import json
import os
import subprocess
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.peers
ROOT = Path(__file__).parents[2]
LOG = """
import mlflow, numpy, pandas
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
rng = numpy.random.default_rng(3)
rows = pandas.DataFrame({"fee": rng.normal(size=400), "visits": rng.normal(size=400)})
left = (rng.random(400) < 1 / (1 + numpy.exp(-3 * rows["fee"]))).astype(int)
rows.assign(left=left, member=[f"m{n}" for n in range(400)]).to_csv("members.csv", index=False)
model = LogisticRegression().fit(rows, left)
with mlflow.start_run() as run:
    logged = mlflow.sklearn.log_model(
        model, name="churn", registered_model_name="churn", signature=infer_signature(rows, left),
        serialization_format="skops",
    )
mlflow.MlflowClient().set_registered_model_alias("churn", "champion", 1)
print(logged.model_uri, run.info.run_id)
"""


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tool")
    venv.create(folder, with_pip=True)
    lock = ROOT / "requirements-dev.lock"
    subprocess.run(
        [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--constraint", lock, f"{ROOT}[mlflow]"],
        check=True,
    )
    return folder / "bin"


@pytest.fixture(scope="module")
def registry(tool: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("registry")
    environment = os.environ | {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
    }
    subprocess.run([tool / "python", "-c", LOG], cwd=folder, env=environment, check=True)
    return folder, environment


@pytest.mark.parametrize("address", ["models:/churn/1", "models:/churn@champion"])
def test_a_model_is_adopted_by_its_address(tool: Path, registry: tuple[Path, dict[str, str]], address: str) -> None:
    folder, environment = registry
    into = folder / address.replace("/", "-")
    done = subprocess.run(
        [tool / "copml", "adopt", address, "--data", "members.csv", "--outcome", "left", "--folder", into, "--json"],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["project"] == "churn"
    assert found["model"]["columns"] == ["fee", "visits"]
    assert found["model"]["figures"]["roc_auc"]["value"] > 0.8
    assert found["model"]["digest"] in (into / "churn" / "copml.yaml").read_text()


def test_a_registry_that_does_not_know_the_model_says_so(tool: Path, registry: tuple[Path, dict[str, str]]) -> None:
    folder, environment = registry
    done = subprocess.run(
        [tool / "copml", "adopt", "models:/gone/7", "--data", "members.csv", "--outcome", "left"],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "COPML-153" in done.stderr
    assert "gone" in done.stderr
    assert not (folder / "gone").exists()
