"""What a window shows before any outcome is known: drift, quality of data, service (pure).

Invariant: what is measured and what a diagnosis rests on come from here alike, so that they cannot disagree.
"""

from functools import reduce

from copml.metrics import merge
from copml.monitoring import (
    FIRST_WINDOW,
    HOLDOUT,
    DriftFound,
    QualityFound,
    ServiceFound,
    Signs,
    drift_measurements,
    quality_measurements,
    service_measurements,
)
from copml.operations.view import View
from copml.records import (
    SEGMENT_ALL,
    SEGMENT_CONTROL,
    Interval,
    Measurement,
    ModelVersion,
    Occasion,
    Profile,
    ScoringRun,
    Window,
)


def occasion(view: View, window: Window, *, again: bool = False) -> Occasion:
    """What a measurement that is made now is of."""
    runs = view.scored_in(window)
    return Occasion(
        project=view.name,
        window=window,
        version=runs[-1].version if runs else None,
        measured_at=view.now,
        pass_=1 if again else 0,
    )


def drift(view: View, window: Window) -> DriftFound:
    """How far inputs and answers are from what the version that served last in the window was trained on."""
    runs = view.scored_in(window)
    version = view.version(runs[-1].version)
    assert version is not None, "what scored a batch is registered"
    return drift_measurements(
        occasion(view, window),
        version.profile,
        _merged([run for run in runs if run.version == version.name]),
        threshold=view.project.monitoring.drift,
        tolerated=_tolerated(view),
    )


def quality(view: View, window: Window) -> QualityFound:
    """What was wrong with what the sources brought in a window."""
    return quality_measurements(occasion(view, window), view.ingested_in(window), tolerated=_tolerated(view))


def service(view: View, window: Window) -> ServiceFound:
    """Whether the batches that were due in a window came, and in time; what is due elsewhere is not known here.

    Nothing is due before a version was first live: that none passed its gates is no failure of the service.
    """
    if view.project.is_external:
        return service_measurements(occasion(view, window), (), ())
    runs = view.scored_in(window)
    first = min([item.from_at for item in view.deployments], default=view.now)
    due = [slot for slot in view.slots if window.starts_at <= slot < window.ends_at]
    expected = [slot for slot in due if slot >= first or slot in {run.slot for run in runs}]
    return service_measurements(occasion(view, window), expected, runs)


def signs(view: View, window: Window) -> Signs:
    """Everything that is known of a window, as the rules of diagnosis read it."""
    runs = view.scored_in(window)
    version = view.version(runs[-1].version) if runs else None
    shift = drift(view, window) if runs else None
    return Signs(
        measured={
            f"{metric}.{segment}": _interval(item) for (metric, segment), item in view.measured_in(window).items()
        },
        kind=view.project.rule.kind,
        untreated=untreated(view),
        holdout=_before(view, window, version),
        compared_with=FIRST_WINDOW if view.project.is_external else HOLDOUT,
        drifted=shift.drifted if shift is not None else {},
        upstream={**quality(view, window).upstream, **(shift.upstream if shift is not None else {})},
        service=service(view, window).failures if window.ends_at <= view.now else (),
    )


def _before(view: View, window: Window, version: ModelVersion | None) -> dict[str, Interval]:
    """How good the version was: on its holdout, or in the first window that was measured of it where it has none."""
    if version is None or not view.project.is_external:
        return {} if version is None else version.metrics
    for earlier in view.windows:
        if earlier.starts_at < window.starts_at and view.latest("matured_ratio", earlier) is not None:
            found = view.measured_in(earlier)
            if all(item.version == version.name for item in found.values()):
                return {f"{metric}.{segment}": _interval(item) for (metric, segment), item in found.items()}
    return {}


def _interval(item: Measurement) -> Interval:
    return Interval(value=item.value, low=item.low, high=item.high, n=item.n)


def untreated(view: View) -> str:
    """The segment that no treatment touched."""
    is_all = view.project.data.treatment is None and view.project.business.control_group.share is None
    return SEGMENT_ALL if is_all else SEGMENT_CONTROL


def _tolerated(view: View) -> dict[str, float]:
    return {column: check.missing for column, check in view.project.data.checks.items()}


def _merged(runs: list[ScoringRun]) -> Profile:
    return reduce(merge, (run.profile for run in runs))
