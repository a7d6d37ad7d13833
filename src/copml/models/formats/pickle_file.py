"""Functions and objects of a project's own, as pickles: the one format that runs code when it is read.

Invariant: a pickle is opened in a child process only, and only if its bytes are those of a signed manifest. What the
project's modules define is in the file itself, so that a model goes on as it was when the code beside it changes.
"""

import hashlib
import platform
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import cloudpickle
import joblib
import sklearn

from copml.errors import ModelAltered, ModelUnreadable, PickleRefused
from copml.models.content import content_digest
from copml.models.trusted import LIBRARIES
from copml.records import Digest
from copml.sandbox import in_child
from copml.store import explained

FILE = "model.pkl"


def digest(model: Any) -> Digest:
    """SHA-256 over what was learnt, and over the project's modules, because a function is its code."""
    state = hashlib.sha256(content_digest(model).encode())
    for module in _own_modules():
        path = Path(str(module.__file__))
        state.update(f"{path.relative_to(Path.cwd())}:{hashlib.sha256(path.read_bytes()).hexdigest()}".encode())
    return Digest(state.hexdigest())


def write(model: Any, folder: Path) -> dict[str, str]:
    """Write a model with the code that the project's modules define; returns what it needs.

    Raises:
        ModelUnreadable: when something in it cannot be pickled.
    """
    modules = _own_modules()
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    try:
        data = cloudpickle.dumps(model)
    except Exception as error:
        raise ModelUnreadable(f"{type(model).__name__} cannot be pickled: {error}") from error
    finally:
        for module in modules:
            cloudpickle.unregister_pickle_by_value(module)
    with explained(folder):
        (folder / FILE).write_bytes(data)
    loaded = [name for name in (*LIBRARIES, "torch") if name in sys.modules]
    releases = {name: str(sys.modules[name].__version__) for name in loaded}
    return {"scikit-learn": sklearn.__version__, "python": platform.python_version()} | releases


def read(folder: Path, signed: Digest | None = None) -> Any:
    """The model in a folder.

    Raises:
        PickleRefused: outside of a child process, or without the digest of a signed manifest.
        ModelAltered: when the file is not the one that was signed.
        ModelUnreadable: when it is missing, or does not open.
    """
    if not in_child():
        raise PickleRefused(FILE, "this process is none")
    if signed is None:
        raise PickleRefused(FILE, "no manifest was checked")
    try:
        data = (folder / FILE).read_bytes()
    except OSError as error:
        raise ModelUnreadable(f"{FILE}: {error}") from error
    if (found := hashlib.sha256(data).hexdigest()) != signed:
        raise ModelAltered(FILE, found, signed)
    try:
        return cloudpickle.loads(data)
    except Exception as error:
        raise ModelUnreadable(f"{FILE}: {type(error).__name__}: {error}") from error


def read_file(path: Path) -> Any:
    """What a pickle or joblib file from elsewhere holds; somebody must have said that it is trusted.

    Raises:
        PickleRefused: outside of a child process.
        ModelUnreadable: when it does not open.
    """
    if not in_child():
        raise PickleRefused(path.name, "this process is none")
    try:
        return joblib.load(path)
    except Exception as error:
        raise ModelUnreadable(f"{path.name}: {type(error).__name__}: {error}") from error


def pickle_digest(folder: Path) -> Digest | None:
    """The digest of the pickle that this process has just written to a folder; None if the model is kept otherwise."""
    path = folder / FILE
    return Digest(hashlib.sha256(path.read_bytes()).hexdigest()) if path.exists() else None


def _own_modules() -> list[ModuleType]:
    """The modules of the project, whose root is the child's folder, that are loaded."""
    root = Path.cwd()
    found = [module for module in list(sys.modules.values()) if _is_own(module, root)]
    return sorted(found, key=lambda module: module.__name__)


def _is_own(module: ModuleType, root: Path) -> bool:
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or not file.endswith(".py") or module.__name__ == "__main__":
        return False
    path = Path(file)
    return path.is_relative_to(root) and "site-packages" not in path.parts and path.is_file()
