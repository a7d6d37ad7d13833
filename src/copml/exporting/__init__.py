"""Write what other tools read: model folders for MLflow, files of predictions.

Invariant: an export appears whole or not at all; it holds pseudonyms and no value of a personal column. What is
exported is chosen by `app`; nothing here is read back.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.exporting.formats import FORMATS as FORMATS
    from copml.exporting.mlflow import Origin as Origin
    from copml.exporting.mlflow import write_mlflow as write_mlflow
    from copml.exporting.predictions import ExportedPredictions as ExportedPredictions
    from copml.exporting.predictions import PredictionsRequest as PredictionsRequest
    from copml.exporting.predictions import write_predictions as write_predictions

_NAMES = {
    "ExportedPredictions": "predictions",
    "FORMATS": "formats",
    "Origin": "mlflow",
    "PredictionsRequest": "predictions",
    "write_mlflow": "mlflow",
    "write_predictions": "predictions",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
