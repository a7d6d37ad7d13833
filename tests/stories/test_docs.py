"""The README and the pages of the docs, typed in as they stand (`tests/pages.py` says how); then every Python example,
in the workspace that the tutorial left.
"""

import sys
from pathlib import Path

import pytest
from tests.pages import DOCS, ROOT, blocks, run, typed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("tutorial")
    return folder / "sports-club", typed(DOCS / "tutorial" / "churn.md", folder)


def test_the_readme_works_as_it_stands(tmp_path: Path) -> None:
    told = typed(ROOT / "README.md", tmp_path)
    assert "revision r1 is active" in told
    assert "v1 is approved" in told
    assert next((tmp_path / "sports-club" / ".copml" / "reports").glob("*.html")).stat().st_size > 10_000


def test_the_tutorial_works_as_it_stands(tutorial: tuple[Path, str]) -> None:
    folder, told = tutorial
    assert "version v1 waits for approval" in told
    assert "rows in quarantine: left_on" in told
    assert "revision r2 is proposed" in told
    assert "roc_auc" in told.partition("model=boosted trees")[2].partition("next:")[0]
    assert "serving: batch, chosen by club-manager@example.org" in told
    assert (folder / "explored.html").is_file()
    assert (folder / "backtest.html").is_file()
    assert (folder.parent / "short" / "report.html").is_file()


EXAMPLES = [path for path in sorted(DOCS.glob("*/*.md")) if blocks(path, "python")]


@pytest.mark.parametrize("document", EXAMPLES, ids=lambda path: path.stem)
def test_python_examples_work_in_the_workspace_of_the_tutorial(document: Path, tutorial: tuple[Path, str]) -> None:
    for body in blocks(document, "python"):
        run([sys.executable, "-c", body], tutorial[0])


def test_the_recipe_for_ci_tells_what_a_change_does_to_the_verdicts(tmp_path: Path) -> None:
    told = typed(DOCS / "how-to" / "review-a-change-in-ci.md", tmp_path)
    assert "### sports-club: no verdict changed" in told
    assert "nothing would change against revision r1" in told
    _, _, changed = told.rpartition("a reviewer has to agree")
    assert "| AD-1 |" in changed.partition("<details>")[0]
    assert "training.gates" in changed


COMING_FROM = {
    "cron-and-joblib": ("members to call", "rank correlation"),
    "mlflow": ("trials", "v1"),
    "evidently": ("covariate shift (model)", "fee changed", "months: "),
    "sagemaker": ("copml.yaml is right", "rank correlation"),
}


@pytest.mark.parametrize(("page", "words"), COMING_FROM.items(), ids=COMING_FROM)
def test_who_comes_from_another_tool_gets_there_as_the_page_says(
    page: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    told = typed(DOCS / "coming-from" / f"{page}.md", tmp_path)
    assert [word for word in words if word not in told] == []
    assert "v1 is approved" in told


def test_every_page_of_coming_from_is_typed() -> None:
    assert {path.stem for path in (DOCS / "coming-from").glob("*.md")} == set(COMING_FROM)
