"""Tell what a model file is by what is in it, whatever it is called.

Invariant: nothing of the file is run, built or unpacked to a disk; what it would unpack to is known before it is. What
cannot be told apart is no model.
"""

import bz2
import gzip
import json
import lzma
import stat
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from copml.errors import ModelFileRefused, ModelUnreadable
from copml.models.archives import RATIO_BYTES_MIN, RATIO_MAX, UNPACKED_BYTES_MAX, check_zip
from copml.models.foreign.mlflow import mlflow_model
from copml.models.foreign.pickles import Contents, contents
from copml.models.formats import format_named

SKOPS, ONNX, JOBLIB, PICKLE, XGBOOST, LIGHTGBM = "skops", "onnx", "joblib", "pickle", "xgboost", "lightgbm"
PICKLES = (JOBLIB, PICKLE)
SUFFIXES = {
    SKOPS: (".skops",),
    ONNX: (".onnx",),
    JOBLIB: (".joblib", ".pkl", ".pickle", ".gz", ".z", ".bz2", ".xz", ".lzma"),
    PICKLE: (".pkl", ".pickle", ".joblib", ".sav", ".p"),
    XGBOOST: (".json", ".ubj", ".xgb", ".model"),
    LIGHTGBM: (".txt", ".lgb", ".model"),
}
_HEAD_BYTES = 64
_LIBRARY_NAMES = {"sklearn": "scikit-learn"}
_NOT_A_LIBRARY = ("numpy", "scipy", "joblib", "builtins", "copyreg", "collections", "pandas", "_codecs", "functools")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A model file.

    `path`: the file itself, within an MLflow folder too. `library`: what made it, with its release where it says so.
    `inputs`: the columns that it takes, if it says. `imports`: what a pickle would import. `warnings`: for people.
    """

    path: Path
    format: str
    library: str
    inputs: tuple[str, ...] | None = None
    imports: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def is_pickle(self) -> bool:
        """Whether opening it runs code that is in it."""
        return self.format in PICKLES


def find(path: Path) -> Found:
    """What a file, or the folder of an MLflow model, is; raises as `inspect`."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise ModelUnreadable(f"{path}: {error.strerror or error}") from error
    if stat.S_ISDIR(mode):
        inner = mlflow_model(path)
        found = find(inner.file)
        return replace(
            found,
            library=inner.library or found.library,
            inputs=inner.inputs or found.inputs,
            warnings=(*inner.warnings, *found.warnings),
        )
    if not stat.S_ISREG(mode):
        raise ModelFileRefused(path.name, "it is a device, a pipe or a socket")
    try:
        found = _found(path)
    except OSError as error:
        raise ModelUnreadable(f"{path.name}: {error}") from error
    return replace(found, warnings=(*_oddities(path, found.format), *found.warnings))


def _oddities(path: Path, kind: str) -> list[str]:
    said = [f"{path.name} is a link to {path.resolve()}"] if path.is_symlink() else []
    if path.suffix.lower() not in SUFFIXES[kind]:
        said.append(f"{path.name} is called {path.suffix or 'without a suffix'} and is {kind}")
    return said


def _found(path: Path) -> Found:
    size = path.stat().st_size
    if size == 0:
        raise ModelUnreadable(f"{path.name} is empty")
    if size > UNPACKED_BYTES_MAX:
        raise ModelFileRefused(path.name, f"it has {size >> 20} MB, and {UNPACKED_BYTES_MAX >> 20} MB are read at most")
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    for magic, look in _LOOKS.items():
        if head.startswith(magic):
            return look(path)
    if (old := _old_pickle(path)) is not None:
        return old
    raise ModelUnreadable(
        f"{path.name} is neither skops, ONNX, a pickle, joblib, nor a model of XGBoost or LightGBM; "
        f"it begins with {head[:16]!r}"
    )


def _zip(path: Path) -> Found:
    try:
        check_zip(path)
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            schema = archive.read("schema.json") if "schema.json" in names else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ModelUnreadable(f"{path.name}: {error}") from error
    if schema:
        return _skops(path, schema)
    if any(name.endswith("data.pkl") for name in names):
        raise ModelFileRefused(path.name, "it is a file of torch.save, which is a pickle; export the module to ONNX")
    raise ModelUnreadable(f"{path.name} is a zip file without a model; it holds {', '.join(names[:3])}")


def _skops(path: Path, schema: bytes) -> Found:
    try:
        modules = {part for part in _modules(json.loads(schema)) if part not in _NOT_A_LIBRARY}
    except (ValueError, RecursionError) as error:
        raise ModelUnreadable(f"{path.name}: its schema cannot be read") from error
    return Found(path=path, format=SKOPS, library=_libraries(modules))


