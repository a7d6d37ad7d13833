"""Statistics: every metric as a value with a 95 % interval, and profiles that summarise a column in counts.

Invariant: a value never leaves this room without its interval, and intervals know that rows of one entity belong
together. What is measured on which rows, and what a value means for the loop, is for `training`, `monitoring` and
`value`.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from copml.metrics.comparison import compare as compare
    from copml.metrics.comparison import difference as difference
    from copml.metrics.comparison import pooled_difference as pooled_difference
    from copml.metrics.comparison import proportion as proportion
    from copml.metrics.profiles import bin_codes as bin_codes
    from copml.metrics.profiles import merge as merge
    from copml.metrics.profiles import profile as profile
    from copml.metrics.sample import Sample as Sample
    from copml.metrics.sample import decide as decide
    from copml.metrics.sample import spoken as spoken
    from copml.metrics.separation import Separable as Separable
    from copml.metrics.series import series_mean as series_mean
    from copml.metrics.table import METRICS as METRICS
    from copml.metrics.table import measure as measure
    from copml.metrics.table import measure_all as measure_all

_NAMES = {
    "METRICS": "table",
    "Sample": "sample",
    "Separable": "separation",
    "bin_codes": "profiles",
    "compare": "comparison",
    "decide": "sample",
    "difference": "comparison",
    "measure": "table",
    "measure_all": "table",
    "merge": "profiles",
    "pooled_difference": "comparison",
    "profile": "profiles",
    "proportion": "comparison",
    "series_mean": "series",
    "spoken": "sample",
}


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
