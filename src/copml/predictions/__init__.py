"""Predictions: their schema, their ids, the bytes that stand for one, and the seal over many.

Invariant: the bytes of a prediction depend on its values alone, not on files, column types or order of columns, so that
a seal outlives compaction and moves; all formats are final and stand in docs/reference/formats.md. Making predictions
is for `scoring`, keeping them for `store`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.predictions.ids import prediction_ids as prediction_ids
    from copml.predictions.leaf import encode as encode
    from copml.predictions.schema import is_recordable as is_recordable
    from copml.predictions.schema import predictions_schema as predictions_schema
    from copml.predictions.seal import merkle_root as merkle_root
    from copml.predictions.seal import merkle_root_unordered as merkle_root_unordered

_NAMES = {
    "encode": "leaf",
    "is_recordable": "schema",
    "merkle_root": "seal",
    "merkle_root_unordered": "seal",
    "prediction_ids": "ids",
    "predictions_schema": "schema",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
