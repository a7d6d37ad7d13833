"""The reference pages are what the code says, and leave nothing of it out."""

import importlib.util
import inspect
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path

import pytest
from cyclopts import App

from copml import app, errors, records
from copml.app.handle import ProjectHandle
from copml.cli.commands import app as command_line
from copml.spec import REQUIREMENTS
from copml.spec.project import Part
from copml.spec.vocabulary import ANY_MODEL_METRICS, OPERATION_METRICS

DOCS = Path(__file__).parents[2] / "docs"


def pages() -> dict[str, Callable[[], str]]:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Callable[[], str]] = module.PAGES
    return found


PAGES = pages()
ERRORS = [item for item in vars(errors).values() if inspect.isclass(item) and issubclass(item, errors.CopmlError)]
PARTS = Part.__subclasses__()


def text(name: str) -> str:
    return (DOCS / "reference" / name).read_text(encoding="utf-8")


def commands(at: App, path: str = "copml") -> Iterator[tuple[str, App]]:
    for name in at:
        if not name.startswith("-"):
            yield f"{path} {name}", at[name]
            yield from commands(at[name], f"{path} {name}")


COMMANDS = dict(commands(command_line))


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    assert text(name) == PAGES[name](), "run `make docs`"


def test_every_error_has_a_code_of_its_own_with_a_meaning() -> None:
    codes = [item.code for item in ERRORS]
    assert sorted(codes) == sorted(set(codes))
    assert all(inspect.getdoc(item) for item in ERRORS)


@pytest.mark.parametrize("error", ERRORS, ids=lambda item: item.__name__)
def test_every_error_is_documented(error: type[errors.CopmlError]) -> None:
    assert f"| `{error.code}` | {error.__name__} |" in text("errors.md")


@pytest.mark.parametrize("part", PARTS, ids=lambda item: item.__name__)
def test_every_setting_says_what_it_is_for_and_is_documented(part: type[Part]) -> None:
    page = text("project-file.md")
    for name, field in part.model_fields.items():
        assert field.description, f"{part.__name__}.{name}"
        assert f"| `{field.alias or name}` |" in page
        assert field.description in page


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_has_help(command: str) -> None:
    found = COMMANDS[command]
    assert found.help or inspect.getdoc(found.default_command)
    if found.default_command is None:
        return
    for argument in found.assemble_argument_collection(parse_docstring=True):
        assert argument.parameter.help or argument.children, f"{command} {argument.name}"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented(command: str) -> None:
    assert f"## {command}\n" in text("commands.md")


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_every_requirement_is_documented(requirement: str) -> None:
    assert f"### {requirement}: " in text("requirements.md")


@pytest.mark.parametrize("metric", [*ANY_MODEL_METRICS, *OPERATION_METRICS])
def test_every_metric_is_documented(metric: str) -> None:
    assert f"`{metric}`" in text("metrics.md")


@pytest.mark.parametrize("name", vars(app)["_NAMES"])
def test_every_use_case_is_documented(name: str) -> None:
    assert f"`app.{name}" in text("python-api.md")


@pytest.mark.parametrize("name", [name for name in vars(ProjectHandle) if not name.startswith("_")])
def test_everything_that_a_project_can_do_is_documented(name: str) -> None:
    fields = ("workspace", "name")
    assert name in fields or f"`{name}(" in text("python-api.md")


ENUMS: tuple[type[StrEnum], ...] = (records.Role, records.Stage, records.Cause, records.Verdict, records.Action)


@pytest.mark.parametrize("word", sorted({str(item) for enum in ENUMS for item in enum}))
def test_every_word_of_the_vocabulary_is_in_the_glossary(word: str) -> None:
    assert word in text("glossary.md")
