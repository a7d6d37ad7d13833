"""Which kind of model a file holds, read from the names of its types.

Invariant: nothing is built from the file; a name that is not known is `other`, for which no exact method is claimed.
"""

import json
import zipfile
from io import BytesIO
from typing import Any, Literal

from copml.errors import ModelUnreadable

SCHEMA_FILE = "schema.json"
PREDICTORS: dict[str, Literal["linear", "trees"]] = {
    "LogisticRegression": "linear",
    "LogisticRegressionCV": "linear",
    "RidgeClassifier": "linear",
    "SGDClassifier": "linear",
    "LinearRegression": "linear",
    "Ridge": "linear",
    "RidgeCV": "linear",
    "Lasso": "linear",
    "LassoCV": "linear",
    "ElasticNet": "linear",
    "SGDRegressor": "linear",
    "PoissonRegressor": "linear",
    "GammaRegressor": "linear",
    "DecisionTreeClassifier": "trees",
    "ExtraTreeClassifier": "trees",
    "RandomForestClassifier": "trees",
    "ExtraTreesClassifier": "trees",
    "GradientBoostingClassifier": "trees",
    "HistGradientBoostingClassifier": "trees",
    "DecisionTreeRegressor": "trees",
    "ExtraTreeRegressor": "trees",
    "RandomForestRegressor": "trees",
    "ExtraTreesRegressor": "trees",
    "GradientBoostingRegressor": "trees",
    "HistGradientBoostingRegressor": "trees",
}
"""Those whose score before the link is a sum: of weights, or of leaves. A vote or a calibration around one is not."""


def model_family(model: bytes) -> tuple[str, Literal["linear", "trees", "other"]]:
    """The last estimator of a skops file, and its kind.

    Raises:
        ModelUnreadable: when it is no skops file.
    """
    try:
        with zipfile.ZipFile(BytesIO(model)) as file:
            last = _last(json.loads(file.read(SCHEMA_FILE)))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise ModelUnreadable(f"its types cannot be read: {error}") from error
    return last, PREDICTORS.get(last, "other")


def _last(node: dict[str, Any]) -> str:
    """The class of the last step of a pipeline, or of what is none."""
    name = str(node["__class__"])
    if name != "Pipeline":
        return name
    steps = node["content"]["content"]["steps"]["content"]
    return _last(steps[-1]["content"][-1])
