"""Which stage caused it: upstream data, the model, the service or the business.

Each rule reads signs of one window and names a cause, the stage that caused it, its owner, and the evidence, in three
plain sentences. A model is only blamed for what shows on entities that nobody treated: accuracy that falls on all and
holds on control is the programme at work.

Invariant: pure; a rule without the facts that it needs says nothing. A fall is one that the intervals of both sides
leave no doubt about, and that is large enough to matter. While inputs are broken upstream, no shift is diagnosed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from copml.metrics import difference
from copml.records import SEGMENT_ALL, SEGMENT_CONTROL, Cause, CauseStage, Interval, ProblemKind, Role

# Two points of accuracy, area, calibration or base rate: less is sure on large windows and still no reason to act.
FALL_MIN = 0.02
# Of an error or a mean in the unit of the outcome, the same as a share of what it was.
CHANGE_MIN = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What tells the causes apart for a kind of problem.

    `performance`: metrics and whether more of them is better. `order`: the metric that only looks at the order of the
    answers. `base`: how frequent, or how large, outcomes are. `relative`: whether changes count as shares of what was.
    """

    performance: tuple[tuple[str, bool], ...]
    order: str | None
    base: str | None
    relative: bool = False


READINGS = {
    ProblemKind.BINARY: Reading(
        performance=(("roc_auc", True), ("accuracy", True), ("calibration_error", False)),
        order="roc_auc",
        base="positive_ratio",
    ),
    ProblemKind.MULTICLASS: Reading(
        performance=(("roc_auc_ovr", True), ("accuracy", True), ("calibration_error", False)),
        order="roc_auc_ovr",
        base=None,
    ),
    ProblemKind.REGRESSION: Reading(performance=(("mae", False),), order=None, base="outcome_mean", relative=True),
    ProblemKind.RANKING: Reading(
        performance=(("roc_auc", True), ("average_precision", True)), order="roc_auc", base="positive_ratio"
    ),
}

Figures = Mapping[str, Interval]
HOLDOUT, FIRST_WINDOW = "on the holdout", "in its first window"
"""What a version is compared with: the rows that it was tested on, or, where nobody knows those, how it began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What is known of a window.

    `measured`: its measurements, and `holdout`: those of the version that served, by `metric.segment`, made as
    `compared_with` says. `drifted`: the
    index of the columns that drifted. `upstream`: what is wrong with columns and sources; `service`: batches that were
    missed or late; both in words. `untreated`: the segment that no treatment touched: `all` where nobody is treated.
    """

    measured: Figures
    kind: ProblemKind = ProblemKind.BINARY
    untreated: str = SEGMENT_CONTROL
    holdout: Figures = field(default_factory=dict)
    compared_with: str = HOLDOUT
    drifted: Figures = field(default_factory=dict)
    upstream: Mapping[str, str] = field(default_factory=dict)
    service: tuple[str, ...] = ()

    @property
    def reading(self) -> Reading:
        """What tells the causes apart."""
        return READINGS[self.kind]

    @property
    def who(self) -> str:
        """Those whom no treatment touched, in words."""
        return "untreated control entities" if self.untreated == SEGMENT_CONTROL else "all entities"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """A cause, the stage that caused it, who owns it, three sentences on it, and the figures behind them."""

    cause: Cause
    cause_stage: CauseStage
    owner: Role
    what: str
    evidence: dict[str, str]


def diagnose(signs: Signs) -> tuple[Diagnosis, ...]:
    """Every cause that the signs of a window show, in the order in which to look at them."""
    return tuple(found for rule in RULES for found in rule(signs))


def _upstream(signs: Signs) -> Iterator[Diagnosis]:
    if not signs.upstream:
        return
    names = _listed(signs.upstream)
    yield Diagnosis(
        cause=Cause.UPSTREAM_DATA,
        cause_stage=CauseStage.DATA,
        owner=Role.DATA,
        what=f"The data that feed the model are broken: {names}. "
        "Predictions of this window rest on them, so the model itself is not judged by it. "
        "Repair the source or its delivery, and ingest again.",
        evidence=dict(signs.upstream),
    )


