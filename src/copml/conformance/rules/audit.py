"""The record: every prediction and every model leads back to what made it, and nobody rewrote it (AD-1 to AD-4).

Invariant: all records are looked at, not a sample. A gap in anything older than a day is a breach; the newest batch may
still be on its way to its seal.
"""

from datetime import datetime, timedelta

from copml.conformance.evidence import Evidence, newest
from copml.conformance.requirement import Finding, at_risk, breached, met, unproven
from copml.conformance.rules import waiting
from copml.conformance.words import count, listed, span
from copml.records import Run, ScoringRun

SEAL_PATIENCE = timedelta(days=1)
# A checkpoint that was given away longer ago leaves a month in which the log could be rewritten unseen.
OUTSIDE_AGE_MAX = timedelta(days=30)


def resolved(evidence: Evidence) -> Finding:
    """AD-1: every prediction resolves to a version, its artifact and its deployment."""
    runs = evidence.scored
    if not runs:
        return unproven("No prediction was made yet.", step=waiting.for_a_batch(evidence))
    artifacts = {item.name for item in evidence.versions if item.content_digest}
    deployments = {item.id for item in evidence.deployments}
    lost = [run for run in runs if run.version not in artifacts or run.deployment not in deployments]
    if lost:
        rows = sum(run.rows for run in lost)
        return breached(
            f"{count(rows, 'prediction')} lead to no known version or deployment.", *_ids(lost), at=_at(runs)
        )
    rows = sum(run.rows for run in runs)
    reason = (
        f"{count(rows, 'prediction')} in {count(len(runs), 'batch', 'batches')}, each with an id that leads to one of "
        f"{count(len({run.version for run in runs}), 'version')} and its artifact."
    )
    return met(reason, *_ids(runs), at=_at(runs))


def kept(evidence: Evidence) -> Finding:
    """AD-2: input and output of every prediction are recorded and sealed, row by row."""
    runs = evidence.scored
    if not runs:
        return unproven("No prediction was made yet.", step=waiting.for_a_batch(evidence))
    seals = {item.scoring_run: item for item in evidence.seals}
    wrong = [run for run in runs if run.id in seals and seals[run.id].rows != run.rows]
    open_ = [run for run in runs if run.id not in seals]
    overdue = [run for run in open_ if evidence.now - run.scored_at > SEAL_PATIENCE]
    if wrong:
        seal = seals[wrong[-1].id]
        reason = f"A batch has {wrong[-1].rows:,} predictions and its seal covers {seal.rows:,}."
        return breached(reason, *_ids(wrong), at=_at(runs))
    if overdue:
        reason = f"{count(len(overdue), 'batch', 'batches')} were never sealed: their rows could be changed unseen."
        return breached(reason, *_ids(overdue), at=_at(runs))
    if open_:
        return at_risk(f"{count(len(open_), 'batch', 'batches')} wait for their seal.", *_ids(open_), at=_at(runs))
    rows = sum(run.rows for run in runs)
    reason = f"Input and output of {count(rows, 'prediction')} are recorded, and all {len(runs)} seals cover every row."
    return met(reason, *_ids(runs), at=_at(runs))


def traced(evidence: Evidence) -> Finding:
    """AD-3: every model leads to immutable snapshots of its data."""
    runs = [run for run in evidence.runs if run.succeeded]
    if not runs:
        return unproven("No model was trained yet.", step=waiting.for_a_batch(evidence))
    known = {(_short(item.table), item.version) for item in evidence.snapshots if item.digest}
    without = [run for run in runs if not run.snapshots or run.dataset is None]
    at = newest(run.ended_at for run in runs)
    if without:
        names = [run.version or run.id for run in without]
        return breached(f"{listed(names)}: the data of the training cannot be named.", *_run_ids(without), at=at)
    lost = [
        run for run in runs if not all((_short(table), version) in known for table, version in run.snapshots.items())
    ]
    if lost:
        names = [run.version or run.id for run in lost]
        return at_risk(
            f"{listed(names)}: a snapshot of the training data has no digest on record.", *_run_ids(lost), at=at
        )
    used = {item for run in runs for item in run.snapshots.items()}
    reason = (
        f"{count(len(runs), 'training')} lead to {count(len(used), 'snapshot')} with their digests, and to no copy."
    )
    return met(reason, *_run_ids(runs[-3:]), at=at)


def trusted(evidence: Evidence) -> Finding:
    """AD-4: the ledger verifies, and somebody outside holds a checkpoint of it."""
    facts = evidence.ledger
    size = count(facts.size, "entry", "entries")
    if facts.verified is None or facts.verified_at is None:
        return unproven(f"The ledger has {size} and was not verified yet.")
    if not facts.verified:
        return breached(f"The ledger of {size} does not verify: an entry was changed, removed or added.", "ledger")
    if facts.held_outside_at is None:
        reason = (
            "key and log stand in one folder, so whoever owns it could rewrite both. Nobody outside holds a checkpoint."
        )
        return at_risk(f"The ledger of {size} verifies, but {reason}", "ledger", at=facts.verified_at)
    age = evidence.now - facts.held_outside_at
    if age > OUTSIDE_AGE_MAX:
        reason = f"the newest checkpoint held outside is {span(age)} old (at most {span(OUTSIDE_AGE_MAX)})"
        return at_risk(f"The ledger of {size} verifies, but {reason}.", "ledger", at=facts.verified_at)
    reason = f"The ledger of {size} verifies, and a checkpoint of {span(age)} ago is held outside the workspace."
    return met(reason, "ledger", "checkpoint", at=facts.verified_at)


def _short(table: str) -> str:
    """A table as trainings name it: a source by its own name, and `features`."""
    return table.rsplit("/", 1)[-1]


def _ids(runs: list[ScoringRun] | tuple[ScoringRun, ...]) -> tuple[str, ...]:
    return tuple(f"scoring run {run.id}" for run in runs[-3:])


def _run_ids(runs: list[Run]) -> tuple[str, ...]:
    return tuple(f"training run {run.id}" for run in runs[-3:])


def _at(runs: tuple[ScoringRun, ...]) -> datetime | None:
    return newest(run.scored_at for run in runs)
