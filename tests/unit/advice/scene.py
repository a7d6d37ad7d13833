"""Facts to ask advice from: the factories' history, a machine, and tasks that took some time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests import factories

from copml.advice import Facts, Machine
from copml.advice.answers import Advice
from copml.advice.topics import TOPICS
from copml.records import Measurement, Stage, TaskKey, TaskRecord, TaskState, Topic

LAPTOP = Machine(cores=4, memory_mb=16_000)


def facts(
    months: int | None = None,
    project: dict[str, object] | None = None,
    machine: Machine = LAPTOP,
    **changes: Any,
) -> Facts:
    """Facts after some months, or of a project that was applied a minute ago; `changes` are of the evidence."""
    evidence = factories.nothing_yet() if months is None else factories.history(months)
    evidence = replace(evidence, project=factories.project(project), **changes)
    return Facts(evidence=evidence, machine=machine)


def ask(topic: Topic, found: Facts) -> Advice:
    """The advice on a topic."""
    return TOPICS[topic].answer(found)


def answer(topic: Topic, found: Facts) -> str:
    """The answer on a topic."""
    return ask(topic, found).answer


def tasks(stage: Stage, seconds: Sequence[float], key: str = "") -> tuple[TaskRecord, ...]:
    """Tasks of a stage that were done, each in its number of seconds."""
    return tuple(
        TaskRecord(
            project=factories.NAME,
            key=TaskKey(f"{key or stage}/{number}"),
            stage=stage,
            state=TaskState.DONE,
            worker="here/1/2",
            fence=1,
            leased_until=factories.month(number),
            started_at=factories.month(number),
            ended_at=factories.month(number) + timedelta(seconds=length),
            attempts=1,
            error="",
        )
        for number, length in enumerate(seconds)
    )


def accuracy(values: Sequence[float], half: float = 0.01, segment: str = "control") -> tuple[Measurement, ...]:
    """Accuracy of v1, one value for each month."""
    return tuple(
        factories.measurement("accuracy", segment, number, value, half, version="v1")
        for number, value in enumerate(values)
    )
