"""A model as files: `model.skops`, what was learnt, and `model.json`, how to serve it.

Invariant: what cannot be loaded again, bit for bit, is not saved. Loading builds only types of `trusted`, whatever the
file says, and checks that what came out has the content digest it should have.
"""

import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import sklearn
import skops.io

from copml.errors import ModelAltered, ModelLibraryDiffers, ModelUnreadable, ModelUntrusted
from copml.models.columns import kinds
from copml.models.content import content_digest
from copml.models.description import FORMAT, Description
from copml.models.parity import batch_difference, choose
from copml.models.runtimes import RuntimeModel, one_thread, runtimes
from copml.models.trusted import TRUSTED
from copml.records import ProblemKind
from copml.store import explained

MODEL_FILE = "model.skops"
DESCRIPTION_FILE = "model.json"


def save(
    estimator: Any,
    rows: pa.Table,
    folder: Path,
    *,
    kind: ProblemKind = ProblemKind.BINARY,
    classes: tuple[str, ...] = (),
) -> Description:
    """Write a fitted estimator to the folder, which is made.

    `rows` are feature columns, as many rows as there are that it was not trained on: runtimes are compared on them.
    A binary one has the classes 0 and 1, a multiclass one some of `classes`.

    Raises:
        ModelUntrusted: when it holds types that would not load again.
        ModelUnreadable: when it cannot be written as skops, or comes back otherwise than it went.
        DiskFull, WorkspaceReadOnly: when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    digest = content_digest(estimator)
    try:
        with explained(folder):
            skops.io.dump(estimator, folder / MODEL_FILE)
    except (TypeError, ValueError, AttributeError, RecursionError, NotImplementedError) as error:
        raise ModelUnreadable(str(error)) from error
    loaded = _read(folder / MODEL_FILE)
    if (back := content_digest(loaded)) != digest:
        raise ModelUnreadable(f"it comes back from its file with the digest {back[:12]} instead of {digest[:12]}")
    columns = kinds(rows.schema)
    possible = runtimes(one_thread(loaded), columns, kind, classes)
    runtime = choose(possible, rows)
    description = Description(
        runtime=runtime,
        columns=columns,
        content_digest=digest,
        batch_difference=batch_difference(possible[runtime], rows),
        library=sklearn.__version__,
        kind=kind,
        classes=classes,
    )
    description.write(folder / DESCRIPTION_FILE)
    return description


def load(folder: Path) -> RuntimeModel:
    """The model in a folder, served by the runtime that was chosen at training.

    Raises:
        ModelUntrusted: when the file holds types that copml does not load.
        ModelAltered: when what was learnt is not what was saved.
        ModelLibraryDiffers: when another minor release of scikit-learn is installed than it was trained with.
        ModelUnreadable: when a file is missing or damaged.
    """
    description = Description.read(folder / DESCRIPTION_FILE)
    if description.format != FORMAT:
        raise ModelUnreadable(f"{DESCRIPTION_FILE} has the format {description.format}, and this copml reads {FORMAT}")
    if _minor(description.library) != _minor(sklearn.__version__):
        raise ModelLibraryDiffers("scikit-learn", description.library, sklearn.__version__)
    estimator = _read(folder / MODEL_FILE)
    found = content_digest(estimator)
    if found != description.content_digest:
        raise ModelAltered(MODEL_FILE, found, description.content_digest)
    kind, classes = description.kind, description.classes
    possible = runtimes(one_thread(estimator), description.columns, kind, classes)
    if description.runtime not in possible:
        raise ModelUnreadable(f"{DESCRIPTION_FILE} names the runtime {description.runtime!r}, which this model has not")
    return RuntimeModel(possible[description.runtime], tuple(description.columns), kind, classes)


def _read(path: Path) -> Any:
    """The estimator in a skops file."""
    try:
        untrusted = set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED)
        if untrusted:
            raise ModelUntrusted(sorted(untrusted), path.name)
        return skops.io.load(path, trusted=list(TRUSTED))
    except (
        OSError,
        zipfile.BadZipFile,
        json.JSONDecodeError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:
        raise ModelUnreadable(f"{path.name}: {error}") from error


def _minor(release: str) -> str:
    return ".".join(release.split(".")[:2])
