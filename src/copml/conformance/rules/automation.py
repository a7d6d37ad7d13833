"""The loop: monitoring, triggers, retraining, redeployment, commissioning (AU-3 to AU-6, AU-10, AU-11).

Invariant: a trigger that fired is judged by what followed it, looked up in the records of what it was to cause; that a
trigger exists proves nothing.
"""

from datetime import datetime, timedelta

from copml.conformance.evidence import Evidence, newest
from copml.conformance.figures import YEAR
from copml.conformance.requirement import Finding, at_risk, breached, met, unproven
from copml.conformance.rules import waiting
from copml.conformance.words import count, day, listed
from copml.records import SEGMENT_ALL, Action, Firing, Incident, Run, TrialState, VersionName, VersionState
from copml.spec.periods import Duration, window_at

# Three failures in a row are no accident: the training has lost its author.
FAILURES_MAX = 3


def monitored(evidence: Evidence) -> Finding:
    """AU-3: everything that the project wants measured was measured in the newest windows that could be."""
    project = evidence.project
    if not evidence.measurements:
        return unproven("Nothing was measured yet.", step=waiting.for_a_batch(evidence))
    at = newest(item.measured_at for item in evidence.measurements)
    wanted = [*project.metrics, project.business.kpi.name]
    seen = {name: evidence.series(name, SEGMENT_ALL) for name in wanted}
    never = [name for name, items in seen.items() if not items]
    reached = newest(items[-1].ends_at for items in seen.values() if items)
    if reached is None and evidence.now < _first_window_ends_at(evidence):
        end = day(_first_window_ends_at(evidence), project.tz)
        return unproven("The first window is not over yet.", step=f"Wait: the first window ends on {end}.")
    if reached is None:
        return breached(f"Of {listed(wanted)} nothing was ever measured.", at=at)
    if never:
        return at_risk(f"{listed(never)} {'was' if len(never) == 1 else 'were'} never measured.", at=at)
    windows = len({item.starts_at for item in evidence.measurements})
    reason = (
        f"{count(len({(item.metric, item.segment) for item in evidence.measurements}), 'series', 'series')} "
        f"measured in {count(windows, 'window')}, the newest up to {day(reached, project.tz)}."
    )
    return met(reason, f"{len(evidence.measurements):,} measurements", at=at)


def _first_window_ends_at(evidence: Evidence) -> datetime:
    project = evidence.project
    begun = min(item.applied_at for item in (evidence.revision, *evidence.revisions))
    return window_at(begun, project.monitoring.every, project.tz).ends_at


def answered(evidence: Evidence) -> Finding:
    """AU-4: what a trigger asked for was done."""
    since = evidence.ago(YEAR)
    acted = [item for item in evidence.firings if item.mode == "acted" and item.fired_at >= since]
    if not acted:
        proposed = sum(item.mode == "proposed" for item in evidence.firings)
        shown = f"; {count(proposed, 'firing')} only proposed, while commissioning" if proposed else ""
        triggers = count(len(evidence.project.monitoring.triggers), "trigger")
        return unproven(
            f"{triggers} in the project file, and none has acted in twelve months{shown}.",
            step="Nothing is to be done until a trigger acts."
            if evidence.project.monitoring.triggers
            else "Add triggers under monitoring.triggers.",
        )
    at = newest(item.fired_at for item in acted)
    open_ = [(item, action) for item in acted for action in item.actions if not _followed(evidence, item, action)]
    what = [f"{action} after “{item.trigger}” on {day(item.fired_at, evidence.project.tz)}" for item, action in open_]
    patience = timedelta(days=Duration(1, evidence.project.monitoring.every).days)
    if any(evidence.until - item.fired_at > patience for item, _ in open_):
        return breached(f"{count(len(open_), 'action')} did not follow: {listed(what, 3)}.", at=at)
    if open_:
        return at_risk(f"{count(len(open_), 'action')} under way: {listed(what, 3)}.", at=at)
    kinds = sorted({str(action) for item in acted for action in item.actions})
    reason = f"{count(len(acted), 'firing')} in twelve months, each followed by what it asks for ({listed(kinds, 7)})."
    return met(reason, *(f"firing of {day(item.fired_at, evidence.project.tz)}" for item in acted[-3:]), at=at)


def retrained(evidence: Evidence) -> Finding:
    """AU-5: training again works without its author."""
    runs = evidence.trained
    failed = [run for run in runs[-FAILURES_MAX:] if not run.succeeded]
    if len(failed) == FAILURES_MAX:
        return breached(
            f"The last {FAILURES_MAX} trainings failed, the newest because: {runs[-1].reason}",
            *(f"training run {run.id}" for run in failed),
            at=runs[-1].ended_at,
        )
    again = [run for run in runs[1:] if run.succeeded]
    if not again:
        return unproven(
            f"{count(len(runs), 'training')} so far: that it can be repeated without its author is not shown.",
            step="Run `copml run train`: a second training shows it." if runs else waiting.for_a_batch(evidence),
        )
    reason = (
        f"{count(len(runs), 'training')}, {sum(run.succeeded for run in runs)} of them successful, "
        f"started by {listed(sorted({_starter(run.cause) for run in runs}))}."
    )
    if not runs[-1].succeeded:
        return at_risk(
            f"{reason} The newest failed: {runs[-1].reason}", f"training run {runs[-1].id}", at=runs[-1].ended_at
        )
    return met(reason, f"training run {runs[-1].id}", at=runs[-1].ended_at)


