"""Where people judge: re-evaluation, retirement, approvals, contests (AU-7, AU-8, HO-1, HO-2).

Invariant: an identity that nobody checked (asserted, simulated) proves that somebody decided, not who; no verdict that
rests on it alone is met.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from copml.conformance.evidence import Evidence, newest
from copml.conformance.requirement import Finding, at_risk, breached, met, unproven
from copml.conformance.rules import waiting
from copml.conformance.words import count, day, listed, span
from copml.records import Action, Decision, Dossier, Subject
from copml.spec.periods import Duration

WEAK = ("asserted", "simulated")


def reevaluated(evidence: Evidence) -> Finding:
    """AU-7: when repair has failed, people are asked, with the evidence laid out."""
    wanted = [item for item in evidence.firings if Action.REEVALUATE in item.actions and item.mode == "acted"]
    dossiers = [item for item in evidence.dossiers if item.action is Action.REEVALUATE]
    if not any(Action.REEVALUATE in trigger.do for trigger in evidence.project.monitoring.triggers):
        return at_risk(
            "No trigger of the project file leads to a re-evaluation.",
            step="Add a trigger with `do: re-evaluate` under monitoring.triggers, on what repair should have mended.",
        )
    if wanted and not dossiers:
        return breached(
            f"A trigger asked for re-evaluation on {_on(evidence, wanted[-1].fired_at)}, and no dossier was opened."
        )
    if not dossiers:
        return unproven(
            "A trigger leads to re-evaluation; it was never needed so far.",
            step="Nothing is to be done until the trigger asks for it.",
        )
    return _judged(evidence, dossiers, "re-evaluation")


def retired(evidence: Evidence) -> Finding:
    """AU-8: a project that is over was shut down cleanly, or people are asked whether it is."""
    proposals = [item for item in evidence.dossiers if item.action is Action.PROPOSE_RETIREMENT]
    end = evidence.retirement
    if end is None:
        if any(not item.decided for item in proposals):
            return _judged(evidence, proposals, "retirement")
        return unproven(
            "The project is in use: that it can be shut down cleanly is shown when it is.",
            step="Nothing is to be done while the model is needed.",
        )
    after = [run for run in evidence.scoring_runs if run.scored_at > end.at]
    open_ = [item for item in evidence.live_deployments if item.until_at is None]
    if after or open_:
        left = [*(f"scoring run {run.id}" for run in after), *(f"deployment {item.id}" for item in open_)]
        return breached(f"Retired on {_on(evidence, end.at)}, but still at work: {listed(left)}.", *left)
    kept = f"{evidence.ledger.size:,} entries of the ledger and {count(len(evidence.versions), 'version')} are kept"
    return met(
        f"Retired on {_on(evidence, end.at)} by {end.by}: {end.reason} Nothing runs any more; {kept}.", "retirement"
    )


def contestable(evidence: Evidence) -> Finding:
    """HO-1: contests and reviews bound to a prediction have no record yet."""
    runs = evidence.scoring_runs
    return unproven(
        f"{count(sum(run.rows for run in runs), 'prediction')} recorded with an id to refer to; copml does not take "
        "contests or hand unsure predictions to a person yet."
    )


def not_automated(evidence: Evidence) -> str | None:
    """Why HO-1 does not apply, if it does not."""
    if evidence.project.regulatory.solely_automated:
        return None
    return "Does not apply: the project file says that no decision is solely automated (regulatory.solely_automated)."


def not_asked(evidence: Evidence) -> str | None:
    """Why HO-2 does not apply, if it does not."""
    if evidence.project.deployment.approval is not None:
        return None
    return "Does not apply: the project file asks for no approval (deployment.approval)."


def approved(evidence: Evidence) -> Finding:
    """HO-2: every version that went live was approved, by somebody other than its author where four eyes are asked."""
    deployments = evidence.live_deployments
    if not deployments:
        return unproven("No version went live yet.", step=waiting.for_a_batch(evidence))
    decisions = {
        item.subject_id: item for item in evidence.decisions if item.subject is Subject.VERSION and item.approve
    }
    at = newest(item.from_at for item in deployments)
    without = sorted({item.version for item in deployments if item.version not in decisions})
    if without:
        return breached(f"{listed(without)} went live without an approval.", *without, at=at)
    used = [decisions[item.version] for item in deployments]
    recent = {item.version for item in deployments if item.from_at >= evidence.revision.applied_at}
    few = [name for name in sorted(recent) if _approvers(evidence, name) < _asked(evidence)]
    if few:
        return breached(f"{listed(few)} went live with fewer approvals than the {_asked(evidence)} asked for.", at=at)
    ids = tuple(f"decision {item.id}" for item in used[-3:])
    alone = [item.subject_id for item in used if _is_alone(evidence, item)]
    if alone:
        return breached(
            f"{listed(alone)} approved by the author, against the four eyes that the project asks for.", *ids, at=at
        )
    weak = sorted({item.identity for item in used if item.identity in WEAK})
    machine = [item.subject_id for item in used if item.identity == "automatic"]
    versions = count(len({item.version for item in deployments}), "version")
    if machine:
        return breached(f"{listed(machine)} approved by the loop, though the project asks for a person.", *ids, at=at)
    if weak:
        reason = (
            f"{versions} approved before going live, but identities are {listed(weak)}: nobody checked who approved."
        )
        return at_risk(reason, *ids, at=at)
    return met(f"{versions} approved by people with checked identities before going live.", *ids, at=at)


def _judged(evidence: Evidence, dossiers: list[Dossier], what: str) -> Finding:
    waiting = [item for item in dossiers if not item.decided]
    newest_dossier = max(dossiers, key=lambda item: item.opened_at)
    ids = tuple(f"dossier {item.id}" for item in waiting or [newest_dossier])
    if not waiting:
        return met(
            f"{count(len(dossiers), 'dossier')} on {what}, all decided by people, the newest opened on "
            f"{_on(evidence, newest_dossier.opened_at)}.",
            *ids,
        )
    oldest = min(waiting, key=lambda item: item.opened_at)
    since = evidence.until - oldest.opened_at
    reason = f"A dossier on {what} waits for people since {_on(evidence, oldest.opened_at)} ({span(since)})."
    patience = timedelta(days=Duration(1, evidence.project.monitoring.every).days)
    found: Callable[..., Finding] = at_risk if what == "retirement" or since > patience else met
    return found(reason, *ids, at=evidence.until)


def _asked(evidence: Evidence) -> int:
    approval = evidence.project.deployment.approval
    return 1 if approval is None else approval.people


def _approvers(evidence: Evidence, version: str) -> int:
    """How many people approved a version."""
    return len({item.by for item in evidence.decisions if item.subject_id == version and item.approve})


def _is_alone(evidence: Evidence, decision: Decision) -> bool:
    approval = evidence.project.deployment.approval
    if approval is None or not approval.four_eyes:
        return False
    version = next((item for item in evidence.versions if item.name == decision.subject_id), None)
    revisions = {item.number: item for item in (*evidence.revisions, evidence.revision)}
    return (
        version is not None and version.revision in revisions and revisions[version.revision].applied_by == decision.by
    )


def _on(evidence: Evidence, at: datetime) -> str:
    return day(at, evidence.project.tz)
