"""Reproduction and explanation: what can be repeated, and what can be told to people (RE-1 to RE-3, EX-1 to EX-4).

Invariant: that everything needed was captured is a fact about records; that a result comes out the same is only known
after trying, and says unproven until somebody did.
"""

from copml.conformance.evidence import Evidence, newest
from copml.conformance.requirement import Finding, at_risk, breached, met, unproven
from copml.conformance.rules import waiting
from copml.conformance.rules.choices import not_in_force
from copml.conformance.words import count, listed
from copml.records import Run


def replayed(evidence: Evidence) -> Finding:
    """RE-1: nothing replays yet."""
    rows = sum(run.rows for run in evidence.scoring_runs)
    kept = f"Input, artifact and output of {count(rows, 'prediction')} are kept for it; " if rows else ""
    return unproven(f"{kept}copml does not replay predictions yet.")


def rebuilt(evidence: Evidence) -> Finding:
    """RE-2: nothing rebuilds yet."""
    versions = count(len(evidence.versions), "version")
    kept = f"What {versions} came from is kept for it; " if evidence.versions else ""
    return unproven(f"{kept}copml does not rebuild versions yet.")


def captured(evidence: Evidence) -> Finding:
    """RE-3: every successful training has snapshot, source, parameters, configuration, environment and seed."""
    runs = [run for run in evidence.runs if run.succeeded]
    if not runs:
        return unproven("No model was trained yet.", step=waiting.for_a_batch(evidence))
    gaps = {run.id: _missing(run) for run in runs}
    short = [run for run in runs if gaps[run.id]]
    at = newest(run.ended_at for run in runs)
    if not short:
        reason = (
            f"{count(len(runs), 'training')} with snapshot, source, parameters, revision, environment, seed and log, "
            "captured without anyone asking."
        )
        return met(reason, *(f"training run {run.id}" for run in runs[-3:]), at=at)
    lacking = listed([f"{run.version or run.id} lacks {listed(gaps[run.id])}" for run in short])
    ids = tuple(f"training run {run.id}" for run in short[-3:])
    if evidence.live_version in {run.version for run in short}:
        return breached(f"{lacking}, and it is live.", *ids, at=at)
    return at_risk(f"{lacking}; the live version is complete.", *ids, at=at)


def owed(evidence: Evidence) -> Finding:
    """EX-1: the project file says whether an explanation is owed."""
    regulatory, revision = evidence.project.regulatory, evidence.revision
    if (pending := not_in_force(evidence)) is not None:
        return pending
    if regulatory.affects_people and regulatory.explanation == "none":
        return breached(
            "The project file says that decisions affect people and that none is explained "
            "(regulatory.affects_people, regulatory.explanation).",
            f"revision {revision.number}",
        )
    what = (
        f"decisions affect people, so an explanation is owed ({regulatory.explanation} values)"
        if regulatory.affects_people
        else "no decision materially affects a person, so no explanation is owed"
    )
    return met(f"The project file says that {what}.", f"revision {revision.number}")


def fitting(evidence: Evidence) -> Finding:
    """EX-2: no explanations yet."""
    method = evidence.project.regulatory.explanation
    return unproven(f"The project asks for {method} values; copml does not explain predictions yet.")


def understood(evidence: Evidence) -> Finding:
    """EX-3: no reason statements yet."""
    return unproven("copml does not give reasons in plain words or check them for faithfulness yet.")


def following(evidence: Evidence) -> Finding:
    """EX-4: no explainers yet."""
    trainings = count(sum(run.succeeded for run in evidence.runs), "training")
    return unproven(f"{trainings} so far; copml does not rebuild an explainer with each of them yet.")


def _missing(run: Run) -> list[str]:
    environment = run.environment
    parts = {
        "its data": run.dataset is not None and bool(run.snapshots),
        "its source": run.source is not None,
        "its entry point": bool(run.entry),
        "its revision": run.revision > 0,
        "its environment": environment is not None and bool(environment.python and environment.packages),
        "its log": run.log is not None,
    }
    return [name for name, there in parts.items() if not there]
