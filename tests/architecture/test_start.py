"""What the command line may load before it knows what is asked of it."""

import subprocess
import sys

import pytest

from copml.cli.advise import TOPICS
from copml.records import Topic

HEAVY = (
    "numpy", "pandas", "sklearn", "pyarrow", "duckdb", "deltalake", "sqlalchemy", "alembic", "altair", "vl_convert",
    "skops", "scipy", "cryptography", "pydantic", "ruamel", "rich.table", "jinja2", "msgspec", "mlflow",
    "markdown_it", "copml.records",
    "xgboost", "lightgbm", "onnx", "onnxruntime", "torch", "joblib", "cloudpickle", "apprise", "smtplib",
    "litestar", "granian", "httpx", "argon2", "prometheus_client",
)  # fmt: skip
ROOMS = (
    "accounts", "advice", "api", "app", "cli", "client", "conformance", "data", "exploration", "keys", "ledger",
    "metrics", "models", "monitoring", "notebooks", "notifying", "operations", "predictions", "registry",
    "reporting", "sandbox", "scoring", "spec", "store", "training", "value",
)  # fmt: skip


def loaded_by(code: str) -> list[str]:
    script = f"import sys\n{code}\nprint(*sorted(sys.modules))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    modules = run.stdout.split()
    return [name for name in HEAVY if name in modules]


def test_building_the_command_tree_loads_nothing_heavy() -> None:
    assert loaded_by("import copml.cli.commands") == []


def test_the_topics_of_the_command_are_those_of_the_records() -> None:
    assert list(TOPICS) == [*Topic]


def test_help_is_shown_without_what_would_render_markdown() -> None:
    show = "from contextlib import redirect_stdout, suppress\nimport io\nfrom copml.cli import main\n"
    show += "sys.argv = ['copml', '--help']\nwith redirect_stdout(io.StringIO()), suppress(SystemExit):\n    main()"
    assert loaded_by(show) == ["rich.table"]


@pytest.mark.parametrize("room", ROOMS)
def test_a_door_loads_nothing_heavy(room: str) -> None:
    assert loaded_by(f"import copml.{room}") == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_name_at_a_door_is_also_a_file_behind_it(room: str) -> None:
    """Importing the file would put the module in the place of the name."""
    from importlib import import_module
    from pathlib import Path

    door = import_module(f"copml.{room}")
    files = {path.stem for path in Path(str(door.__file__)).parent.glob("*") if path.suffix in {".py", ""}}
    assert not set(getattr(door, "_NAMES", {})) & files


def test_children_load_the_libraries_of_models_only_where_a_model_is_of_them() -> None:
    loaded = loaded_by("import copml.scoring.child, copml.training.child, copml.models.foreign.keeping")
    assert not {"xgboost", "lightgbm", "onnx", "onnxruntime", "torch"} & set(loaded)
