"""Start-up: what `copml --help` and `import copml` take beside Python itself; the goal is 0.3 s for `copml --help`."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

TITLE = "Start-up, beside Python itself"
UNIT = "starts"
COUNT = 1


def prepare(folder: Path, count: int) -> None:
    """Run each once, so that bytecode and files are where they are every other time."""
    (folder / "count").write_text(str(count))
    for make in CONTESTANTS.values():
        make(folder)()


def _starts(*command: str) -> Callable[[Path], Callable[[], object]]:
    def contestant(folder: Path) -> Callable[[], object]:
        count = int((folder / "count").read_text())
        return lambda: [subprocess.run(command, check=True, capture_output=True) for _ in range(count)]

    return contestant


COPML = str(Path(sys.executable).with_name("copml"))
CONTESTANTS = {
    "python -c pass": _starts(sys.executable, "-c", "pass"),
    "import copml": _starts(sys.executable, "-c", "import copml"),
    "copml --help": _starts(COPML, "--help"),
}
RATIOS = {"copml --help / python -c pass": ("python -c pass", "copml --help")}
