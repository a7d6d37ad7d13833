"""A package of another name that loads and predicts as copml does, for places where copml is not installed.

Invariant: the package is copml's own code, file by file, with nothing changed but where it imports from. Where it goes
is for `exporting`.
"""

import inspect
from importlib import resources
from pathlib import Path

from copml import errors
from copml.models.trusted import TRUSTED
from copml.records import ProblemKind

FILES = ("answers", "columns", "content", "encoding", "linear", "runtimes", "standalone", "trusted")
"""The files of this room that loading and predicting take."""
ERRORS = (
    errors.CopmlError,
    errors.FeatureKindWrong,
    errors.ModelAltered,
    errors.ModelColumnsMissing,
    errors.ModelLibraryDiffers,
    errors.ModelUnreadable,
    errors.ModelUntrusted,
    errors.ModelUnusable,
)
_DOOR = '''"""Loads the model beside it and predicts with it, without copml, whose export wrote it."""

from pathlib import Path

from copml.models.standalone import StandaloneModel, load_standalone


def _load_pyfunc(path: str) -> StandaloneModel:
    """What MLflow calls to load the model in a folder."""
    return load_standalone(Path(path))
'''
_ERRORS = '"""What loading and predicting raise."""\n\nfrom typing import ClassVar\n\n\n'
_RECORDS = '"""Types of values."""\n\nfrom enum import StrEnum\n\nDigest = str\n"""Hexadecimal SHA-256."""\n\n\n'


def standalone_package(name: str) -> dict[str, str]:
    """The text of each file of the package, by file name."""
    texts = {f"{file}.py": _source(file) for file in FILES}
    texts["errors.py"] = _ERRORS + "\n\n".join(inspect.getsource(error) for error in ERRORS)
    texts["records.py"] = _RECORDS + inspect.getsource(ProblemKind)
    texts["__init__.py"] = _DOOR
    return {file: _renamed(text, name) for file, text in sorted(texts.items())}


def types_to_trust(path: Path) -> tuple[str, ...]:
    """The types in a skops file that whoever loads it must name as trusted, all of them ours, sorted."""
    import skops.io

    return tuple(sorted(set(skops.io.get_untrusted_types(file=path)) & set(TRUSTED)))


def _source(file: str) -> str:
    return resources.files("copml.models").joinpath(f"{file}.py").read_text(encoding="utf-8")


def _renamed(text: str, name: str) -> str:
    """The same text in a package of that name: `copml.models.x` and `copml.x` are both `name.x` there."""
    return text.replace("from copml.models.", f"from {name}.").replace("from copml.", f"from {name}.")
