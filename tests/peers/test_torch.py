"""The tests of torch models, in an environment that has torch: it is too heavy for the one that all tests share."""

import subprocess
import venv
from pathlib import Path

import pytest

pytestmark = pytest.mark.peers

ROOT = Path(__file__).parents[2]
TESTS = ["tests/unit/models/test_torch.py", "tests/unit/training/test_kept_models.py"]


@pytest.fixture(scope="module")
def torch_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("torch")
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet"]
    lock = ["--requirement", str(ROOT / "requirements-dev.lock")]
    subprocess.run([*install, "torch==2.13.0", "onnxscript", *lock], check=True)
    subprocess.run([*install, "--no-deps", "--editable", str(ROOT)], check=True)
    return python


def test_torch_models(torch_python: str) -> None:
    run = [torch_python, "-m", "pytest", "-q", "-k", "torch", *TESTS]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "skipped" not in done.stdout.splitlines()[-1], done.stdout[-4000:]
