"""Open model files from elsewhere.

Invariant: a file is opened in a child process only; a pickle only if it is trusted, which is for a person to say.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from copml.errors import ModelFileRefused, PickleNotTrusted
from copml.models.direct import Problem
from copml.models.dressed import as_estimator, load_part
from copml.models.foreign.finding import LIGHTGBM, PICKLE, XGBOOST, Found, find
from copml.models.formats import format_named
from copml.sandbox import in_child, is_offline

ONLINE = (
    "this machine does not let a process leave its network (network namespaces are not allowed here), so what a pickle "
    "runs could reach it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An estimator of the problem, which `save` keeps; what it was, and what people should know."""

    estimator: Any
    found: Found
    warnings: tuple[str, ...]


def open_foreign(path: Path, problem: Problem, *, trust_pickle: bool = False) -> Opened:
    """The model in a file or an MLflow folder.

    `trust_pickle`: a person knows who made it, and accepts that it runs code.

    Raises:
        PickleNotTrusted: for a pickle that nobody trusts, with what it would import.
        ModelFileRefused: when opening it would do harm, or outside of a child process.
        ModelUntrusted: for a skops file with types that are not built from files.
        ModelUnreadable: when it is no model, damaged or empty.
        ModelUnusable: when its inputs or answers are not the problem's.
        LibraryMissing: when the library that reads it is not installed.
    """
    if not in_child():
        raise ModelFileRefused(path.name, "files from elsewhere are opened in a child process only")
    found = find(path)
    if found.is_pickle and not trust_pickle:
        raise PickleNotTrusted(path.name, list(found.imports))
    risks = () if not found.is_pickle or is_offline() else (ONLINE,)
    estimator = as_estimator(_opened(found), problem, pickle=found.is_pickle)
    return Opened(estimator=estimator, found=found, warnings=(*found.warnings, *risks))


def _opened(found: Found) -> Any:
    if found.format in (XGBOOST, LIGHTGBM):
        return load_part("boosters").read_file(found.path, found.format)
    return format_named(PICKLE if found.is_pickle else found.format).read_file(found.path)
