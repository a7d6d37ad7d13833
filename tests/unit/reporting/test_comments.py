"""Verdicts as Markdown: what changed first, and no text that leaves its cell."""

from tests.factories import history

from copml.conformance import StatedVerdict, check, compare, stated
from copml.records import Verdict
from copml.reporting import changes_markdown, headline_changed, verdicts_markdown


def said(name: str, verdict: Verdict, reason: str = "because") -> StatedVerdict:
    return StatedVerdict(id=name, title=f"title of {name}", verdict=verdict, reason=reason)


def rows(markdown: str) -> list[list[str]]:
    lines = [line for line in markdown.splitlines() if line.startswith("| ") and "---" not in line]
    return [line.strip("| ").split(" | ") for line in lines]


def test_what_got_worse_comes_first_and_what_stayed_is_folded_away() -> None:
    before = [said("AV-1", Verdict.UNPROVEN), said("EF-3", Verdict.MET), said("DE-1", Verdict.MET)]
    after = [said("AV-1", Verdict.MET), said("EF-3", Verdict.BREACHED, "too late"), said("DE-1", Verdict.MET)]
    text = changes_markdown("club", compare(before, after))
    assert text.startswith("### club: 2 verdicts changed: 1 better, 1 worse\n")
    table, _, folded = text.partition("<details>")
    assert [row[0] for row in rows(table)] == ["id", "EF-3", "AV-1"]
    assert rows(table)[1] == ["EF-3", "title of EF-3", "met", "breached", "worse", "too late"]
    assert "1 stayed as they were" in folded
    assert [row[0] for row in rows(folded)] == ["id", "DE-1"]


def test_a_reason_cannot_leave_its_cell() -> None:
    nasty = "a | b\n| EF-3 | all is well |\n\n<!-- <b>bold</b> [click](http://x) `code` ~~gone~~"
    text = changes_markdown("club", compare([said("AV-1", Verdict.MET)], [said("AV-1", Verdict.BREACHED, nasty)]))
    (line,) = [line for line in text.splitlines() if line.startswith("| AV-1")]
    assert "<" not in line
    assert line.replace("\\|", "").count("|") == 7
    assert "\\[click\\](http://x)" in line
    assert "\\~\\~gone" in line


def test_nothing_changed_is_said() -> None:
    same = [said("AV-1", Verdict.MET)]
    assert headline_changed(compare(same, same)) == "no verdict changed"
    assert changes_markdown("club", compare(same, same)).startswith("### club: no verdict changed\n")


def test_all_verdicts_in_one_table() -> None:
    verdicts = check(history(15))
    text = verdicts_markdown("telco", verdicts)
    assert [row[0] for row in rows(text)[1:]] == [item.id for item in verdicts]
    for verdict in {stated(item).verdict for item in verdicts}:
        assert f" {verdict}" in text.splitlines()[0]
