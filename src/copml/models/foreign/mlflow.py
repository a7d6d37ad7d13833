"""The folder of an MLflow model: which file in it is the model.

Invariant: only `MLmodel` and the one file that it names are read, both inside the folder and neither a link; the code
that such a folder may bring is never run.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from copml.errors import ModelFileRefused, ModelUnreadable

DESCRIPTION = "MLmodel"
DESCRIPTION_BYTES_MAX = 1 << 20
_FLAVOURS = (("sklearn", "pickled_model"), ("xgboost", "data"), ("lightgbm", "data"), ("onnx", "data"))
"""The flavours that are read, and where each says what its file is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """The model of a folder."""

    file: Path
    library: str
    inputs: tuple[str, ...] | None
    warnings: tuple[str, ...]


def mlflow_model(folder: Path) -> Inner:
    """The file that holds the model.

    Raises:
        ModelUnreadable: when it is no MLflow model, or one of a flavour that is not read.
        ModelFileRefused: when its file lies outside of the folder or is a link.
    """
    described = _description(folder)
    flavours = described.get("flavors")
    flavours = flavours if isinstance(flavours, Mapping) else {}
    for name, key in _FLAVOURS:
        flavour = flavours.get(name)
        if isinstance(flavour, Mapping) and isinstance(flavour.get(key), str):
            return Inner(
                file=_inside(folder, flavour[key]),
                library=_library(name, flavour),
                inputs=_inputs(described),
                warnings=_warnings(folder, flavours),
            )
    known = ", ".join(str(name) for name in flavours) or "none"
    raise ModelUnreadable(
        f"{folder.name} has the flavours {known}, and {', '.join(name for name, _ in _FLAVOURS)} are read; "
        "a flavour of Python functions is code from elsewhere"
    )


def _description(folder: Path) -> Mapping[str, object]:
    path = folder / DESCRIPTION
    if not path.exists() and not path.is_symlink():
        raise ModelUnreadable(f"{folder.name} is a folder without {DESCRIPTION}; name the model's file itself")
    if path.is_symlink() or not path.is_file():
        raise ModelFileRefused(folder.name, f"its {DESCRIPTION} is a link, or no file")
    if path.stat().st_size > DESCRIPTION_BYTES_MAX:
        raise ModelFileRefused(folder.name, f"its {DESCRIPTION} has {path.stat().st_size >> 10} kB")
    try:
        described = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (YAMLError, ValueError, RecursionError) as error:
        raise ModelUnreadable(f"{DESCRIPTION} of {folder.name} is no YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(described, Mapping):
        raise ModelUnreadable(f"{DESCRIPTION} of {folder.name} describes nothing")
    return described


def _inside(folder: Path, name: str) -> Path:
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts or "\\" in name:
        raise ModelFileRefused(folder.name, f"its file {name!r} lies outside of it")
    path = folder / parts
    steps = [path, *path.parents][: len(parts.parts)]
    if any(step.is_symlink() for step in steps):
        raise ModelFileRefused(folder.name, f"its file {name!r} is a link")
    if path.is_dir():
        raise ModelUnreadable(f"{name!r} of {folder.name} is a folder; name the model's file itself")
    return path


def _library(name: str, flavour: Mapping[str, object]) -> str:
    release = flavour.get("sklearn_version") or flavour.get("xgb_version") or flavour.get("lgb_version")
    called = "scikit-learn" if name == "sklearn" else name
    return f"{called} {release}" if isinstance(release, str) else ""


def _inputs(described: Mapping[str, object]) -> tuple[str, ...] | None:
    signature = described.get("signature")
    text = signature.get("inputs") if isinstance(signature, Mapping) else None
    try:
        columns = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if not isinstance(columns, list) or not all(isinstance(item, Mapping) and "name" in item for item in columns):
        return None
    return tuple(str(item["name"]) for item in columns)


def _warnings(folder: Path, flavours: Mapping[str, object]) -> tuple[str, ...]:
    python = flavours.get("python_function")
    code = python.get("code") if isinstance(python, Mapping) else None
    return (f"{folder.name} brings code of its own ({code}), which is not run",) if code else ()
