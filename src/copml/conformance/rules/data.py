"""Data: ingest and features run by themselves, and what was learned flows back (AU-1, AU-2, AU-9).

Invariant: a source is judged by its newest pass against its own period and tolerated delay, and the slowest source
decides.
"""

from datetime import timedelta

from copml.conformance.evidence import Evidence, newest
from copml.conformance.requirement import Finding, at_risk, breached, met, unproven
from copml.conformance.rules import waiting
from copml.conformance.words import count, day, listed, share, span
from copml.records import FeatureSet, Ingest
from copml.spec.periods import Duration

# One row in a hundred that cannot be used is worth a look, whatever the checks tolerate.
QUARANTINE_WARNING = 0.01
QUIET = ("new", "nothing new")


def ingested(evidence: Evidence) -> Finding:
    """AU-1: every source was read when it was due, and its newest pass is sound."""
    last = _newest_by_source(evidence)
    silent = [name for name in evidence.project.data.sources if name not in last]
    if not last:
        return unproven("Nothing was ingested yet.", step="Run `copml run ingest`.")
    at = newest(item.known_at for item in last.values())
    ids = [f"{item.source} as of {day(item.slot, evidence.project.tz)}" for item in last.values()]
    overdue = [name for name, item in last.items() if evidence.until - item.known_at > _patience(evidence, name)]
    if silent or overdue:
        gaps = [*(f"{name} was never read" for name in silent), *(_overdue(evidence, last[name]) for name in overdue)]
        return breached(f"{listed(gaps)}.", *ids, at=at)
    troubled = [f"{name} is {item.state}" for name, item in last.items() if item.state not in QUIET]
    troubled += [_quarantined(item) for item in last.values() if _quarantine_ratio(item) > QUARANTINE_WARNING]
    if troubled:
        return at_risk(f"In the newest pass {listed(troubled)}.", *ids, at=at)
    files = sum(len(item.files) for item in evidence.ingests)
    rows = sum(item.rows_added for item in evidence.ingests)
    reason = (
        f"{count(len(last), 'source')} read in {count(len(evidence.ingests), 'pass', 'passes')}: "
        f"{count(files, 'file')}, {count(rows, 'row')}, each pass an immutable version of its table."
    )
    return met(reason, *ids, at=at)


def reused(evidence: Evidence) -> Finding:
    """AU-2: every batch was scored on features as of its own time, built by the code that the live model knows."""
    sets = {item.as_of: item for item in evidence.feature_sets}
    runs = evidence.scored
    if not sets or not runs:
        return unproven("No batch was scored on features yet.", step=waiting.for_a_batch(evidence))
    at = newest(sets)
    without = [run for run in runs if run.slot not in sets]
    if without:
        return breached(
            f"{len(without)} of {count(len(runs), 'batch', 'batches')} have no features as of their own time, "
            f"the newest on {day(without[-1].slot, evidence.project.tz)}.",
            *(f"scoring run {run.id}" for run in without[-3:]),
            at=at,
        )
    now, then = sets[runs[-1].slot].code_digest, _trained_with(evidence)
    if then is not None and then.code_digest != now:
        return at_risk(
            f"The feature code changed after {evidence.live_version} was trained: it scores on what it never saw.",
            f"features as of {day(then.as_of, evidence.project.tz)}",
            at=at,
        )
    waited = [item for item in sets.values() if not item.history and item.known_by > item.as_of]
    late = f"; {count(len(waited), 'set')} waited for late data, as the delay of the sources allows" if waited else ""
    return met(
        f"{count(len(sets), 'feature set')} feed training and scoring alike, each as of one time{late}.",
        f"features as of {day(max(sets), evidence.project.tz)}",
        at=at,
    )


def returned(evidence: Evidence) -> Finding:
    """AU-9: outcomes of predictions came back as training rows, and the bias of their selection is stated."""
    runs = evidence.scored
    project = evidence.project
    horizon = project.data.outcome.horizon
    known = (horizon.after(runs[0].slot, project.tz) if horizon else runs[0].slot) if runs else evidence.now
    retrained = [run for run in evidence.trained if run.succeeded and run.ended_at > known]
    if not retrained:
        return unproven("No training has used outcomes of predictions yet.", step=_flow_step(evidence))
    run = retrained[-1]
    figures = f"The newest training ({run.version or run.id}) used {count(run.rows_train, 'row')}"
    if project.training.on == "all" and project.data.treatment is not None:
        return at_risk(
            f"{figures}, treated ones among them: whoever stayed because of an offer was learned as a loyal customer.",
            f"training run {run.id}",
            at=run.ended_at,
        )
    bias = f"{figures} and left out {run.rows_left_out:,} whose outcome is not known yet or that the holdout shares."
    if project.data.treatment is not None:
        bias = (
            f"{figures} and left out {run.rows_left_out:,} whose outcome is not known yet, that the holdout shares or "
            "that a treatment may have changed; controls stand in for the treated, which counts as "
            f"{run.rows_effective:,.0f} independent rows."
        )
    if project.people.review:
        return at_risk(
            f"{bias} Findings of reviewers do not flow back.",
            f"training run {run.id}",
            at=run.ended_at,
            step="Bring the findings of reviewers in as a source, so that features or outcomes can read them.",
        )
    return met(bias, f"training run {run.id}", at=run.ended_at)


def _flow_step(evidence: Evidence) -> str:
    """Before the first outcomes nothing can flow back, whatever the project says about treatment."""
    measured = any(item.metric in evidence.project.metrics for item in evidence.measurements)
    if not measured:
        return f"{waiting.for_outcomes(evidence)} The training after that learns from them."
    if evidence.project.training.every is None:
        return "Run `copml run train`, or say under training.every how often to train: triggers have not asked for it."
    return f"Wait for the next scheduled training (training.every: {evidence.project.training.every})."


def _newest_by_source(evidence: Evidence) -> dict[str, Ingest]:
    last: dict[str, Ingest] = {}
    for item in sorted(evidence.ingests, key=lambda ingest: ingest.slot):
        if item.source in evidence.project.data.sources:
            last[item.source] = item
    return last


def _patience(evidence: Evidence, source: str) -> timedelta:
    spec = evidence.project.data.sources[source]
    return timedelta(days=2 * Duration(1, spec.every).days + spec.delay.days)


def _overdue(evidence: Evidence, item: Ingest) -> str:
    since = span(evidence.until - item.known_at)
    return (
        f"{item.source} was last read {since} ago and is due every {evidence.project.data.sources[item.source].every}"
    )


def _quarantine_ratio(item: Ingest) -> float:
    return item.rows_quarantined / item.rows_read if item.rows_read else 0.0


def _quarantined(item: Ingest) -> str:
    return f"{share(_quarantine_ratio(item))} of the rows of {item.source} went to quarantine"


def _trained_with(evidence: Evidence) -> FeatureSet | None:
    live = evidence.live_version
    run = next((run for run in evidence.runs if run.version is not None and run.version == live), None)
    if run is None:
        return None
    versions = [version for table, version in run.snapshots.items() if table.endswith("features")]
    return next((item for item in evidence.feature_sets if item.version in versions), None)
