"""A model as files: `model.json`, how to serve it, and what was learnt, in a file of one of the `formats`.

Invariant: what cannot be loaded again, bit for bit, is not saved. What is loaded has the content digest it should have,
or, where reading runs code, the very bytes that were signed.
"""

import platform
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import sklearn

from copml.errors import LibraryMissing, ModelAltered, ModelLibraryDiffers, ModelUnreadable, ModelUntrusted
from copml.models.columns import kinds
from copml.models.description import FORMAT, Description
from copml.models.direct import Direct, Problem
from copml.models.dressed import as_estimator, plain
from copml.models.formats import PICKLE, SKOPS, format_named, formats_of
from copml.models.parity import batch_difference, choose
from copml.models.runtimes import RuntimeModel, one_thread, runtimes
from copml.records import Digest, ProblemKind

DESCRIPTION_FILE = "model.json"
# Children are forked from a process that has loaded this module; the usual format is loaded with it, once for all.
format_named(SKOPS)


def save(
    estimator: Any,
    rows: pa.Table,
    folder: Path,
    *,
    kind: ProblemKind = ProblemKind.BINARY,
    classes: tuple[str, ...] = (),
    pickle: bool = False,
) -> Description:
    """Write a fitted model to the folder, which is made.

    `rows` are feature columns, as many rows as there are that it was not trained on: runtimes are compared on them.
    A binary one has the classes 0 and 1, a multiclass one some of `classes`. `pickle`: whether it may be kept as a
    pickle if there is no other way; in a child process only.

    Raises:
        ModelUntrusted: when it holds types that would not load again.
        ModelUnreadable: when it cannot be written, or comes back otherwise than it went.
        ModelUnusable: when its answers are not those of its kind.
        LibraryMissing: when a library that keeps or serves it is not installed.
        DiskFull, WorkspaceReadOnly: when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns = kinds(rows.schema)
    problem = Problem(kind=kind, classes=classes, columns=tuple(columns))
    dressed = as_estimator(estimator, problem, pickle=pickle)
    kept_as, digest, libraries, loaded = _keep(plain(dressed), folder, pickle=pickle)
    if isinstance(dressed, Direct):
        dressed.keep_beside(folder, rows)
    served = one_thread(as_estimator(loaded, problem, pickle=pickle))
    possible = runtimes(served, columns, kind, classes)
    runtime = choose(possible, rows)
    description = Description(
        runtime=runtime,
        columns=columns,
        content_digest=digest,
        batch_difference=batch_difference(possible[runtime], rows),
        library=libraries.pop("scikit-learn", ""),
        kind=kind,
        classes=classes,
        kept_as=kept_as,
        libraries=libraries,
    )
    description.write(folder / DESCRIPTION_FILE)
    return description


def load(folder: Path, signed: Digest | None = None) -> RuntimeModel:
    """The model in a folder, served by the runtime that was chosen at training.

    `signed`: the digest that a signed manifest states for the file of a model that was kept as a pickle.

    Raises:
        ModelUntrusted: when the file holds types that copml does not load.
        ModelAltered: when what was learnt is not what was saved.
        ModelLibraryDiffers: when another minor release of a library is installed than it was trained with.
        LibraryMissing: when a library that it needs is not installed.
        PickleRefused: for a pickle outside of a child process, or not signed.
        ModelUnreadable, ModelFileRefused: when a file is missing or damaged, or could do harm.
    """
    description = Description.read(folder / DESCRIPTION_FILE)
    if description.format != FORMAT:
        raise ModelUnreadable(f"{DESCRIPTION_FILE} has the format {description.format}, and this copml reads {FORMAT}")
    _check_libraries(description)
    is_pickle = description.kept_as == PICKLE
    form = format_named(description.kept_as)
    model = form.read(folder, signed)
    if not is_pickle and (found := form.digest(model)) != description.content_digest:
        raise ModelAltered(form.FILE, found, description.content_digest)
    kind, classes = description.kind, description.classes
    problem = Problem(kind=kind, classes=classes, columns=tuple(description.columns))
    served = one_thread(as_estimator(model, problem, pickle=is_pickle))
    possible = runtimes(served, description.columns, kind, classes)
    if description.runtime not in possible:
        raise ModelUnreadable(f"{DESCRIPTION_FILE} names the runtime {description.runtime!r}, which this model has not")
    return RuntimeModel(possible[description.runtime], tuple(description.columns), kind, classes)


def _keep(model: Any, folder: Path, *, pickle: bool) -> tuple[str, Digest, dict[str, str], Any]:
    """Write a model in the first format that can keep it: the format, the digest, libraries, and what came back."""
    *others, last = formats_of(model, pickle=pickle)
    for name in others:
        try:
            return _keep_as(name, model, folder)
        except (ModelUntrusted, ModelUnreadable):
            (folder / format_named(name).FILE).unlink(missing_ok=True)
    return _keep_as(last, model, folder)


def _keep_as(name: str, model: Any, folder: Path) -> tuple[str, Digest, dict[str, str], Any]:
    form = format_named(name)
    digest = form.digest(model)
    libraries = form.write(model, folder)
    loaded = form.read(folder, _written(name, folder))
    if (back := form.digest(loaded)) != digest:
        raise ModelUnreadable(f"it comes back from its file with the digest {back[:12]} instead of {digest[:12]}")
    return name, digest, libraries, loaded


def _written(name: str, folder: Path) -> Digest | None:
    """What this process has itself just written needs no signature."""
    if name != PICKLE:
        return None
    from copml.models.formats.pickle_file import pickle_digest

    return pickle_digest(folder)


def _check_libraries(description: Description) -> None:
    trained = {"scikit-learn": description.library} if description.library else {}
    for name, release in (trained | description.libraries).items():
        installed = _installed(name)
        if _minor(release) != _minor(installed):
            raise ModelLibraryDiffers(name, release, installed)


def _installed(library: str) -> str:
    if library == "scikit-learn":
        return str(sklearn.__version__)
    if library == "python":
        return platform.python_version()
    try:
        return str(import_module(library).__version__)
    except ModuleNotFoundError as error:
        raise LibraryMissing(library) from error


def _minor(release: str) -> str:
    return ".".join(release.split(".")[:2])
