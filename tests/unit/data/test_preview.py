"""A project file beside the files that are there."""

from pathlib import Path

import pytest
from tests.commands import done

from copml.app.projects import read_project
from copml.data import doubts


@pytest.fixture
def club(tmp_path: Path) -> Path:
    done(tmp_path, "init", "club")
    return tmp_path / "club" / "copml.yaml"


def test_the_skeleton_leaves_no_doubt(club: Path) -> None:
    assert doubts(read_project(club).project, club.parent) == ()


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("data/departures.csv", "data/departure.csv", "data.sources.departures.path: no file is there yet"),
        (
            "entity: member_id",
            "entity: memberid",
            "entity: its files have no column memberid; did you mean `member_id`?",
        ),
        ("    months:", "    monthz:", "data.checks: no source has a column monthz; did you mean `months`?"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(club: Path, before: str, after: str, says: str) -> None:
    text = club.read_text()
    assert before in text
    club.write_text(text.replace(before, after, 1))
    found = doubts(read_project(club).project, club.parent)
    assert any(says in doubt for doubt in found), found
    assert says.split(";")[0][:40] in " ".join(done(club.parent, "validate").out.split())


def test_a_file_that_cannot_be_read_is_a_doubt_too(club: Path) -> None:
    (club.parent / "data" / "calls.csv").write_text("")
    (doubt,) = doubts(read_project(club).project, club.parent)
    assert doubt.startswith("data.sources.calls: ")
