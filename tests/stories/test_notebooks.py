"""The tutorial notebooks, run from the top in a kernel of their own; as committed they hold no outputs."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "docs" / "tutorials").glob("*.ipynb"))
# A shared machine may be slow; what hangs is still found.
SECONDS_MAX = 900
RUN = """
import sys
import nbformat
from nbclient import NotebookClient
path = sys.argv[1]
notebook = nbformat.read(path, as_version=4)
nbformat.validate(notebook)
NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
nbformat.write(notebook, path)
"""


@pytest.mark.slow
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_tutorial_notebook_runs_from_the_top(notebook: Path, tmp_path: Path) -> None:
    pytest.importorskip("nbclient")
    shutil.copy(notebook, tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", RUN, notebook.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    cells = json.loads((tmp_path / notebook.name).read_text())["cells"]
    shown = [output for cell in cells for output in cell.get("outputs", []) if "text/html" in output.get("data", {})]
    assert shown, "results show themselves"


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 2


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_committed_notebook_holds_no_outputs(notebook: Path) -> None:
    cells = json.loads(notebook.read_text())["cells"]
    assert all(
        cell["outputs"] == [] and cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code"
    )
