"""The pages for people who come from MLflow and Evidently, typed with that tool beside copml.

The tool has an environment of its own; its telemetry is off, as the pages say.
"""

import subprocess
import venv
from importlib.metadata import version
from pathlib import Path

import pytest
from tests.pages import DOCS, typed

pytestmark = pytest.mark.peers

# What is loaded by both sides has the same version on both; Evidently does not import with pandas 3.
SAME = [f"{name}=={version(name)}" for name in ("numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "skops")]
TOOLS = {
    "mlflow": (
        ["mlflow-skinny", "sqlalchemy", "alembic", *SAME],
        ["champion: version", "predictions, all the same"],
    ),
    "evidently": (["evidently", "pandas<3"], ["drifted: fee\n", "Evidently "]),
}


@pytest.mark.parametrize("page", TOOLS)
def test_the_page_works_with_the_tool_beside_it(
    page: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    packages, words = TOOLS[page]
    tool = tmp_path_factory.mktemp(page)
    venv.create(tool, with_pip=True)
    subprocess.run([tool / "bin" / "python", "-m", "pip", "install", "--quiet", *packages], check=True)
    told = typed(DOCS / "coming-from" / f"{page}.md", tmp_path, tool / "bin")
    assert [word for word in words if word not in told] == []
