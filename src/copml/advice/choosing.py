"""What people chose, beside what is advised.

Invariant: a choice is in the words of its topic, or refused with those words; it may differ from the advice, because
people decide. A choice is compared with the advice of its own day, not with itself.
"""

import re

from copml.advice.answers import Advice, Answered
from copml.advice.control import percent
from copml.advice.facts import Facts
from copml.advice.requirements import NONE, joined
from copml.advice.topics import TOPICS, topics_of
from copml.conformance import Evidence
from copml.conformance.words import day
from copml.errors import ChoiceUnknown, TopicElsewhere
from copml.records import Choice, Topic
from copml.spec import REQUIREMENTS

REPLICAS_MAX = 1000


def answered(facts: Facts, topic: Topic | None = None) -> tuple[Answered, ...]:
    """Advice on one topic or on all, each beside what was chosen.

    Raises:
        TopicElsewhere: when the topic is decided where the model runs.
    """
    known = topics_of(facts.evidence.project)
    if topic is not None and topic not in known:
        raise TopicElsewhere(topic, [*known])
    wanted = [topic] if topic is not None else [*known]
    return tuple(_answered(facts.evidence, TOPICS[item].answer(facts)) for item in wanted)


def chosen(topic: Topic, text: str) -> str:
    """A choice in the words of its topic.

    Raises:
        ChoiceUnknown: when it is none of them.
    """
    found = _PARSERS[topic](text.strip()) if topic in _PARSERS else _option(topic, text.strip().lower())
    if found is None:
        raise ChoiceUnknown(topic, text, TOPICS[topic].options or (_FORMS[topic],))
    return found


def _answered(evidence: Evidence, advice: Advice) -> Answered:
    choice = evidence.choice(advice.topic)
    moved = choice is not None and choice.advised != advice.answer
    return Answered(advice=advice, choice=choice, moved=moved, words=_words(evidence, advice, choice))


def _words(evidence: Evidence, advice: Advice, choice: Choice | None) -> str:
    """What was chosen, by whom, and how it stands to the advice and to the project file."""
    if choice is None:
        return "Nothing was chosen yet."
    who = f"{choice.chosen} was chosen by {choice.by} ({choice.identity}) on {day(choice.at, evidence.project.tz)}"
    found = [f"{who}: {choice.reason.rstrip('.')}."]
    if not choice.follows:
        found.append(f"The advice then was {choice.advised or 'that it cannot be answered'}.")
    if choice.advised != advice.answer:
        found.append(f"The facts have moved since: the advice is now {advice.answer or 'that it cannot be answered'}.")
    if advice.in_use and choice.chosen not in advice.in_use:
        found.append(f"The project file does otherwise: {advice.in_use[0]}.")
    return " ".join(found)


def _option(topic: Topic, text: str) -> str | None:
    return text if text in TOPICS[topic].options else None


def _replicas(text: str) -> str | None:
    return str(int(text)) if re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= REPLICAS_MAX else None


def _ratio(text: str) -> float | None:
    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,6})?|0?\.[0-9]{1,6})(\s*%)?", text)
    if found is None:
        return None
    value = float(found[1]) / (100 if found[2] else 1)
    return value if 0 <= value <= 1 else None


def _share(text: str) -> str | None:
    if text.lower() == NONE:
        return NONE
    value = _ratio(text)
    return percent(value) if value is not None and 0 < value < 1 else None


def _threshold(text: str) -> str | None:
    value = _ratio(text)
    return None if value is None else f"{value:g}"


def _requirements(text: str) -> str | None:
    if text.lower() == NONE:
        return NONE
    names = [name for name in re.split(r"[,\s]+", text.upper()) if name]
    return joined(names) if names and all(name in REQUIREMENTS for name in names) else None


_PARSERS = {
    Topic.REPLICAS: _replicas,
    Topic.CONTROL_GROUP: _share,
    Topic.THRESHOLD: _threshold,
    Topic.REQUIREMENTS: _requirements,
}
_FORMS = {
    Topic.REPLICAS: f"a whole number from 1 to {REPLICAS_MAX}",
    Topic.CONTROL_GROUP: "a share such as 5%, or none",
    Topic.THRESHOLD: "a probability such as 0.4",
    Topic.REQUIREMENTS: "requirements to switch off, such as AU-11, RI-5; or none",
}
assert {topic for topic, row in TOPICS.items() if not row.options} == _PARSERS.keys() == _FORMS.keys()
