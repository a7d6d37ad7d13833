"""What the documents show could be typed as it stands: commands, project files, Python, links."""

import ast
import re
import shlex
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from tests.pages import file_of

from copml.cli.commands import app
from copml.spec import parse

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
PROJECT = ROOT / "examples" / "telco_churn" / "copml.yaml"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)")
COMMAND = re.compile(r"(?:^|&& )(copml (?:'[^'\n]*'|[^&#|>\n'])*)", re.MULTILINE)


def blocks(language: str) -> list[Any]:
    return [
        pytest.param(body, id=f"{document.relative_to(ROOT)}-{place}")
        for document in DOCUMENTS
        for place, (name, body) in enumerate(BLOCK.findall(document.read_text(encoding="utf-8")))
        if name == language
    ]


def anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def merged(whole: Any, part: Any, key: str = "") -> Any:
    """A part of a project file laid over a whole one; a source or check takes the place of one of its name."""
    if not (isinstance(whole, dict) and isinstance(part, dict)):
        return part
    if key in ("sources", "checks"):
        return {**whole, **part}
    return {**whole, **{name: merged(whole.get(name), value, name) for name, value in part.items()}}


@pytest.mark.parametrize("body", blocks("sh"))
def test_every_command_shown_is_one_that_there_is(body: str) -> None:
    for line in COMMAND.findall(body):
        app.parse_args(shlex.split(line)[1:], exit_on_error=False, print_error=False)


@pytest.mark.parametrize("body", blocks("yaml"))
def test_every_part_of_a_project_file_shown_is_right(body: str, tmp_path: Path) -> None:
    yaml = YAML(typ="safe")
    whole, part = yaml.load(PROJECT.read_text(encoding="utf-8")), yaml.load(body)
    writer = YAML()
    target = tmp_path / "copml.yaml"
    with target.open("w", encoding="utf-8") as file:
        writer.dump(merged(whole, part), file)
    parse(target.read_bytes())


@pytest.mark.parametrize("body", blocks("python"))
def test_every_name_imported_from_copml_in_an_example_is_there(body: str) -> None:
    for node in ast.walk(ast.parse(body)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "copml":
            assert all(hasattr(import_module(node.module), alias.name) for alias in node.names)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    for path, anchor in LINK.findall(document.read_text(encoding="utf-8")):
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    listed = {path for path, _ in LINK.findall(index)}
    there = {
        str(path.relative_to(ROOT / "docs"))
        for pattern in ("*/*.md", "*/*.ipynb")
        for path in (ROOT / "docs").glob(pattern)
    }
    assert there == listed


def test_the_workflow_gives_the_code_of_a_pull_request_no_token_that_can_write() -> None:
    page = ROOT / "docs" / "how-to" / "review-a-change-in-ci.md"
    workflow = YAML(typ="safe").load(file_of(page, ".github/workflows/copml.yml"))
    review, comment = workflow["jobs"]["review"], workflow["jobs"]["comment"]
    assert workflow["on"] == "pull_request"
    assert review["permissions"] == {"contents": "read"}
    assert review["steps"][0]["with"]["persist-credentials"] is False
    assert [step for step in review["steps"] if "bash ci/review.sh" in step.get("run", "")]
    assert not [
        step for step in comment["steps"] if "checkout" in step.get("uses", "") or "copml" in step.get("run", "")
    ]
    assert file_of(page, "ci/review.sh")
