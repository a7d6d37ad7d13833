"""Look at what the model gets and gives, window by window, and say what went wrong and whose it is.

Invariant: pure functions from counts, predictions and outcomes to measurements and findings; nothing here reads a
store, opens an incident or fires a trigger: that is for `operations`. What the programme is worth is for `value`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.monitoring.diagnosis import FIRST_WINDOW as FIRST_WINDOW
    from copml.monitoring.diagnosis import HOLDOUT as HOLDOUT
    from copml.monitoring.diagnosis import Diagnosis as Diagnosis
    from copml.monitoring.diagnosis import Signs as Signs
    from copml.monitoring.diagnosis import diagnose as diagnose
    from copml.monitoring.drift import DriftFound as DriftFound
    from copml.monitoring.drift import drift_measurements as drift_measurements
    from copml.monitoring.gain import helped as helped
    from copml.monitoring.performance import PerformanceFound as PerformanceFound
    from copml.monitoring.performance import answer_columns as answer_columns
    from copml.monitoring.performance import performance_measurements as performance_measurements
    from copml.monitoring.quality import QualityFound as QualityFound
    from copml.monitoring.quality import quality_measurements as quality_measurements
    from copml.monitoring.service import ServiceFound as ServiceFound
    from copml.monitoring.service import service_measurements as service_measurements

_NAMES = {
    "answer_columns": "performance",
    "Diagnosis": "diagnosis",
    "DriftFound": "drift",
    "FIRST_WINDOW": "diagnosis",
    "HOLDOUT": "diagnosis",
    "PerformanceFound": "performance",
    "QualityFound": "quality",
    "ServiceFound": "service",
    "Signs": "diagnosis",
    "diagnose": "diagnosis",
    "drift_measurements": "drift",
    "helped": "gain",
    "performance_measurements": "performance",
    "quality_measurements": "quality",
    "service_measurements": "service",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
