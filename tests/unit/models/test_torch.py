"""Modules of torch: kept as the ONNX graph that they are exported to, which must agree with them.

Skipped without torch, which is not among the packages for development: `make peers` runs them where it is.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

torch: Any = pytest.importorskip("torch")

from copml.errors import ModelUnreadable, ModelUnusable  # noqa: E402
from copml.models import load, save  # noqa: E402
from copml.records import ProblemKind  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")  # torch's exporter warns of what torch itself does
ROWS = pa.table({"a": np.random.default_rng(0).normal(size=300), "b": np.arange(300.0) / 100})


def network(outputs: int, *end: Any) -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(8, outputs), *end
    )


def answers(module: Any) -> np.ndarray:
    with torch.no_grad():
        rows = torch.tensor(np.stack([ROWS["a"].to_numpy(), ROWS["b"].to_numpy()], axis=1), dtype=torch.float32)
        return np.asarray(module.eval()(rows).numpy())


@pytest.mark.parametrize(
    ("module", "kind", "classes"),
    [
        (lambda: network(1, torch.nn.Sigmoid()), ProblemKind.BINARY, ()),
        (lambda: network(2, torch.nn.Softmax(1)), ProblemKind.BINARY, ()),
        (lambda: network(3, torch.nn.Softmax(1)), ProblemKind.MULTICLASS, ("x", "y", "z")),
        (lambda: network(1), ProblemKind.REGRESSION, ()),
        (lambda: network(1), ProblemKind.RANKING, ()),
    ],
)
def test_a_module_answers_as_it_does_by_itself(
    module: Any, kind: ProblemKind, classes: tuple[str, ...], tmp_path: Path
) -> None:
    made = module()
    description = save(made, ROWS, tmp_path / "m", kind=kind, classes=classes)
    found, own = load(tmp_path / "m").predict(ROWS), answers(made)
    expected = own if kind is ProblemKind.MULTICLASS else own[:, -1]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert {path.name for path in (tmp_path / "m").iterdir()} == {"model.json", "model.onnx", "weights.pt"}
    assert (description.kept_as, description.libraries.keys()) == ("onnx", {"onnxruntime"})
    weights = torch.load(tmp_path / "m" / "weights.pt", weights_only=True)
    made.load_state_dict(weights)
    assert save(module(), ROWS, tmp_path / "2", kind=kind, classes=classes).content_digest == description.content_digest


def test_a_module_names_its_columns(tmp_path: Path) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Sigmoid())
    module.columns = ["b"]
    save(module, ROWS, tmp_path / "m")
    rows = ROWS.append_column("text", pa.array(["x"] * len(ROWS)))
    save(module, rows, tmp_path / "2")
    assert np.array_equal(load(tmp_path / "m").predict(ROWS), load(tmp_path / "2").predict(rows))


class Branches(torch.nn.Module):  # type: ignore[misc]
    def forward(self, rows: Any) -> Any:
        return torch.sigmoid(rows[:, :1]) if rows.sum() > 0 else torch.zeros(len(rows), 1)


class TwoFaced(torch.nn.Module):  # type: ignore[misc]
    """Answers otherwise while it is exported."""

    def forward(self, rows: Any) -> Any:
        return torch.sigmoid(rows[:, :1]) * (0.5 if torch.compiler.is_compiling() else 1.0)


def test_what_a_graph_cannot_tell_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelUnreadable, match="cannot be exported to ONNX"):
        save(Branches(), ROWS, tmp_path / "m")
    with pytest.raises(ModelUnusable, match="as an ONNX graph it gives other answers, by up to 0"):
        save(TwoFaced(), ROWS, tmp_path / "m")
    with pytest.raises(ModelUnusable, match="which is no probability"):
        save(network(1), ROWS, tmp_path / "m")
    rows = ROWS.append_column("text", pa.array(["x"] * len(ROWS)))
    with pytest.raises(ModelUnusable, match="text is text; encode it"):
        save(torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Sigmoid()), rows, tmp_path / "m")
