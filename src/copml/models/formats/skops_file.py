"""Estimators and boosters as skops files.

Invariant: reading builds only types of `trusted`, whatever the file says.
"""

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import sklearn
import skops.io

from copml.errors import ModelUnreadable, ModelUntrusted
from copml.models.archives import check_zip
from copml.models.content import content_digest
from copml.models.trusted import LIBRARIES, TRUSTED
from copml.records import Digest
from copml.store import explained

FILE = "model.skops"
digest = content_digest


def write(model: Any, folder: Path) -> dict[str, str]:
    """Write a model; returns the libraries that it is of.

    Raises:
        ModelUnreadable: when it cannot be written as skops.
    """
    try:
        with explained(folder):
            skops.io.dump(model, folder / FILE)
    except (TypeError, ValueError, AttributeError, RecursionError, NotImplementedError) as error:
        raise ModelUnreadable(str(error)) from error
    used = {name.partition(".")[0] for name in skops.io.get_untrusted_types(file=folder / FILE)}
    releases = {name: str(sys.modules[name].__version__) for name in LIBRARIES if name in used}
    return {"scikit-learn": sklearn.__version__} | releases


def read(folder: Path, _: Digest | None = None) -> Any:
    """The model in a folder.

    Raises:
        ModelUntrusted: when the file holds types that copml does not load.
        ModelUnreadable: when it is missing or damaged.
    """
    return _built(folder / FILE)


def read_file(path: Path) -> Any:
    """The model in a skops file from elsewhere.

    Raises:
        ModelFileRefused: when it would unpack to more than a model has, or out of its place.
        ModelUntrusted, ModelUnreadable: as `read`.
    """
    try:
        check_zip(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise ModelUnreadable(f"{path.name}: {error}") from error
    return _built(path)


def _built(path: Path) -> Any:
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
        RecursionError,
    ) as error:
        raise ModelUnreadable(f"{path.name}: {error}") from error
