"""What to look at next, most pressing first.

Invariant: people come first (what waits for a judgement), then what is known to be wrong, then what may go wrong; the
list is short enough to be read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from copml.conformance import Evidence, RequirementVerdict
from copml.conformance.words import day, sentences, span
from copml.records import IncidentState, Role, Verdict, VersionState

STEPS_MAX = 6
INCIDENTS_MAX = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """Something to do: what, why, whose it is. `subject` is what `copml why` or `copml approve` would be given."""

    what: str
    why: str
    owner: Role
    subject: str


def next_steps(evidence: Evidence, verdicts: tuple[RequirementVerdict, ...]) -> tuple[NextStep, ...]:
    """At most `STEPS_MAX` things to look at."""
    return tuple(islice(_steps(evidence, verdicts), STEPS_MAX))


def _steps(evidence: Evidence, verdicts: tuple[RequirementVerdict, ...]) -> Iterator[NextStep]:
    yield from _judgements(evidence)
    yield from _incidents(evidence)
    for verdict in (Verdict.BREACHED, Verdict.AT_RISK):
        for item in verdicts:
            if item.verdict is verdict:
                yield NextStep(what=item.next_step, why=item.reason, owner=item.owner, subject=item.id)


def _judgements(evidence: Evidence) -> Iterator[NextStep]:
    zone = evidence.project.tz
    for item in evidence.dossiers:
        if not item.decided:
            since = f"Waiting since {day(item.opened_at, zone)} ({span(evidence.now - item.opened_at)})."
            yield NextStep(what=f"Judge: {item.question}", why=since, owner=Role.BUSINESS, subject=item.id)
    approval = evidence.project.deployment.approval
    for version in evidence.versions:
        if version.state is VersionState.CANDIDATE:
            made = f"Trained on {day(version.created_at, zone)}; every gate passed."
            owner = approval.by if approval is not None else Role.OPERATIONS
            yield NextStep(what=f"Approve or reject {version.name}", why=made, owner=owner, subject=version.name)


def _incidents(evidence: Evidence) -> Iterator[NextStep]:
    """The newest open incident of each kind."""
    open_ = [item for item in evidence.incidents if item.state is not IncidentState.RESOLVED]
    kinds: dict[str, NextStep] = {}
    for item in sorted(open_, key=lambda incident: incident.opened_at, reverse=True):
        what, _, figures = sentences(item.what)[0].rstrip(".").partition(": ")
        opened = f"Open since {day(item.opened_at, evidence.project.tz)}, cause: {item.cause}."
        why = f"{opened} Seen: {figures}." if figures else opened
        kinds.setdefault(what, NextStep(what=f"Look at: {what}", why=why, owner=item.owner, subject=item.id))
    yield from islice(kinds.values(), INCIDENTS_MAX)
