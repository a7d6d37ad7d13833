"""How models are kept: one small protocol, one file for each way.

Invariant: every format gives back what was kept, bit for bit, or an error; only one of them can run code when it is
read, and that one asks for a child process and a signature. Formats are found by the name in `model.json`.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from copml.errors import LibraryMissing, ModelUnreadable
from copml.records import Digest

SKOPS, ONNX, PICKLE = "skops", "onnx", "pickle"
_FILES = {SKOPS: "skops_file", ONNX: "onnx_file", PICKLE: "pickle_file"}


class Format(Protocol):
    """A way to keep a model in a folder."""

    FILE: str
    """The name of its file."""
    digest: Callable[[Any], Digest]
    """What was learnt, the same for the same fit."""
    write: Callable[[Any, Path], dict[str, str]]
    """Write a model into a folder; returns the libraries that it needs, with their releases."""
    read: Callable[[Path, Digest | None], Any]
    """The model in a folder. The digest is that of its file in a signed manifest, where there is one."""
    read_file: Callable[[Path], Any]
    """The model in a file from elsewhere, whose safety the caller has looked at."""


def format_named(name: str) -> Format:
    """A format by its name.

    Raises:
        ModelUnreadable: when there is none of that name.
        LibraryMissing: when the library that reads it is not installed.
    """
    if name not in _FILES:
        raise ModelUnreadable(f"its format is {name!r}, and this copml reads {', '.join(_FILES)}")
    try:
        return import_module(f"{__name__}.{_FILES[name]}")
    except ModuleNotFoundError as error:
        raise LibraryMissing(str(error.name)) from error


def formats_of(model: Any, *, pickle: bool) -> list[str]:
    """The formats that could keep a model, the first that can is to be taken."""
    module = type(model).__module__.partition(".")[0]
    if module == "onnx":
        return [ONNX]
    return [SKOPS, PICKLE] if pickle else [SKOPS]
