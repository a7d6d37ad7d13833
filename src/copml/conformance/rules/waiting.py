"""What to do where there is nothing to do yet but wait, and for what.

Invariant: a date is only named where the project's own calendar gives it; else what must happen first is named.
"""

from copml.conformance.evidence import Evidence
from copml.conformance.words import day
from copml.spec.periods import window_at


def for_outcomes(evidence: Evidence) -> str:
    """Until the outcomes of the first window with predictions are known, and have been measured."""
    project, runs = evidence.project, evidence.scored
    horizon = project.data.outcome.horizon
    if not runs:
        after = f"; their outcomes are known {horizon} later" if horizon else ""
        return f"Get a first batch scored: {for_a_batch(evidence)[:1].lower()}{for_a_batch(evidence)[1:-1]}{after}."
    ends = window_at(runs[0].slot, project.monitoring.every, project.tz).ends_at
    known = horizon.after(ends, project.tz) if horizon else ends
    if known > evidence.now:
        return f"Wait: the outcomes of the first window are known on {day(known, project.tz)}."
    return "Run `copml run all`: the outcomes of the first window are due, and are measured once they have come in."


def for_a_batch(evidence: Evidence) -> str:
    """Until something has been scored, or has arrived from where the model runs."""
    if evidence.project.is_external:
        source = evidence.project.arrivals.source
        return f"Let the log of predictions arrive where data.sources.{source} says, then run `copml run all`."
    if not evidence.versions:
        return "Run `copml run all`, which reads the sources and trains a first version."
    if not evidence.live_deployments:
        return "Approve a version with `copml approve`, then run `copml run all`."
    return "Run `copml run all`; the next batch is scored when its time has come."
