"""What the documents say of the code is true of it."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATH = re.compile(r"`((?:src|docs|tests|examples|benchmarks)/[\w./-]+|CONTRIBUTING\.md|ARCHITECTURE\.md)`")


def test_every_path_that_a_document_names_exists() -> None:
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
    missing = {
        f"{document.name}: {path}"
        for document in documents
        for path in PATH.findall(document.read_text())
        if not (ROOT / path).exists()
    }
    assert not missing


def test_the_readme_is_short_and_the_architecture_fits_on_a_few_pages() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) < 100
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) < 200


def test_every_room_is_on_the_map() -> None:
    named = set(re.findall(r"`(\w+)`", (ROOT / "ARCHITECTURE.md").read_text()))
    rooms = {path.name for path in (ROOT / "src" / "copml").iterdir() if (path / "__init__.py").exists()}
    assert rooms <= named


def test_every_module_opens_with_its_purpose() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "src").rglob("*.py")
        if not path.read_text().lstrip().startswith('"""')
    ]
    assert not silent