def _modules(schema: object) -> set[str]:
    found, waiting = set(), [schema]
    while waiting:
        match waiting.pop():
            case dict() as item:
                if isinstance(name := item.get("__module__"), str):
                    found.add(name.partition(".")[0])
                waiting += item.values()
            case list() as items:
                waiting += items
    return found


def _pickle(path: Path) -> Found:
    with path.open("rb") as file:
        return _of_pickle(path, contents(file, path.name, path.stat().st_size, is_packed=False), is_packed=False)


def _old_pickle(path: Path) -> Found | None:
    """A pickle of the first protocols, which begins with no mark; None if it is none."""
    try:
        found = _pickle(path)
    except ModelUnreadable:
        return None
    return found if found.imports else None


def _compressed(opening: Callable[[Path, Any], Any]) -> Callable[[Path], Found]:
    def look(path: Path) -> Found:
        limit = min(UNPACKED_BYTES_MAX, max(RATIO_BYTES_MIN, RATIO_MAX * path.stat().st_size))
        try:
            with closing(opening(path, "rb")) as stream:
                return _of_pickle(path, contents(stream, path.name, limit, is_packed=True), is_packed=True)
        except (OSError, EOFError, lzma.LZMAError, zlib.error, ValueError) as error:
            raise ModelUnreadable(f"{path.name}: {error}") from error

    return look


def _of_pickle(path: Path, found: Contents, *, is_packed: bool) -> Found:
    is_joblib = is_packed or any(name.startswith("joblib.") for name in found.imports)
    modules = {name.partition(".")[0] for name in found.imports} - set(_NOT_A_LIBRARY)
    library = _libraries(modules)
    if found.sklearn:
        library = library.replace("scikit-learn", f"scikit-learn {found.sklearn}")
    warning = (
        f"{path.name} is a pickle: opening it runs whatever it says; it imports {', '.join(found.imports) or 'nothing'}"
    )
    return Found(
        path=path,
        format=JOBLIB if is_joblib else PICKLE,
        library=library,
        imports=tuple(found.imports),
        warnings=(warning,),
    )


def _libraries(modules: set[str]) -> str:
    return ", ".join(sorted(_LIBRARY_NAMES.get(name, name) for name in modules))


def _zlib(path: Path, mode: str) -> Any:
    from joblib.compressor import BinaryZlibFile

    return BinaryZlibFile(str(path), mode)


def _lz4(path: Path) -> Found:
    raise ModelUnreadable(f"{path.name} is compressed with lz4, which is not read; dump it with compress=3")


def _onnx(path: Path) -> Found:
    graph = format_named(ONNX).read_file(path)
    weights = {tensor.name for tensor in graph.graph.initializer}
    inputs = tuple(item.name for item in graph.graph.input if item.name not in weights)
    made = " ".join(part for part in (graph.producer_name, graph.producer_version) if part)
    return Found(path=path, format=ONNX, library=made or "onnx", inputs=inputs)


def _json(path: Path) -> Found:
    with path.open("rb") as file:
        if b"learner" not in file.read(1 << 16):
            raise ModelUnreadable(f"{path.name} is JSON, and no model of XGBoost")
    return Found(path=path, format=XGBOOST, library="xgboost")


def _lightgbm(path: Path) -> Found:
    names = None
    with path.open("rb") as file:
        for line in file.read(1 << 20).split(b"\n"):
            if line.startswith(b"feature_names="):
                names = tuple(line.partition(b"=")[2].decode(errors="replace").split())
    return Found(path=path, format=LIGHTGBM, library="lightgbm", inputs=names)


_LOOKS: dict[bytes, Callable[[Path], Found]] = {
    b"PK\x03\x04": _zip,
    b"PK\x05\x06": _zip,
    b"\x80\x02": _pickle,
    b"\x80\x03": _pickle,
    b"\x80\x04": _pickle,
    b"\x80\x05": _pickle,
    b"\x1f\x8b": _compressed(gzip.GzipFile),
    b"BZ": _compressed(bz2.BZ2File),
    b"\xfd7zXZ\x00": _compressed(lzma.LZMAFile),
    b"]\x00": _compressed(lzma.LZMAFile),
    b"\x78": _compressed(_zlib),
    b"\x04\x22\x4d\x18": _lz4,
    b"{": _json,
    b"tree\n": _lightgbm,
    b"\x08": _onnx,
}
"""How a file begins → how it is looked at."""