def _service(signs: Signs) -> Iterator[Diagnosis]:
    if not signs.service:
        return
    yield Diagnosis(
        cause=Cause.SERVICE,
        cause_stage=CauseStage.SERVICE,
        owner=Role.OPERATIONS,
        what=f"The business did not get its predictions when they were due: {signs.service[0]}. "
        f"{_number(len(signs.service))} of this window is affected, and what the model says is not in question. "
        "See that the loop runs and has its data in time.",
        evidence={f"slot {place}": words for place, words in enumerate(signs.service, start=1)},
    )


def _concept(signs: Signs) -> Iterator[Diagnosis]:
    worse, order = _worse(signs), signs.reading.order
    if signs.upstream or not worse or (_base_rate(signs) and order is not None and order not in worse):
        return
    blameless = ""
    if signs.untreated == SEGMENT_CONTROL:
        blameless = " The programme cannot be the reason, because nobody treated them."
    drifted = f" Inputs have changed as well: {_listed(signs.drifted)}." if signs.drifted else ""
    yield Diagnosis(
        cause=Cause.CONCEPT_SHIFT,
        cause_stage=CauseStage.MODEL,
        owner=Role.SCIENCE,
        what=f"What makes the outcome happen has changed: on {signs.who} {_falls(signs, worse)}.{blameless}{drifted} "
        "Retrain on newer outcomes, and look for what changed in the world if that does not help.",
        evidence=_evidence(signs, *worse, *_given(signs.reading.base)) | _indices(signs),
    )


def _label(signs: Signs) -> Iterator[Diagnosis]:
    change, worse, order = _base_rate(signs), _worse(signs), signs.reading.order
    if signs.upstream or change is None or (order or "mae") in worse or (signs.drifted and not worse):
        return
    more, by = ("larger", f"{abs(change.value):,.3g}") if order is None else ("more frequent", _points(change))
    less = "smaller" if order is None else "less frequent"
    yield Diagnosis(
        cause=Cause.LABEL_SHIFT,
        cause_stage=CauseStage.MODEL,
        owner=Role.SCIENCE,
        what=f"The outcome has become {more if change.value > 0 else less} among {signs.who}, by {by}. "
        "The model still ranks them as well as before, but its answers and its threshold fit what was. "
        "Recalibrate or retrain, and check the threshold.",
        evidence=_evidence(signs, *_given(signs.reading.base), *_given(order), *worse),
    )


def _covariate(signs: Signs) -> Iterator[Diagnosis]:
    if not signs.drifted or _worse(signs):
        return
    first = signs.reading.performance[0][0]
    known = _now(signs, first) is not None and _reference(signs, first) is not None
    so_far = f"is as good as {signs.compared_with}" if known else "is not known yet: outcomes have still to mature"
    yield Diagnosis(
        cause=Cause.COVARIATE_SHIFT,
        cause_stage=CauseStage.MODEL,
        owner=Role.SCIENCE,
        what=f"The model meets other entities than {_known_from(signs)}: {_listed(signs.drifted)} changed. "
        f"Its performance on {signs.who} {so_far}. "
        "Retraining takes the new entities in; ask the business what changed.",
        evidence=_indices(signs) | _evidence(signs, *(metric for metric, _ in signs.reading.performance[:2])),
    )


def _intervention(signs: Signs) -> Iterator[Diagnosis]:
    treated, control = signs.measured.get(f"accuracy.{SEGMENT_ALL}"), _now(signs, "accuracy")
    reference = _reference(signs, "accuracy")
    if treated is None or control is None or reference is None or "accuracy" in _worse(signs):
        return
    if not (_surely(difference(reference, treated)) and difference(control, treated).low > 0):
        return
    yield Diagnosis(
        cause=Cause.INTERVENTION,
        cause_stage=CauseStage.BUSINESS,
        owner=Role.BUSINESS,
        what=f"Accuracy on all entities fell to {treated.value:.1%} because the programme works: who was treated "
        "did not do what was predicted. "
        f"On untreated control entities accuracy is {control.value:.1%}, as good as {signs.compared_with}. "
        "This is no fault of the model, and retraining on treated outcomes would spoil it.",
        evidence=_evidence(signs, "accuracy") | {f"accuracy.{SEGMENT_ALL}": _figure(treated)},
    )


