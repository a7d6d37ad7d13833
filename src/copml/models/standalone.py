"""Load and predict where copml is not installed: this file travels with a model that goes elsewhere.

Invariant: it imports nothing of copml but what `models.copying` copies with it; what it predicts is, bit for bit, what
copml predicts.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import sklearn
import skops.io
from threadpoolctl import threadpool_limits

from copml.errors import ModelAltered, ModelLibraryDiffers, ModelUntrusted
from copml.models.columns import TEXT, arrow
from copml.models.content import content_digest
from copml.models.runtimes import RuntimeModel, one_thread, runtimes
from copml.models.trusted import TRUSTED
from copml.records import ProblemKind

PROBABILITY, PREDICTION = "probability", "prediction"


class StandaloneModel:
    """A loaded model, as MLflow's python_function flavour wants one."""

    def __init__(self, model: RuntimeModel, columns: Mapping[str, str]) -> None:
        self._model, self._columns = model, dict(columns)

    def predict(self, model_input: pd.DataFrame, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """The columns of `output_names`, a row for each given, in their order and with their index.

        `params` are ignored.

        Raises:
            ModelColumnsMissing: when a column that it was trained on is not there.
        """
        table = arrow(model_input, tuple(self._columns))
        fields = [pa.field(name, pa.string() if kind == TEXT else pa.float64()) for name, kind in self._columns.items()]
        # As in copml's children: with more threads, sums are taken in another order from run to run.
        with threadpool_limits(1):
            answer = self._model.predict(table.cast(pa.schema(fields), safe=False))
        names = output_names(self._model.kind, self._model.classes)
        if self._model.kind is not ProblemKind.MULTICLASS:
            return pd.DataFrame({names[0]: answer}, index=model_input.index)
        named = np.array(self._model.classes, dtype=object)[answer.argmax(axis=1)]
        each = dict(zip(names[1:], answer.T, strict=True))
        return pd.DataFrame({names[0]: named, **each}, index=model_input.index)


def output_names(kind: ProblemKind, classes: Sequence[str]) -> tuple[str, ...]:
    """What is answered: `probability` of a yes; `prediction`, a number, a score or a class; of each class its own."""
    if kind is ProblemKind.BINARY:
        return (PROBABILITY,)
    return (PREDICTION, *(f"{PROBABILITY} of {name}" for name in classes))


def load_standalone(folder: Path) -> StandaloneModel:
    """The model in a folder, served by the runtime that was chosen at training.

    Raises:
        ModelUntrusted: when the file holds types that are not loaded.
        ModelAltered: when what was learnt is not what was saved.
        ModelLibraryDiffers: when another minor release of scikit-learn is installed than it was trained with.
    """
    described = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    columns, classes = dict(described["columns"]), tuple(described.get("classes", ()))
    kind = ProblemKind(described.get("kind", ProblemKind.BINARY))
    trained, installed = described["library"], sklearn.__version__
    if trained.split(".")[:2] != installed.split(".")[:2]:
        raise ModelLibraryDiffers("scikit-learn", trained, installed)
    path = folder / "model.skops"
    if untrusted := sorted(set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED)):
        raise ModelUntrusted(untrusted, path.name)
    estimator = skops.io.load(path, trusted=list(TRUSTED))
    if (found := content_digest(estimator)) != described["content_digest"]:
        raise ModelAltered(path.name, found, described["content_digest"])
    predict = runtimes(one_thread(estimator), columns, kind, classes)[described["runtime"]]
    return StandaloneModel(RuntimeModel(predict, tuple(columns), kind, classes), columns)
