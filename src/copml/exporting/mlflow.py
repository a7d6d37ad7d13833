"""A model version as a folder that MLflow loads, without copml and without MLflow being here.

Invariant: the folder appears whole under its name or not at all; MLflow predicts from it what copml predicts, because
the code in it is copml's own. MLflow's own format of models is an export and never what copml loads.
"""

import json
import platform
import secrets
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML

from copml.digest import digest_of
from copml.errors import ExportExists, VersionNotExportable
from copml.exporting import mlmodel
from copml.exporting.example import input_example
from copml.exporting.mlmodel import CODE_FOLDER, MODEL_FOLDER, Contents
from copml.models import Description, model_family, standalone_package, types_to_trust
from copml.records import Environment, ModelVersion
from copml.store import explained, make_folder, sync_folder, write_bytes

MODEL_FILE = "model.skops"
FILES = ("model.json", MODEL_FILE)
BARE = "Booster"
"""What has no estimator around it that MLflow, or the code that goes with the export, could ask."""
LOADER = "copml_model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a version comes from: the ledger's name, what the training ran in (None: it is not known here)."""

    ledger: str
    environment: Environment | None
    personal: Collection[str]


def write_mlflow(version: ModelVersion, model: Path, output: Path, origin: Origin) -> Path:
    """Write the version, whose files lie in `model`, as a new folder.

    Raises:
        ExportExists: when something of that name is there.
        VersionNotExportable: when the model is no estimator in a skops file.
        DiskFull, WorkspaceReadOnly: when it cannot be written.
    """
    if output.exists():
        raise ExportExists(str(output))
    _check_kept(version, model)
    staged = output.with_name(f".{output.name}.{secrets.token_hex(4)}")
    try:
        _fill(staged, version, model, origin)
        with explained(output):
            staged.rename(output)
        sync_folder(output.parent)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return output


def _check_kept(version: ModelVersion, model: Path) -> None:
    kept = Description.read(model / "model.json").kept_as
    if kept != "skops":
        raise VersionNotExportable(version.name, kept)
    if model_family((model / MODEL_FILE).read_bytes())[0] == BARE:
        raise VersionNotExportable(version.name, "a bare booster")


def _fill(folder: Path, version: ModelVersion, model: Path, origin: Origin) -> None:
    description = Description.read(model / "model.json")
    code = standalone_package(LOADER)
    # Two exports may meet in one process, and Python keeps one module of each name: other code, another name.
    loader = f"{LOADER}_{digest_of(code)[:8]}"
    contents = Contents(
        version=version,
        description=description,
        loader=loader,
        trusted=types_to_trust(model / MODEL_FILE),
        size=sum((model / name).stat().st_size for name in FILES),
        python=origin.environment.python if origin.environment is not None else platform.python_version(),
        packages=origin.environment.packages if origin.environment is not None else {},
        origin=_origin(version, description, origin),
    )
    for name in FILES:
        _write(folder / MODEL_FOLDER / name, (model / name).read_bytes())
    for name, text in standalone_package(loader).items():
        _write(folder / CODE_FOLDER / loader / name, text.encode())
    for name, text in _texts(contents, input_example(description.columns, version.profile, origin.personal)).items():
        _write(folder / name, text.encode())


def _texts(contents: Contents, example: Mapping[str, float | str | None]) -> dict[str, str]:
    lines = mlmodel.requirements(contents)
    return {
        "MLmodel": _yaml(mlmodel.mlmodel(contents)),
        "requirements.txt": "\n".join(["mlflow", *lines]) + "\n",
        "python_env.yaml": _yaml(mlmodel.python_environment(contents)),
        "conda.yaml": _yaml(mlmodel.conda_environment(contents, lines)),
        **{name: json.dumps(value) for name, value in mlmodel.examples(example).items()},
    }


def _origin(version: ModelVersion, description: Description, origin: Origin) -> dict[str, object]:
    return {
        "ledger": origin.ledger,
        "project": version.project,
        "version": version.name,
        "state": version.state.value,
        "run": version.run,
        "revision": version.revision,
        "manifest": version.manifest,
        "content_digest": version.content_digest,
        "kind": description.kind.value,
        "runtime": description.runtime,
        "batch_difference": description.batch_difference,
        "metrics": {name: [seen.value, seen.low, seen.high] for name, seen in sorted(version.metrics.items())},
    }


def _yaml(value: object) -> str:
    text = StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 4096
    yaml.dump(value, text)
    return text.getvalue()


def _write(path: Path, data: bytes) -> None:
    make_folder(path.parent)
    write_bytes(path, data)