def _value(signs: Signs) -> Iterator[Diagnosis]:
    net = signs.measured.get(f"net_value.{SEGMENT_ALL}")
    if net is None or net.high >= 0:
        return
    effect = signs.measured.get(f"effect.{SEGMENT_ALL}")
    seen = (
        f"the treatment changes the outcome by {effect.value * 100:.1f} points" if effect else "its effect is unknown"
    )
    yield Diagnosis(
        cause=Cause.VALUE,
        cause_stage=CauseStage.BUSINESS,
        owner=Role.BUSINESS,
        what=f"The programme costs more than it brings, by {-net.value:,.0f} in this window. "
        f"Treated against control, {seen}. "
        "Look at the treatment and its costs before the model.",
        evidence={"net_value": _figure(net, "{:,.0f}")} | ({"effect": _figure(effect)} if effect else {}),
    )


RULES: tuple[Callable[[Signs], Iterator[Diagnosis]], ...] = (
    _upstream,
    _service,
    _concept,
    _label,
    _covariate,
    _intervention,
    _value,
)


def _worse(signs: Signs) -> tuple[str, ...]:
    """The metrics that are surely and notably worse on the untreated than on the holdout."""
    found = []
    for metric, more_is_better in signs.reading.performance:
        before, now = _reference(signs, metric), _now(signs, metric)
        if before is None or now is None:
            continue
        fall = difference(before, now) if more_is_better else difference(now, before)
        if _surely(fall, _notable(signs, before)):
            found.append(metric)
    return tuple(found)


def _base_rate(signs: Signs) -> Interval | None:
    """The change of how frequent or large outcomes are on the untreated, where it is sure and notable."""
    metric = signs.reading.base
    before, now = (_reference(signs, metric), _now(signs, metric)) if metric else (None, None)
    if before is None or now is None:
        return None
    change, least = difference(now, before), _notable(signs, before)
    return change if _surely(change, least) or _surely(difference(before, now), least) else None


def _notable(signs: Signs, before: Interval) -> float:
    return CHANGE_MIN * abs(before.value) if signs.reading.relative else FALL_MIN


def _surely(seen: Interval, least: float = FALL_MIN) -> bool:
    return seen.low > 0 and seen.value >= least


def _now(signs: Signs, metric: str) -> Interval | None:
    """The window's figure on those whom no treatment touched."""
    return signs.measured.get(f"{metric}.{signs.untreated}")


def _reference(signs: Signs, metric: str) -> Interval | None:
    """The holdout's figure on untreated entities, or on all where it has no other."""
    return signs.holdout.get(f"{metric}.{SEGMENT_CONTROL}") or signs.holdout.get(f"{metric}.{SEGMENT_ALL}")


def _known_from(signs: Signs) -> str:
    return "it was trained on" if signs.compared_with == HOLDOUT else signs.compared_with


def _given(metric: str | None) -> tuple[str, ...]:
    return () if metric is None else (metric,)


def _points(change: Interval) -> str:
    return f"{abs(change.value) * 100:.1f} points"


def _falls(signs: Signs, worse: tuple[str, ...]) -> str:
    return ", ".join(f"{metric} is {_pair(signs, metric)}" for metric in worse)


def _pair(signs: Signs, metric: str) -> str:
    now, before = _now(signs, metric), _reference(signs, metric)
    if now is None:
        return "unknown"
    return f"{now.value:.3f}" + (f" against {before.value:.3f} {signs.compared_with}" if before else "")


def _evidence(signs: Signs, *metrics: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for metric in metrics:
        now, before = _now(signs, metric), _reference(signs, metric)
        if now is not None:
            found[f"{metric}.{signs.untreated}"] = _figure(now)
        if before is not None:
            found[f"{metric} {signs.compared_with}"] = _figure(before)
    return found


def _indices(signs: Signs) -> dict[str, str]:
    return {f"psi.{column}": _figure(seen) for column, seen in signs.drifted.items()}


def _figure(seen: Interval, form: str = "{:.3f}") -> str:
    value, low, high = (form.format(number) for number in (seen.value, seen.low, seen.high))
    return f"{value} ({low} to {high}, n = {seen.n})"


def _listed(names: Mapping[str, object]) -> str:
    first = list(names)[:3]
    more = len(names) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")


def _number(count: int) -> str:
    return "One batch" if count == 1 else f"A total of {count} batches"
