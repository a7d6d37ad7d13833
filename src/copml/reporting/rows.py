"""Rows of the tables on a page, written out for people.

Invariant: a row holds text only; the template decides where it stands, never what it says.
"""

from dataclasses import dataclass

from copml.conformance import Evidence
from copml.conformance.evidence import Metric
from copml.conformance.words import between, day, listed, moment, number, share
from copml.records import Decision, Firing, GateResult, Interval, ModelVersion, Subject, VersionState
from copml.reporting.judged import judged_by

RATIOS = ("accuracy", "balanced_accuracy", "majority_accuracy", "recall", "precision", "specificity", "positive_ratio")
MODES = {
    "acted": "acted",
    "proposed": "proposed only: the project was commissioning",
    "superseded": "recorded only: a repair was under way or made since",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A gate as shown: `mark` is ✓, ✕ or ?."""

    mark: str
    condition: str
    seen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """A version with its figures, its gates, who decided, and when it was live.

    `standing` is what the state means today: `live` or `replaced` for a version that was put to use.
    """

    name: str
    state: str
    standing: str
    made: str
    cause: str
    figures: tuple[tuple[str, str], ...]
    gates: tuple[Gate, ...]
    decided: str
    live: str
    gain: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FiringRow:
    """A trigger that fired: when, for which window, why, what it did, what came of it."""

    at: str
    window: str
    condition: str
    seen: str
    did: str
    mode: str
    followed: str


def version_rows(evidence: Evidence) -> tuple[VersionRow, ...]:
    """Every version, the newest first."""
    return tuple(version_row(evidence, item) for item in sorted(evidence.versions, key=lambda item: -item.number))


def version_row(evidence: Evidence, item: ModelVersion) -> VersionRow:
    """One version."""
    return VersionRow(
        name=item.name,
        state=item.state.value,
        standing=_standing(evidence, item),
        made=day(item.created_at, evidence.project.tz),
        cause=cause_words(item.cause),
        figures=tuple((metric_name(name), interval_text(name, value)) for name, value in sorted(item.metrics.items())),
        gates=tuple(_gate(gate) for gate in item.gates),
        decided=_decided(evidence, item),
        live=_live(evidence, item),
        gain=_gain(evidence, item),
        digest=item.content_digest[:12],
    )


def firing_rows(evidence: Evidence) -> tuple[FiringRow, ...]:
    """Every firing, the newest first."""
    zone = evidence.project.tz
    return tuple(
        FiringRow(
            at=day(item.fired_at, zone),
            window=day(item.starts_at, zone),
            condition=item.evidence.get("condition", item.trigger),
            seen=item.evidence.get("seen", ""),
            did=listed([str(action) for action in item.actions]),
            mode=MODES.get(item.mode, item.mode),
            followed=_followed(evidence, item),
        )
        for item in sorted(evidence.firings, key=lambda item: item.fired_at, reverse=True)
    )


def cause_words(cause: str) -> str:
    """What asked for a training, in words."""
    known = {"first": "the first training", "schedule": "the schedule", "": "a person"}
    kind = cause.split("/", 1)[0]
    return known.get(kind, f"trigger {kind}")


def metric_name(name: str) -> str:
    """`accuracy.control` → `accuracy on control`."""
    metric, _, segment = name.partition(".")
    return f"{metric.replace('_', ' ')} on {segment}" if segment else metric.replace("_", " ")


def interval_text(name: str, value: Interval) -> str:
    """A metric with its interval: shares as percentages, scores with three digits."""
    ratio = name.partition(".")[0] in RATIOS
    form = share if ratio else lambda figure: number(figure, 3)
    if value.low == value.high:
        return form(value.value)
    return f"{form(value.value)} ({form(value.low)} to {form(value.high)})"


def training_result(evidence: Evidence, version: str, reason: str) -> str:
    """What came of a training: its version and what became of that, or why there is none."""
    made = next((item for item in evidence.versions if item.name == version), None)
    if made is None:
        return f"no version: {reason}" if reason else "no version"
    return f"{made.name} {made.state}, {made.state_reason}" if made.state_reason else f"{made.name} {made.state}"


def decision_on(evidence: Evidence, subject: Subject, subject_id: str) -> Decision | None:
    """The newest decision on a subject."""
    found = [item for item in evidence.decisions if (item.subject, item.subject_id) == (subject, subject_id)]
    return max(found, key=lambda item: item.at, default=None)


def decision_text(evidence: Evidence, item: Decision) -> str:
    """Who decided what, when and why; an identity that nobody checked is named as such."""
    verb = f"Decided to {item.choice}" if item.choice else "Approved" if item.approve else "Rejected"
    reason = f": {item.reason}" if item.reason else ""
    return f"{verb} by {item.by} ({item.identity}) on {moment(item.at, evidence.project.tz)}{reason}"


def _gate(gate: GateResult) -> Gate:
    mark = {True: "✓", False: "✕", None: "?"}[gate.passed]
    return Gate(mark=mark, condition=gate.condition, seen=gate.seen)


def _decided(evidence: Evidence, item: ModelVersion) -> str:
    decision = decision_on(evidence, Subject.VERSION, item.name)
    return decision_text(evidence, decision) if decision is not None else item.state_reason


def _standing(evidence: Evidence, item: ModelVersion) -> str:
    if item.name == evidence.live_version:
        return "live"
    used = [deployment.version for deployment in evidence.live_deployments]
    return "replaced" if item.name in used[:-1] and item.state is VersionState.APPROVED else item.state.value


def _live(evidence: Evidence, item: ModelVersion) -> str:
    zone = evidence.project.tz
    held = [deployment for deployment in evidence.live_deployments if deployment.version == item.name]
    times = [(day(one.from_at, zone), day(one.until_at, zone) if one.until_at else "") for one in held]
    return listed([f"{start} to {end}" if end else f"since {start}" for start, end in times]) or "never"


def _gain(evidence: Evidence, item: ModelVersion) -> str:
    """Whether it was better in use than the version before, once that is measured."""
    found = [held for segment in evidence.segments(Metric.GAIN) for held in evidence.series(Metric.GAIN, segment)]
    gain = next((held for held in found if held.version == item.name), None)
    if gain is None:
        return ""
    by = judged_by(evidence)
    interval = between(gain.low, gain.high, by.step)
    judged = "it helped" if gain.low > 0 else "it did not help" if gain.high < 0 else "whether it helped is not certain"
    return f"In use, {by.metric} on {gain.segment} got better by {by.step(gain.value)} ({interval}): {judged}."


def _followed(evidence: Evidence, item: Firing) -> str:
    if item.mode != "acted":
        return "–"
    runs = [run for run in evidence.runs if run.cause.startswith(f"{item.trigger}/") and run.ended_at >= item.fired_at]
    asked = [held for held in evidence.dossiers if held.action in item.actions and held.opened_at >= item.fired_at]
    told = [held for held in evidence.incidents if held.id.startswith(f"{item.trigger}/")]
    found = [training_result(evidence, run.version or "", run.reason) for run in runs[:1]]
    found += [f"dossier {held.id}" for held in asked[:1]]
    return listed(found or [f"incident {held.id}" for held in told if held.starts_at == item.starts_at]) or "–"
