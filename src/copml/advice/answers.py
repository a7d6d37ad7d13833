"""The nouns of advice.

Invariant: an answer is in the words of its topic, so that answers of two days can be compared; everything else is text
for people. A figure names its source.
"""

from dataclasses import dataclass
from enum import StrEnum

from copml.records import Choice, Topic


class Confidence(StrEnum):
    """How much of an answer was measured in this project."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure that an answer rests on: what, how much, where it is from."""

    what: str
    value: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """What could be done instead, when it would be right, and what it costs."""

    what: str
    right_when: str
    cost: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The answer on one topic.

    `answer` is in the words of the topic, empty where none can be given. `in_use` are the answers that agree with what
    the project file says today; empty where it says nothing on the topic. `missing` is what would make it better.
    """

    topic: Topic
    question: str
    answer: str
    decision: str
    reason: str
    figures: tuple[Figure, ...]
    cost: str
    alternatives: tuple[Alternative, ...]
    confidence: Confidence
    rests_on: str
    in_use: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Advice, and what people chose. `moved`: what is advised now is not what was advised when they chose."""

    advice: Advice
    choice: Choice | None
    moved: bool
    words: str
