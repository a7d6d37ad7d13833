"""The page of advice: every decision that the framework asks for, its answer, and what people chose.

Invariant: says what `advice` says, and nothing beside it.
"""

from collections.abc import Sequence

from copml.advice import Answered
from copml.conformance import Evidence
from copml.conformance.words import moment
from copml.reporting.rendering import fill


def advice_page(evidence: Evidence, found: Sequence[Answered]) -> str:
    """Advice as a self-contained HTML page."""
    return fill(
        "advice.html.j2",
        project=evidence.project,
        title=f"{evidence.project.project}: decisions",
        simulated=evidence.simulated,
        as_of=moment(evidence.now, evidence.project.tz),
        answers=found,
        figures={
            item.advice.topic: [(one.what, one.value, one.source) for one in item.advice.figures] for item in found
        },
        alternatives={
            item.advice.topic: [(one.what, one.right_when, one.cost) for one in item.advice.alternatives]
            for item in found
        },
    )
