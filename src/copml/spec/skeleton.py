"""A new project on disk: `copml init NAME`, and `copml init NAME --from data.csv`.

Invariant: nothing that exists is overwritten, and nothing is written unless everything can be. Without a table the
project is complete and runs on made-up data; with one, what only people know is left open. The files are templates in
the folder `skeleton`; what a table shows is for `spec.infer`.
"""

import keyword
import re
import sys
from collections.abc import Mapping
from datetime import date
from importlib.resources import files
from pathlib import Path
from string import Template

from copml.errors import FileInTheWay, FolderUnwritable, NameUnusable
from copml.records import ProblemKind
from copml.spec.sample import sample_files

SAMPLE_SEED = 7
GIT_IGNORED = ".copml/\n__pycache__/\n"
_NAME = re.compile(r"^[a-z][a-z0-9-]{1,62}$")
_TAKEN = frozenset({"copml", "data", "duckdb", "numpy", "pandas", "pyarrow", "scipy", "skl2onnx", "sklearn", "tests"})


def write_skeleton(
    folder: Path,
    name: str,
    *,
    today: date,
    sample: Path | None = None,
    remarks: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[Path, ...]:
    """Write a new project into a folder, and return the files written.

    Without `sample` it comes with made-up data that end `today`; with one (a table in a CSV or Parquet file), it is
    inferred from that. `remarks`: what is to be said of columns about persons beside their lines.

    Raises:
        NameUnusable: when the name cannot be that of a project and of its Python package.
        FileInTheWay: when a file that would be written exists.
        FolderUnwritable: when the folder cannot be written.
        SampleUnusable: when nothing can be inferred from the sample.
    """
    refuse_name(name)
    texts = _with_sample_data(name, today) if sample is None else _for_table(name, sample, folder, remarks or {})
    return write_files(folder, texts)


def write_files(folder: Path, texts: Mapping[str, str]) -> tuple[Path, ...]:
    """Write files into a folder, all of them or none; raises as `write_skeleton` does."""
    targets = {folder / path: text for path, text in texts.items()}
    for path in targets:
        if path.exists():
            raise FileInTheWay(str(path))
    for path, text in targets.items():
        _write(path, text)
    return tuple(targets)


def package_name(name: str) -> str:
    """The Python package of a project: `telco_churn` for `telco-churn`."""
    return name.replace("-", "_")


def _with_sample_data(name: str, today: date) -> dict[str, str]:
    package = package_name(name)
    return {
        "copml.yaml": _template("copml.yaml", project=name, package=package),
        **_code(name, _template("features.py")),
        **sample_files(today, seed=SAMPLE_SEED),
    }


def _for_table(name: str, sample: Path, folder: Path, remarks: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    # pyarrow is heavy, and only this way needs it.
    from copml.spec.infer_text import guess_project

    text, source, guesses = guess_project(sample, name, folder=folder, remarks=remarks)
    listed = "[\n" + "".join(f"    {column!r},\n" for column in guesses.left_out) + "]"
    features = _template("features_of_table.py", source=repr(source), left_out=listed)
    model = "model_of_numbers.py" if guesses.kind is ProblemKind.REGRESSION else "model.py"
    return {"copml.yaml": text, **_code(name, features, model)}


def _code(name: str, features: str, model: str = "model.py") -> dict[str, str]:
    package = package_name(name)
    return {
        f"{package}/__init__.py": f'"""The code of {name}: features and model."""\n',
        f"{package}/features.py": features,
        f"{package}/model.py": _template(model),
        ".gitignore": GIT_IGNORED,
    }


def _template(name: str, **values: str) -> str:
    text = files("copml.spec").joinpath("skeleton", f"{name}.template").read_text(encoding="utf-8")
    return Template(text).substitute(values)


def refuse_name(name: str) -> None:
    """See that a name can be that of a project and of its Python package; raises as `write_skeleton` does."""
    package = package_name(name)
    if not _NAME.match(name):
        raise NameUnusable(name, "it must be 2 to 63 lower-case letters, digits and dashes, and start with a letter")
    if keyword.iskeyword(package) or package in sys.stdlib_module_names or package in _TAKEN:
        raise NameUnusable(name, f"`{package}` means something else to Python, and the project's code would hide it")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise FileInTheWay(str(path)) from error
    except OSError as error:
        raise FolderUnwritable(str(path.parent), error.strerror or str(error)) from error
