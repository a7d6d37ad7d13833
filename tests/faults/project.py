"""The project that the fault tests disturb: three months of the churn company with 500 customers.

Keys decide pseudonyms, and with them draws and holdouts; here they are the same in every run, and chosen so that the
first model passes its gates and goes live in the first month.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from copml.keys.files import Purpose, line

MONTHS, CUSTOMERS = 3, 500
KEYS = "2"


def arguments(folder: Path, months: int = MONTHS) -> list[str]:
    """What the command line is told."""
    demo = ["demo", "churn", "--months", str(months), "--customers", str(CUSTOMERS), "--folder", str(folder)]
    return [*demo, "--no-comparison", "--json"]


def command(folder: Path, months: int = MONTHS) -> list[str]:
    return [sys.executable, "-m", "copml", *arguments(folder, months)]


def run(folder: Path, months: int = MONTHS) -> None:
    subprocess.run(command(folder, months), check=True, stdout=subprocess.DEVNULL)


def project(folder: Path) -> Path:
    return folder / "telco_churn"


def workspace(folder: Path) -> Path:
    return project(folder) / ".copml"


def begin(folder: Path) -> None:
    """A project that was applied and has not begun, and a copy of it to begin from again."""
    apply(folder)
    shutil.copytree(folder, _untouched(folder))


def apply(folder: Path) -> None:
    """A project that was applied and has not begun, with the keys that every run has."""
    run(folder, months=0)
    for purpose in Purpose:
        key = hashlib.shake_256(f"{KEYS} {purpose}".encode()).digest(purpose.size)
        (workspace(folder) / "keys" / f"{purpose}.key").write_text(line(purpose, key))


def begin_again(folder: Path) -> Path:
    """The same place again: paths are part of what is recorded."""
    shutil.rmtree(folder)
    shutil.copytree(_untouched(folder), folder)
    return folder


def _untouched(folder: Path) -> Path:
    return folder.with_name("untouched")
