"""Availability: was every batch there when it was due (AV-1 to AV-3).

Invariant: a slot is due once the slowest source may no longer be late, and counts from the first batch on. Attained
availability is scored-on-time slots over due slots of the last twelve months.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from copml.conformance.evidence import Evidence, newest
from copml.conformance.figures import YEAR
from copml.conformance.requirement import Finding, at_risk, breached, met, unproven
from copml.conformance.rules import waiting
from copml.conformance.rules.choices import not_in_force
from copml.conformance.words import count, day, listed, share
from copml.spec.periods import slots

# More than half of the error budget spent is a warning; all of it is a breach.
BUDGET_WARNING = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Attained:
    """Scheduled times of the last twelve months: due, scored at all, scored on time."""

    due: tuple[datetime, ...]
    missed: tuple[datetime, ...]
    late: tuple[datetime, ...]

    @property
    def on_time(self) -> int:
        """How many due slots were scored on time."""
        return len(self.due) - len(self.missed) - len(self.late)

    @property
    def ratio(self) -> float:
        """Attained availability, 0 to 1; there must be a due slot."""
        return self.on_time / len(self.due)


def attained(evidence: Evidence) -> Attained:
    """Attained availability over the last twelve months; empty before the first live deployment."""
    runs = {run.slot: run for run in evidence.scored}
    first = min([*runs, *(item.from_at for item in evidence.live_deployments)], default=None)
    if first is None:
        return Attained(due=(), missed=(), late=())
    project = evidence.project
    until = evidence.until - max(timedelta(days=source.delay.days) for source in project.data.sources.values())
    since = max(first, evidence.ago(YEAR))
    due = {*slots(project.deployment.schedule, project.tz, since=since, until=until)}
    due |= {slot for slot in runs if since <= slot <= evidence.until}
    due.discard(evidence.ago(YEAR))
    return Attained(
        due=tuple(sorted(due)),
        missed=tuple(sorted(due - runs.keys())),
        late=tuple(sorted(slot for slot in due & runs.keys() if not runs[slot].on_time)),
    )


def decided(evidence: Evidence) -> Finding:
    """AV-1: the mode, the schedule and the objective stand in a revision that is in force."""
    deployment = evidence.project.deployment
    if (pending := not_in_force(evidence)) is not None:
        return pending
    if evidence.project.is_external:
        return met(
            f"The project file expects the log of predictions every {deployment.schedule}, "
            f"{share(deployment.objective)} of it on time; how the model answers is decided where it runs.",
            f"revision {evidence.revision.number}",
        )
    return met(
        f"The project file asks for {deployment.mode} predictions every {deployment.schedule}, "
        f"{share(deployment.objective)} of them on time; a batch has no latency beyond its schedule.",
        f"revision {evidence.revision.number}",
    )


def delivered(evidence: Evidence) -> Finding:
    """AV-2: the newest due slot was scored, and none of the last twelve months was left out."""
    seen = attained(evidence)
    zone = evidence.project.tz
    if not seen.due:
        return unproven("No batch was due yet.", step=waiting.for_a_batch(evidence))
    at = newest(run.scored_at for run in evidence.scoring_runs)
    if seen.due[-1] in seen.missed:
        return breached(f"The batch of {day(seen.due[-1], zone)} was due and is missing.", at=at)
    newest_run = evidence.scored[-1]
    if seen.missed:
        days = listed([day(slot, zone) for slot in seen.missed])
        reason = (
            f"The newest batch is there, but {len(seen.missed)} of {count(len(seen.due), 'due batch', 'due batches')} "
            f"in twelve months never came: {days}."
        )
        return at_risk(reason, f"scoring run {newest_run.id}", at=at)
    late = f", {len(seen.late)} of them later than planned" if seen.late else ""
    batches = "The one due batch" if len(seen.due) == 1 else f"All {len(seen.due)} due batches"
    reason = f"{batches} of the last twelve months {'was' if len(seen.due) == 1 else 'were'} scored{late}."
    return met(reason, f"scoring run {newest_run.id}", at=at)


def measured(evidence: Evidence) -> Finding:
    """AV-3: attained availability against the objective, with the error budget."""
    seen = attained(evidence)
    objective = evidence.project.deployment.objective
    if not seen.due:
        return unproven("No batch was due yet, so there is nothing to measure.", step=waiting.for_a_batch(evidence))
    total = len(seen.due)
    spent = total - seen.on_time
    budget = (1 - objective) * total
    figures = (
        f"{seen.on_time} of {count(total, 'due batch', 'due batches')} in twelve months came on time: "
        f"{share(seen.ratio)}, the objective is {share(objective)}."
    )
    at = evidence.until
    what = (f"{count(total, 'slot')} due, {len(seen.late)} late, {len(seen.missed)} missing",)
    if seen.ratio < objective:
        return breached(figures, *what, at=at)
    if spent > BUDGET_WARNING * budget:
        return at_risk(f"{figures} {spent} of {budget:.1f} tolerated late batches are used up.", *what, at=at)
    return met(figures, *what, at=at)