def redeployed(evidence: Evidence) -> Finding:
    """AU-6: every batch was made by the version that was live at its time."""
    deployments = evidence.live_deployments
    runs = evidence.scored
    if len({item.version for item in deployments}) < 2 or not runs:
        so_far = "Only one version was ever live" if deployments else "No version was ever live"
        return unproven(
            f"{so_far}: a replacement has not been seen yet.",
            step="Nothing is to be done until a second version is approved."
            if deployments
            else waiting.for_a_batch(evidence),
        )
    by_id = {item.id: item for item in deployments}
    wrong = [run for run in runs if run.deployment not in by_id or by_id[run.deployment].version != run.version]
    at = runs[-1].scored_at
    if wrong:
        reason = f"{count(len(wrong), 'batch', 'batches')} came from a version that was not the live one."
        return breached(reason, *(f"scoring run {run.id}" for run in wrong[-3:]), at=at)
    if idle := _undeployed(evidence):
        return at_risk(f"{listed(idle)} approved and never deployed.", *idle, at=at)
    swaps = len(deployments) - 1
    reason = (
        f"{count(swaps, 'replacement')}, and each of {count(len(runs), 'batch', 'batches')} used the version then live."
    )
    return met(reason, f"deployment {deployments[-1].id}", at=at)


def commissioned(evidence: Evidence) -> Finding:
    """AU-10: in the first windows, triggers proposed and did not act."""
    windows = evidence.project.monitoring.commissioning
    deployments = evidence.live_deployments
    if windows == 0:
        return at_risk(
            "The project file asks for no commissioning: triggers act from the first window on.",
            step="Say under monitoring.commissioning in how many first windows triggers only propose.",
        )
    if not deployments:
        return unproven("Nothing is live yet.", step=waiting.for_a_batch(evidence))
    end = _commissioned_until(evidence)
    early = [item for item in evidence.firings if item.starts_at < end]
    acted = [item for item in early if item.mode == "acted"]
    zone = evidence.project.tz
    if acted:
        what = listed([f"“{item.trigger}” on {day(item.fired_at, zone)}" for item in acted])
        return breached(f"{what} acted before commissioning ended on {day(end, zone)}.")
    if evidence.until < end:
        return unproven(f"Commissioning goes on until {day(end, zone)}; {count(len(early), 'proposal')} so far.")
    reason = (
        f"Commissioning ended on {day(end, zone)} after {count(windows, 'window')} with {count(len(early), 'proposal')}"
    )
    return met(f"{reason} and no action.")


def optimised(evidence: Evidence) -> Finding:
    """AU-11: every trial of every sweep is on record, those that failed too."""
    trials = [item for item in evidence.trials if item.source == "sweep" and item.ended_at is not None]
    if trials:
        sweeps = {item.id.rpartition("-")[0] for item in trials}
        failed = sum(item.state is TrialState.FAILED for item in trials)
        made = [item.name for item in evidence.versions if item.cause.startswith("sweep/")]
        came = f"{listed(made)} came of the best" if made else "no version came of them"
        reason = f"{count(len(trials), 'trial')} in {count(len(sweeps), 'sweep')}, {failed} of them failed; {came}."
        return met(reason, *(f"trial {item.id}" for item in trials[-3:]), at=newest(item.ended_at for item in trials))
    versions = count(len(evidence.versions), "version")
    return unproven(
        f"{versions} trained with the parameters of the project file; no sweep was run to look for better ones."
    )


def _commissioned_until(evidence: Evidence) -> datetime:
    every, zone = evidence.project.monitoring.every, evidence.project.tz
    first = min(item.applied_at for item in (*evidence.revisions, evidence.revision))
    return Duration(evidence.project.monitoring.commissioning, every).after(
        window_at(first, every, zone).starts_at, zone
    )


def _starter(cause: str) -> str:
    return {"first": "the first deployment", "schedule": "the schedule", "sweep": "a sweep", "": "hand"}.get(
        cause.split("/", 1)[0], "triggers"
    )


def _followed(evidence: Evidence, firing: Firing, action: Action) -> bool:
    match action:
        case Action.ALERT:
            return any(item.starts_at == firing.starts_at for item in evidence.incidents)
        case Action.RETRAIN | Action.REDEPLOY | Action.ROLL_BACK if evidence.project.is_external:
            told = {item.incident for item in evidence.deliveries}
            return any(item.id in told and _is_of(item, firing) for item in evidence.incidents)
        case Action.RETRAIN:
            return any(run.cause.startswith(f"{firing.trigger}/") for run in _since(evidence, firing))
        case Action.REDEPLOY:
            return not _undeployed(evidence)
        case Action.ROLL_BACK:
            return any(item.from_at >= firing.fired_at for item in evidence.deployments)
        case Action.REVIEW | Action.REEVALUATE | Action.PROPOSE_RETIREMENT:
            return any(item.action is action and item.opened_at >= firing.fired_at for item in evidence.dossiers)


def _is_of(incident: Incident, firing: Firing) -> bool:
    return incident.id.startswith(f"{firing.trigger}/") and incident.starts_at == firing.starts_at


def _since(evidence: Evidence, firing: Firing) -> list[Run]:
    return [run for run in evidence.runs if run.ended_at >= firing.fired_at]


def _undeployed(evidence: Evidence) -> list[VersionName]:
    deployed = {item.version for item in evidence.deployments}
    approved = [item.name for item in evidence.versions if item.state is VersionState.APPROVED]
    return [name for name in approved if name not in deployed]
