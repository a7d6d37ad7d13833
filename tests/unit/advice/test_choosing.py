"""What people may choose, and how a choice stands to the advice of then and of now."""

from dataclasses import replace

import pytest
from tests import factories

from copml.advice import answered, chosen
from copml.errors import ChoiceUnknown
from copml.records import Topic

from .scene import facts


@pytest.mark.parametrize(
    ("topic", "text", "kept"),
    [
        (Topic.SERVING, " Realtime ", "realtime"),
        (Topic.REPLICAS, "03", "3"),
        (Topic.ENGINE, "ray", "ray"),
        (Topic.FEATURES, "on-demand", "on-demand"),
        (Topic.RETRAINING, "quarter", "quarter"),
        (Topic.RETRAINING, "never", "never"),
        (Topic.EXPLANATION, "model-agnostic", "model-agnostic"),
        (Topic.REQUIREMENTS, "ri-5, AU-11", "AU-11, RI-5"),
        (Topic.REQUIREMENTS, "RI-5 RI-5", "RI-5"),
        (Topic.REQUIREMENTS, "None", "none"),
        (Topic.CONTROL_GROUP, "5%", "5%"),
        (Topic.CONTROL_GROUP, "0.05", "5%"),
        (Topic.CONTROL_GROUP, "none", "none"),
        (Topic.THRESHOLD, "0.40", "0.4"),
        (Topic.THRESHOLD, "40 %", "0.4"),
        (Topic.THRESHOLD, "1", "1"),
    ],
)
def test_a_choice_is_kept_in_the_words_of_its_topic(topic: Topic, text: str, kept: str) -> None:
    assert chosen(topic, text) == kept
    assert chosen(topic, kept) == kept


@pytest.mark.parametrize(
    ("topic", "text", "options"),
    [
        (Topic.SERVING, "realtme", "batch or realtime"),
        (Topic.SERVING, "", "batch or realtime"),
        (Topic.REPLICAS, "0", "a whole number from 1 to 1000"),
        (Topic.REPLICAS, "1001", "a whole number"),
        (Topic.REPLICAS, "2.5", "a whole number"),
        (Topic.REPLICAS, "9" * 400, "a whole number"),
        (Topic.REPLICAS, "²", "a whole number"),
        (Topic.CONTROL_GROUP, "0%", "a share such as 5%"),
        (Topic.CONTROL_GROUP, "100%", "a share such as 5%"),
        (Topic.CONTROL_GROUP, "nan", "a share such as 5%"),
        (Topic.THRESHOLD, "1.2", "a probability"),
        (Topic.THRESHOLD, "-0.2", "a probability"),
        (Topic.THRESHOLD, "1e9", "a probability"),
        (Topic.REQUIREMENTS, "ZZ-9", "requirements to switch off"),
        (Topic.REQUIREMENTS, ", ,", "requirements to switch off"),
    ],
)
def test_what_is_no_answer_is_refused_with_those_that_are(topic: Topic, text: str, options: str) -> None:
    with pytest.raises(ChoiceUnknown, match=f"on {topic}; give .*{options}"):
        chosen(topic, text)


def test_before_a_choice_nothing_was_chosen() -> None:
    (found,) = answered(facts(15), Topic.SERVING)
    assert (found.choice, found.moved, found.words) == (None, False, "Nothing was chosen yet.")


def test_a_choice_stands_beside_the_advice() -> None:
    made = factories.choice(Topic.SERVING, "batch")
    (found,) = answered(facts(15, choices=(made,)), Topic.SERVING)
    assert found.choice == made
    assert not found.moved
    assert found.words == "batch was chosen by retention@telco.example (simulated) on 1 February 2026: as advised."


def test_facts_that_moved_are_told() -> None:
    made = factories.choice(Topic.REPLICAS, "3", advised="2")
    (found,) = answered(facts(15, choices=(made,)), Topic.REPLICAS)
    assert found.moved
    assert "The advice then was 2. The facts have moved since: the advice is now 1." in found.words


def test_a_choice_is_not_moved_by_being_another_than_advised() -> None:
    made = factories.choice(Topic.SERVING, "realtime", advised="batch")
    (found,) = answered(facts(15, choices=(made,)), Topic.SERVING)
    assert not found.moved
    assert found.words.endswith("The advice then was batch. The project file does otherwise: batch.")


def test_an_answer_that_could_not_be_given_then_has_moved() -> None:
    made = factories.choice(Topic.CONTROL_GROUP, "5%", advised="")
    (found,) = answered(facts(15, choices=(made,)), Topic.CONTROL_GROUP)
    assert found.moved
    assert "The advice then was that it cannot be answered." in found.words


def test_all_topics_are_answered_in_their_order() -> None:
    made = factories.choice(Topic.SERVING, "batch")
    found = answered(replace(facts(15), evidence=facts(15, choices=(made,)).evidence))
    assert [item.advice.topic for item in found] == [*Topic]
    assert [item.choice is not None for item in found] == [True] + [False] * 8
