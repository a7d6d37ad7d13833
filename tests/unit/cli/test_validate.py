"""What `copml validate` says of the control group: what it can show, beside what is asked for."""

from pathlib import Path

from tests.commands import done


def test_the_smallest_change_that_shows_is_told_beside_the_one_asked_for(tmp_path: Path) -> None:
    done(tmp_path, "init", "sports-club")
    club = tmp_path / "sports-club"
    said = " ".join(done(club, "validate", "--population", "800").out.split())
    assert "a control group of 20% shows in four cases of five: one of 4.4 points or more among 800 entities" in said
    assert "(asked for: 1.0 points, from 6.0% to 5.0%)" in said
    few = " ".join(done(club, "validate", "--population", "20").out.split())
    assert "none at all among 20 entities" in few
