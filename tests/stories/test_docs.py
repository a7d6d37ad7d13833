"""The README and the tutorial, typed in as they stand; then every Python example, in the workspace that they left.

`pip install` and `make` are left out: they are how this test came to run. `copml check` may find a breach on the first
day, which is no fault of the docs.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A shared machine may be slow; what hangs is still found.
SECONDS_MAX = 1800
SHELL = """
set -euo pipefail
make() { :; }
python() { [[ "$*" == *"pip install"* ]] || command python "$@"; }
copml() { command copml "$@" || { status=$?; [[ $1 == check && $status == 3 ]]; }; }
"""


def blocks(document: Path, language: str) -> list[str]:
    return [body for name, body in BLOCK.findall(document.read_text(encoding="utf-8")) if name == language]


def run(command: list[str], folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def typed(document: Path, folder: Path) -> str:
    return run(["bash", "-c", SHELL + "\n".join(blocks(document, "sh"))], folder)


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("tutorial")
    return folder / "sports-club", typed(ROOT / "docs" / "tutorial" / "churn.md", folder)


def test_the_readme_works_as_it_stands(tmp_path: Path) -> None:
    told = typed(ROOT / "README.md", tmp_path)
    assert "revision r1 is active" in told
    assert "v1 is approved" in told
    assert next((tmp_path / "sports-club" / ".copml" / "reports").glob("*.html")).stat().st_size > 10_000


def test_the_tutorial_works_as_it_stands(tutorial: tuple[Path, str]) -> None:
    folder, told = tutorial
    assert "version v1 waits for approval" in told
    assert "rows in quarantine: left_on" in told
    assert "revision r2 is proposed" in told
    assert (folder.parent / "short" / "report.html").is_file()


EXAMPLES = [path for path in sorted((ROOT / "docs").glob("*/*.md")) if blocks(path, "python")]


@pytest.mark.parametrize("document", EXAMPLES, ids=lambda path: path.stem)
def test_python_examples_work_in_the_workspace_of_the_tutorial(document: Path, tutorial: tuple[Path, str]) -> None:
    for body in blocks(document, "python"):
        run([sys.executable, "-c", body], tutorial[0])
