"""What the verdict on DE-1 says of choices on record."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests import factories

from copml.conformance import Advised, Evidence, RequirementVerdict, check
from copml.records import Choice, Topic

ADVISED = (Advised(topic=Topic.SERVING, answer="batch", in_use=("batch",)), Advised(topic=Topic.REPLICAS, answer="2"))


def verdict(*choices: Choice, advised: tuple[Advised, ...] = ADVISED) -> RequirementVerdict:
    evidence: Evidence = replace(factories.history(5), advised=advised, choices=choices)
    return next(item for item in check(evidence) if item.id == "DE-1")


SERVING, REPLICAS = factories.choice(Topic.SERVING, "batch"), factories.choice(Topic.REPLICAS, "2")


def test_open_topics_are_named_with_the_command_that_closes_them() -> None:
    found = verdict(SERVING)
    assert found.reason == "1 of 2 decisions recorded with reason, figure and alternative; open: replicas."
    assert "`copml advise replicas --decide ANSWER --reason WHY`" in found.next_step


def test_all_choices_are_the_evidence() -> None:
    found = verdict(SERVING, REPLICAS)
    assert found.evidence == ("choice serving-batch", "choice replicas-2")
    assert found.reason.endswith("and the facts have not moved since.")
    assert found.next_step == ""


def test_people_may_choose_otherwise_than_advised() -> None:
    found = verdict(SERVING, replace(REPLICAS, chosen="1"))
    assert found.verdict == "met"
    assert "people chose otherwise than advised on replicas" in found.reason


def test_facts_that_moved_are_told_with_both_answers() -> None:
    found = verdict(SERVING, replace(REPLICAS, advised="1", chosen="1"))
    assert found.verdict == "at risk"
    assert "the facts on replicas have moved: 1 was advised when 1 was chosen, 2 is now" in found.reason
    assert "copml advise replicas" in found.next_step


def test_a_project_file_that_does_otherwise_is_told() -> None:
    found = verdict(replace(SERVING, chosen="realtime"), REPLICAS)
    assert found.verdict == "at risk"
    assert "the project file says batch on serving where realtime was chosen" in found.reason


@pytest.mark.parametrize(
    ("topic", "chosen", "advised", "follows"),
    [
        (Topic.SERVING, "batch", "batch", True),
        (Topic.SERVING, "realtime", "batch", False),
        (Topic.CONTROL_GROUP, "none", "5%", False),
        (Topic.REQUIREMENTS, "none", "AU-11, RI-5", True),
        (Topic.REQUIREMENTS, "RI-5", "AU-11, RI-5", True),
        (Topic.REQUIREMENTS, "RI-5, EF-3", "AU-11, RI-5", False),
        (Topic.REQUIREMENTS, "RI-5", "none", False),
    ],
)
def test_a_choice_follows_the_advice_or_not(topic: Topic, chosen: str, advised: str, *, follows: bool) -> None:
    assert factories.choice(topic, chosen, advised=advised).follows is follows


def test_the_newest_choice_counts() -> None:
    later = replace(REPLICAS, id="later", chosen="2", advised="2", at=REPLICAS.at + timedelta(days=1))
    earlier = replace(REPLICAS, advised="1", chosen="1")
    assert verdict(SERVING, later, earlier).verdict == "met"
