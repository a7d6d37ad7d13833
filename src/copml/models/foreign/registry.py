"""Fetch the folder of a model that an MLflow registry or run holds: what a child process is asked to do.

Invariant: files are copied, and nothing of them is opened; which registry it is, MLflow's own settings say
(`MLFLOW_TRACKING_URI`, `MLFLOW_REGISTRY_URI`). The client's telemetry is off.
"""

import os
import re
from pathlib import Path

import msgspec

from copml.errors import LibraryMissing, RegistryRefused

ADDRESS = re.compile(r"(?P<kind>models|runs):/(?P<name>[^/@]+)(?:@[^/]+|/.+)?")
LIBRARY = "mlflow"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """`address`: of the model, such as `models:/churn/3`. `folder`: where its files are put."""

    address: str
    folder: str


def is_address(model: str) -> bool:
    """Whether a model is named by its place in a registry or a run, in place of a path.

    >>> is_address("models:/churn@champion"), is_address("runs:/0a1b/model"), is_address("models/churn.joblib")
    (True, True, False)
    """
    return ADDRESS.fullmatch(model) is not None


def address_name(model: str) -> str:
    """What the model of an address is called there: the registered name, or the last folder of a run.

    >>> address_name("models:/churn@champion"), address_name("runs:/0a1b/income-model")
    ('churn', 'income-model')
    """
    found = ADDRESS.fullmatch(model)
    assert found is not None, "asked of addresses only"
    return found["name"] if found["kind"] == "models" else model.rpartition("/")[2]


def main(argument: object) -> str:
    """Copy the model's files; the folder that holds them.

    Raises:
        LibraryMissing: when MLflow's client is not installed.
        RegistryRefused: when the registry does not give the model, with what it says.
    """
    wanted = msgspec.convert(argument, Wanted)
    os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    try:
        from mlflow.artifacts import download_artifacts
        from mlflow.exceptions import MlflowException
    except ImportError as error:
        raise LibraryMissing(LIBRARY) from error
    try:
        found = Path(download_artifacts(artifact_uri=wanted.address, dst_path=wanted.folder))
    except (MlflowException, OSError) as error:
        told = str(error).strip().splitlines() or [type(error).__name__]
        raise RegistryRefused(wanted.address, told[0]) from error
    return str(found)
