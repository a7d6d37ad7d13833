"""Modules of torch, kept and served as the ONNX graph that they are exported to.

Invariant: what serves agrees with the module on the rows that it was not trained on, or there is no model. Serving
needs no torch. An exported program of torch's own is no alternative: reading one evaluates expressions in it.
"""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxscript  # noqa: F401 - torch's exporter needs it, and says so less clearly
import torch

from copml.errors import ModelUnreadable, ModelUnusable
from copml.models.columns import matching
from copml.models.direct import Direct, Problem, matrix
from copml.models.dressed import onnx_graph
from copml.store import explained

WEIGHTS_FILE = "weights.pt"
# What single precision and another order of summation make of a network of some hundred layers.
DIFFERENCE_MAX = 1e-4
_EXAMPLE_ROWS = 2


def dress(module: Any, problem: Problem) -> Direct:
    """A module that takes a float32 matrix of features (those in its attribute `columns`, else all) as an estimator.

    Raises:
        ModelUnreadable: when it cannot be exported.
        ModelUnusable: when its inputs or answers are not the problem's.
    """
    columns = matching([str(name) for name in getattr(module, "columns", problem.columns)], problem.columns)
    proto = _exported(module.eval(), len(columns))
    proto.metadata_props.add(key="columns", value=json.dumps(columns))
    estimator = onnx_graph.dress(proto, problem)
    estimator.original = _Original(module, columns)
    return estimator


class _Original:
    """The module that a graph was exported from, until both are compared."""

    def __init__(self, module: Any, columns: list[str]) -> None:
        self._module, self._columns = module, columns

    def check(self, answer: Any, rows: Any) -> None:
        """Compare the graph's answers to rows with the module's own.

        Raises:
            ModelUnusable: when they differ by more than rounding.
        """
        with torch.no_grad():
            given = torch.from_numpy(matrix(rows[self._columns], self._module).astype(np.float32))
            own = self._module(given).numpy()
        difference = np.abs(np.asarray(answer).reshape(own.shape) - own).max(initial=0)
        if not difference <= DIFFERENCE_MAX * max(1.0, float(np.abs(own).max(initial=0))):
            reason = (
                f"as an ONNX graph it gives other answers, by up to {difference:.3g}; does its forward branch on data?"
            )
            raise ModelUnusable(type(self._module).__name__, reason)

    def write(self, folder: Path) -> None:
        """Keep the weights for whoever trains on; they are readable without running code."""
        buffer = io.BytesIO()
        torch.save(self._module.state_dict(), buffer)
        buffer.seek(0)
        torch.load(buffer, weights_only=True)
        with explained(folder):
            (folder / WEIGHTS_FILE).write_bytes(buffer.getvalue())


def _exported(module: Any, columns: int) -> Any:
    example = torch.zeros(_EXAMPLE_ROWS, columns)
    try:
        program = torch.onnx.export(
            module, (example,), dynamo=True, dynamic_shapes=({0: torch.export.Dim("rows")},), verbose=False
        )
    except Exception as error:
        first = str(error).strip().splitlines()[:1]
        raise ModelUnreadable(f"{type(module).__name__} cannot be exported to ONNX: {''.join(first)[:300]}") from error
    return program.model_proto
