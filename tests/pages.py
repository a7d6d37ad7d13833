"""Pages of the docs as scripts: what a reader would type, in order.

Blocks of `sh` are typed as they stand. A block whose first line names a file after the language, as in
`python today/train.py`, is written to that file. A block of `sh` with another word after it, as in `sh mlflow`, is
typed in the environment of that tool, or left out where there is none. `python` alone is an example, run by itself.

`pip install` and `make` are left out: they are how a test came to run. `copml check` may find a breach on the first
day, which is no fault of the docs.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A shared machine may be slow; what hangs is still found.
SECONDS_MAX = 1800
SHELL = """
set -euo pipefail
make() { :; }
python() { [[ "$*" == *"pip install"* ]] || command python "$@"; }
copml() { command copml "$@" || { status=$?; [[ $1 == check && $status == 3 ]]; }; }
export GIT_AUTHOR_NAME=alice GIT_AUTHOR_EMAIL=alice@club.example
export GIT_COMMITTER_NAME=alice GIT_COMMITTER_EMAIL=alice@club.example
"""


def blocks(document: Path, language: str) -> list[str]:
    """The blocks of a language on a page that are neither files nor another tool's; of `python`, its examples."""
    found = BLOCK.findall(document.read_text(encoding="utf-8"))
    return [body for known, mark, body in found if (known, mark) == (language, "")]


def file_of(document: Path, name: str) -> str:
    """The block of a page that is written to a file."""
    (found,) = [body for _, mark, body in BLOCK.findall(document.read_text()) if mark == name]
    return str(found)


def typed(document: Path, folder: Path, tool: Path | None = None) -> str:
    """Type a page in a folder, and return what was printed; `tool` is the `bin` of the other tool's environment."""
    return shell(script(document, tool), folder)


def shell(lines: str, folder: Path) -> str:
    """Type lines of a page in a folder, and return what was printed."""
    return run(["bash", "-c", SHELL + lines], folder)


def script(document: Path, tool: Path | None = None) -> str:
    """A page as one shell script."""
    return "\n".join(_typed(*block, tool) for block in BLOCK.findall(document.read_text(encoding="utf-8")))


def _typed(language: str, mark: str, body: str, tool: Path | None) -> str:
    if "." in mark:
        path = PurePosixPath(mark)
        return f"mkdir -p {shlex.quote(str(path.parent))}\ncat > {shlex.quote(mark)} <<'END_OF_PAGE'\n{body}END_OF_PAGE"
    if language != "sh" or (mark and tool is None):
        return ""
    return f"(\nPATH={shlex.quote(str(tool))}:$PATH\n{body})" if mark else body


def run(command: list[str], folder: Path) -> str:
    """Run a command with this environment's programs; it must succeed."""
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
