"""What cannot be known of a model that runs elsewhere, and what can be seen of it all the same.

Invariant: what happens where the model runs leaves no record here, so nothing that asks for it is ever met; each reason
says what is missing and what is there instead. Requirements that do not stand here are judged as of any other model.
"""

from collections.abc import Callable

from copml.conformance.evidence import Evidence
from copml.conformance.requirement import Finding, unproven
from copml.conformance.rules import audit, waiting
from copml.conformance.words import count, listed
from copml.records import Verdict

_AT_HOME = "Ask whoever runs the model for the evidence and keep it with the project."


def found(name: str, evidence: Evidence) -> Finding | None:
    """The finding on a requirement that is decided where the model runs; None where it is judged here."""
    rule = _RULES.get(name)
    return None if rule is None or not evidence.project.is_external else rule(evidence)


def _reason(text: str, step: str = _AT_HOME) -> Callable[[Evidence], Finding]:
    return lambda evidence: unproven(f"The model runs elsewhere: {text}.", step=step)


def _resolved(evidence: Evidence) -> Finding:
    """AD-1: a prediction names its version; the artifact is not here."""
    runs = evidence.scored
    if not runs:
        return unproven("No prediction has arrived yet.", step=waiting.for_a_batch(evidence))
    rows, names = sum(run.rows for run in runs), sorted({run.version for run in runs})
    known = [item.name for item in evidence.versions if item.content_digest]
    artifact = f"of the file of {listed(known)} only the digest is here" if known else "no digest of a file is known"
    return unproven(
        f"The model runs elsewhere: {count(rows, 'prediction')} lead to {listed(names)} by name, but {artifact}.",
        *(f"scoring run {run.id}" for run in runs[-3:]),
        step=_AT_HOME if known else "State the digest of its file under deployment.model; `copml adopt` works it out.",
    )


def _kept(evidence: Evidence) -> Finding:
    """AD-2: rows are sealed from their arrival on; what happened to them before is not known."""
    seen = audit.kept(evidence)
    if seen.verdict is not Verdict.MET:
        return seen
    rows = sum(run.rows for run in evidence.scored)
    return unproven(
        f"{count(rows, 'prediction')} recorded and sealed since they arrived here; whether the log holds every answer "
        "that was given, and as it was given, is known only where the model runs.",
        *seen.evidence,
        step=_AT_HOME,
    )


def _supplied(evidence: Evidence) -> Finding:
    """RI-4: what the project file states of the model's file."""
    model = evidence.project.deployment.model
    stated = f"its file is stated as {model.format}, SHA-256 {model.digest[:12]}…, but " if model else ""
    return unproven(
        f"The model runs elsewhere: {stated}who signed it and with which packages it runs is not known here.",
        step=_AT_HOME,
    )


_RULES: dict[str, Callable[[Evidence], Finding]] = {
    "AV-2": _reason("whether each answer was there when it was needed is seen there; only its log arrives here"),
    "AV-3": _reason("its availability is measured there; that its log arrives late shows under AU-1"),
    "AU-2": _reason("how its inputs are built, and whether training had the same, is not known here"),
    "AU-5": _reason("that it can be trained again without its author is not shown here"),
    "AU-6": _reason("versions are replaced there; here only the name changes under which predictions arrive"),
    "AU-9": _reason("what it learns from is not known here; outcomes wait in data.outcome for whoever trains it"),
    "AU-11": _reason("how its parameters were found is not known here"),
    "RI-2": _reason("who was in its training data is not known here, so no test of leakage can be made"),
    "RI-4": _supplied,
    "AD-1": _resolved,
    "AD-2": _kept,
    "AD-3": _reason("which data trained it is not known here"),
    "RE-1": _reason("its answers are recorded, but it is not here to be asked again"),
    "RE-2": _reason("neither its data nor its code is here to train it again"),
    "RE-3": _reason("nothing of its training was captured, and it cannot be added afterwards"),
    "EX-4": _reason("whether an explainer is rebuilt with each training is not known here"),
    "HO-2": _reason("who approved a version before it went live is not known here"),
}
ELSEWHERE = frozenset(_RULES)
"""The ids of requirements that are decided where the model runs."""
