"""Where there is no workspace, or none with a project, a command says what to do."""

from pathlib import Path

from tests.commands import refused

from copml.app import Workspace


def test_a_workspace_above_is_named(tmp_path: Path) -> None:
    Workspace.create(tmp_path / ".copml").close()
    deeper = tmp_path / "data" / "members"
    deeper.mkdir(parents=True)
    assert "`--workspace ../../.copml`" in refused(deeper, "status", code="COPML-001")
    assert "--workspace ../../.copml" in refused(deeper, "ledger", "verify", code="COPML-001")


def test_without_any_workspace_the_ways_to_one_are_named(tmp_path: Path) -> None:
    words = refused(tmp_path, "status", code="COPML-001")
    assert "`copml apply` makes one here" in words
    assert "above" not in words


def test_a_workspace_without_a_project_says_so(tmp_path: Path) -> None:
    Workspace.create(tmp_path / ".copml").close()
    assert "this workspace has no project yet" in refused(tmp_path, "status", code="COPML-005")
