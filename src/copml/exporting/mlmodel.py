"""The description of an MLflow model folder: flavours, signature, environment (pure).

Invariant: it follows from the version alone, so that the same version gives the same bytes. The layout is that of
MLflow 3; keys that only a tracking server fills are left out.
"""

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from copml.models import NUMBER, Description, output_names
from copml.records import ModelVersion, ProblemKind

LAYOUT = "3.17.2"
"""The release of MLflow that this layout was tried with (`make peers`)."""
PACKAGES = ("numpy", "pandas", "pyarrow", "scikit-learn", "scipy", "skops")
"""What loading and predicting import."""
MODEL_FOLDER, CODE_FOLDER = "model", "code"
EXAMPLE_FILE, SERVING_FILE = "input_example.json", "serving_input_example.json"
_TYPES = {NUMBER: "double"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a model folder is made of. `packages`: releases by name.

    `trusted`: types that whoever loads the estimator must name.
    """

    version: ModelVersion
    description: Description
    loader: str
    trusted: tuple[str, ...]
    size: int
    python: str
    packages: Mapping[str, str]
    origin: Mapping[str, object]


def mlmodel(contents: Contents) -> dict[str, Any]:
    """What stands in the file `MLmodel`."""
    version = contents.version
    return {
        "flavors": {"python_function": _python_function(contents), "sklearn": _sklearn(contents)},
        "metadata": {"copml": dict(contents.origin)},
        "mlflow_version": LAYOUT,
        "model_size_bytes": contents.size,
        "model_uuid": uuid.UUID(hex=version.content_digest[:32]).hex,
        "saved_input_example_info": {
            "artifact_path": EXAMPLE_FILE,
            "serving_input_path": SERVING_FILE,
            "type": "dataframe",
            "pandas_orient": "split",
        },
        "signature": signature(contents.description),
        "utc_time_created": version.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
    }


def signature(description: Description) -> dict[str, str | None]:
    """Named columns in the order of training, numbers as double and texts as string; and what is answered."""
    columns, names = description.columns, output_names(description.kind, description.classes)
    inputs = [{"type": _TYPES.get(kind, "string"), "name": name, "required": True} for name, kind in columns.items()]
    first = "string" if description.kind is ProblemKind.MULTICLASS else "double"
    outputs = [
        {"type": first if place == 0 else "double", "name": name, "required": True} for place, name in enumerate(names)
    ]
    return {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": None}


def examples(example: Mapping[str, float | str | None]) -> dict[str, object]:
    """The example as a data frame, and as a request to a scoring server, by file name."""
    frame = {"columns": list(example), "data": [list(example.values())]}
    return {EXAMPLE_FILE: frame, SERVING_FILE: {"dataframe_split": frame}}


def requirements(contents: Contents) -> list[str]:
    """One line for each package that loading takes, pinned where its release is known."""
    described = contents.description
    known = {name.lower(): release for name, release in contents.packages.items()}
    known |= {"scikit-learn": described.library, **described.libraries}
    return [f"{name}=={known[name]}" if name in known else name for name in (*PACKAGES, *sorted(described.libraries))]


def python_environment(contents: Contents) -> dict[str, Any]:
    """What stands in `python_env.yaml`."""
    return {
        "python": contents.python,
        "build_dependencies": ["pip", "setuptools", "wheel"],
        "dependencies": ["-r requirements.txt"],
    }


def conda_environment(contents: Contents, lines: Collection[str]) -> dict[str, Any]:
    """What stands in `conda.yaml`."""
    return {
        "channels": ["conda-forge"],
        "dependencies": [f"python={contents.python}", "pip", {"pip": ["mlflow", *lines]}],
        "name": "mlflow-env",
    }


def _python_function(contents: Contents) -> dict[str, Any]:
    return {
        "code": CODE_FOLDER,
        "data": MODEL_FOLDER,
        "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
        "loader_module": contents.loader,
        "python_version": contents.python,
    }


def _sklearn(contents: Contents) -> dict[str, Any]:
    """The estimator itself, for `mlflow.sklearn`; its `predict_proba` may differ in the last bits (see `models`)."""
    return {
        "code": CODE_FOLDER,
        "pickled_model": f"{MODEL_FOLDER}/model.skops",
        "serialization_format": "skops",
        "skops_trusted_types": list(contents.trusted),
        "sklearn_version": contents.description.library,
    }
