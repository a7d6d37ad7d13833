"""The page of advice: every topic, what was chosen, nothing from another host, nothing unescaped."""

from dataclasses import replace

import pytest
from tests import factories

from copml.advice import Facts, Machine, answered
from copml.records import Choice, Topic
from copml.reporting import advice_page


def page(*choices: Choice, months: int = 15) -> str:
    evidence = replace(factories.history(months), choices=choices)
    facts = Facts(evidence=evidence, machine=Machine(cores=2, memory_mb=8_000))
    return advice_page(evidence, answered(facts))


@pytest.mark.parametrize("topic", Topic)
def test_every_topic_has_its_section(topic: Topic) -> None:
    assert f'<section class="advice" id="{topic}">' in page()


def test_figures_stand_with_their_sources() -> None:
    text = page()
    assert "deployment.objective" in text
    assert "benchmarks/results/scoring.json" in text


def test_what_was_chosen_is_shown_and_escaped() -> None:
    text = page(factories.choice(Topic.SERVING, "batch", reason="<b>because</b>"))
    assert "batch was chosen by retention@telco.example (simulated)" in text
    assert "&lt;b&gt;because" in text
    assert "<b>because" not in text


def test_the_page_is_complete_in_itself() -> None:
    text = page()
    assert "http://" not in text
    assert "https://" not in text
    assert "<script" not in text
    assert "Simulated." in text
