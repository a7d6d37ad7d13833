"""Drift measures: how far two counts of one column are apart.

Invariant: a measure is arithmetic on two `Bins` with the same bins, nothing else; it is symmetric, not negative, and 0
where the counts are equal. Missing values are a bin of their own. Which distance is too far is for `monitoring.drift`.
"""

from collections.abc import Callable

from copml.monitoring.measures.chi2 import chi2
from copml.monitoring.measures.jensen_shannon import jensen_shannon
from copml.monitoring.measures.kolmogorov_smirnov import kolmogorov_smirnov
from copml.monitoring.measures.psi import psi
from copml.monitoring.measures.wasserstein import wasserstein
from copml.records import Bins

MEASURES: dict[str, Callable[[Bins, Bins], float]] = {
    "psi": psi,
    "jensen_shannon": jensen_shannon,
    "wasserstein": wasserstein,
    "kolmogorov_smirnov": kolmogorov_smirnov,
    "chi2": chi2,
}
