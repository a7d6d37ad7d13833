"""Two people apply project files at the same time: each is judged against what is in force when it is kept."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from copml.app import Workspace, apply_text, init_project, projects, revisions
from copml.errors import RevisionMoved
from copml.records import RevisionState
from copml.spec.variant import varied

pytestmark = pytest.mark.slow
SOMEBODY, ELSE = "science@example.org", "operations@example.org"


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    init_project(tmp_path, "club", None)
    with Workspace.create(tmp_path / "club" / ".copml") as opened:
        apply_text(opened, (tmp_path / "club" / "copml.yaml").read_text(), by=SOMEBODY)
        yield opened


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let something happen once, between reading what is in force and the transaction of the next change."""
    acts, asked = [act], projects._git

    def git(root: Path) -> tuple[str | None, bool]:
        if acts:
            acts.pop()()
        return asked(root)

    monkeypatch.setattr(projects, "_git", git)


def test_of_two_who_saw_the_same_revision_one_is_told(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    text = revisions(workspace, "club")[0].text
    meanwhile(monkeypatch, lambda: apply_text(workspace, f"{text}# else\n", by=ELSE, expected=1))
    with pytest.raises(RevisionMoved, match="r2 is in force"):
        apply_text(workspace, f"{text}# somebody\n", by=SOMEBODY, expected=1)
    assert [item.text for item in revisions(workspace, "club")] == [text, f"{text}# else\n"]


def test_what_somebody_else_made_stricter_meanwhile_is_not_weakened_alone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = revisions(workspace, "club")[0].text
    stricter = varied(text, {("deployment", "objective"): "99%"})
    meanwhile(monkeypatch, lambda: apply_text(workspace, stricter, by=ELSE))
    made = apply_text(workspace, f"{text}# as before\n", by=SOMEBODY)
    assert (made.number, made.state) == (3, RevisionState.PROPOSED)
    assert [item.partition(":")[0] for item in made.weakens] == ["deployment.objective"]
