"""The table of topics: who decides, what may be chosen, which function answers.

Invariant: every topic stands here once; those that the framework asks for (DE-1) are marked, the others are questions
of this project's own design.
"""

from collections.abc import Callable
from dataclasses import dataclass

from copml.advice import engine, explanation, features, retraining, serving
from copml.advice.answers import Advice
from copml.advice.control import control_group
from copml.advice.facts import Facts
from copml.advice.replicas import replicas
from copml.advice.requirements import requirements
from copml.advice.threshold import threshold
from copml.conformance import Advised
from copml.records import Role, Topic
from copml.spec import Project
from copml.spec.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One topic. `options` are its words; where it has none, an answer is a number, a share or requirements."""

    answer: Callable[[Facts], Advice]
    owner: Role
    options: tuple[str, ...] = ()
    is_asked: bool = True


TOPICS: dict[Topic, Row] = {
    Topic.SERVING: Row(answer=serving.serving, owner=Role.BUSINESS, options=(serving.BATCH, serving.REALTIME)),
    Topic.REPLICAS: Row(answer=replicas, owner=Role.OPERATIONS),
    Topic.ENGINE: Row(answer=engine.engine, owner=Role.OPERATIONS, options=tuple(engine.DECISIONS)),
    Topic.FEATURES: Row(answer=features.features, owner=Role.DATA, options=(features.TABLE, features.ON_DEMAND)),
    Topic.RETRAINING: Row(
        answer=retraining.retraining,
        owner=Role.SCIENCE,
        options=(retraining.TRIGGERS, *(period.value for period in Period), "never"),
    ),
    Topic.EXPLANATION: Row(
        answer=explanation.explanation,
        owner=Role.SCIENCE,
        options=(explanation.EXACT, explanation.AGNOSTIC, explanation.NONE),
    ),
    Topic.REQUIREMENTS: Row(answer=requirements, owner=Role.AUDIT),
    Topic.CONTROL_GROUP: Row(answer=control_group, owner=Role.BUSINESS, is_asked=False),
    Topic.THRESHOLD: Row(answer=threshold, owner=Role.BUSINESS, is_asked=False),
}
assert TOPICS.keys() == set(Topic)


ELSEWHERE = frozenset({Topic.SERVING, Topic.REPLICAS, Topic.ENGINE, Topic.FEATURES, Topic.RETRAINING})
"""Topics that are decided where the model runs, if that is not here."""


def topics_of(project: Project) -> dict[Topic, Row]:
    """The topics on which something can be advised in a project."""
    return {topic: row for topic, row in TOPICS.items() if not (project.is_external and topic in ELSEWHERE)}


def standing(facts: Facts) -> tuple[Advised, ...]:
    """What is advised now on each topic that the framework asks for: what the verdict on DE-1 compares choices with."""
    found = (row.answer(facts) for row in topics_of(facts.evidence.project).values() if row.is_asked)
    return tuple(Advised(topic=item.topic, answer=item.answer, in_use=item.in_use) for item in found)
