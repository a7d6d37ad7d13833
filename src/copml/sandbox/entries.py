"""Find the function that an entry of the project file names.

Invariant: an entry is resolved in a child only, with the project's root first on the path; a function that cannot be
called as it must be is refused before it is called. Errors that the project's module raises at import are its own, and
pass through.
"""

import difflib
import inspect
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

from copml.errors import EntryInvalid, how_to_install


def load_entry(entry: str, root: Path, parameters: tuple[str, ...] = ()) -> Callable[..., object]:
    """The function behind `module:function`; with `parameters`, it must take that many arguments by position.

    Raises:
        EntryInvalid: when there is no such module or function, it cannot be called so, or its name is taken.
    """
    name, _, function = entry.partition(":")
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    module = _module(entry, name, root)
    found = getattr(module, function, None)
    if not callable(found):
        raise EntryInvalid(entry, _missing(module, function, found))
    if parameters:
        _check_signature(entry, found, parameters)
    return found  # type: ignore[no-any-return]


def _module(entry: str, name: str, root: Path) -> ModuleType:
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            install = how_to_install(str(error.name).partition(".")[0])
            raise EntryInvalid(entry, f"{name} imports {error.name}, which is not installed; {install}") from error
        path = name.replace(".", "/")
        raise EntryInvalid(entry, f"no module {name}; it would be {root / path}.py") from error
    _check_not_hidden(entry, module, root)
    return module


def _check_not_hidden(entry: str, module: ModuleType, root: Path) -> None:
    """A module of an installed package that was already loaded would hide the project's file of the same name."""
    first = module.__name__.partition(".")[0]
    ours = next((path for path in (root / f"{first}.py", root / first / "__init__.py") if path.exists()), None)
    loaded = getattr(sys.modules[first], "__file__", None)
    if ours is not None and loaded is not None and Path(loaded).resolve() != ours.resolve():
        raise EntryInvalid(entry, f"{ours} has the name of an installed module ({loaded}); give it another name")


def _missing(module: ModuleType, function: str, found: object) -> str:
    if found is not None:
        return f"{function} in {module.__name__} is no function but {type(found).__name__}"
    names = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
    close = difflib.get_close_matches(function, names, n=1)
    hint = f"; did you mean {module.__name__}:{close[0]}?" if close else f"; define `def {function}(…)` there"
    return f"module {module.__name__} has no function {function}{hint}"


def _check_signature(entry: str, function: Callable[..., object], parameters: tuple[str, ...]) -> None:
    name = entry.partition(":")[2]
    wanted = f"it is called as {name}({', '.join(parameters)})"
    if inspect.iscoroutinefunction(function):
        raise EntryInvalid(entry, f"it is an async function; {wanted}, so write `def`")
    signature = inspect.signature(function)
    try:
        signature.bind(*parameters)
    except TypeError as error:
        raise EntryInvalid(entry, f"its signature is {name}{signature}, and {wanted}: {error}") from error
