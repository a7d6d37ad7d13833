"""What an export for MLflow carries, and what it says of what it does not."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
import xgboost
from onnx import TensorProto, helper

from copml.errors import VersionNotExportable
from copml.exporting import Origin, write_mlflow
from copml.exporting.mlmodel import Contents, requirements
from copml.models import Description, save, to_frame

ROWS = pa.table({"a": np.arange(100.0), "b": np.arange(100.0) % 7})
VERSION: Any = cast("Any", SimpleNamespace(name="v1"))


def graph() -> Any:
    given = helper.make_tensor_value_info("a", TensorProto.FLOAT, [None, 1])
    answer = helper.make_tensor_value_info("p", TensorProto.FLOAT, [None, 1])
    body = helper.make_graph([helper.make_node("Sigmoid", ["a"], ["p"])], "g", [given], [answer])
    return helper.make_model(body, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)


def booster() -> Any:
    rows = xgboost.DMatrix(to_frame(ROWS), np.arange(100) % 2, nthread=1)
    return xgboost.train({"objective": "binary:logistic", "nthread": 1}, rows, 2)


@pytest.mark.parametrize(("make", "kept"), [(graph, "onnx"), (booster, "a bare booster")])
def test_what_is_no_estimator_is_not_exported_and_says_why(make: Any, kept: str, tmp_path: Path) -> None:
    save(make(), ROWS, tmp_path / "model")
    origin = Origin(ledger="l", environment=None, personal=())
    with pytest.raises(VersionNotExportable, match=f"v1 is kept as {kept}, and estimators of scikit-learn"):
        write_mlflow(VERSION, tmp_path / "model", tmp_path / "out", origin)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_the_requirements_name_the_model_s_library(tmp_path: Path) -> None:
    description = save(xgboost.XGBClassifier(n_estimators=2).fit(to_frame(ROWS), np.arange(100) % 2), ROWS, tmp_path)
    assert isinstance(description, Description)
    contents = Contents(
        version=VERSION,
        description=description,
        loader="l",
        trusted=(),
        size=1,
        python="3.11",
        packages={},
        origin={},
    )
    assert f"xgboost=={xgboost.__version__}" in requirements(contents)
