"""Drift measures agree with scipy on the rows themselves, and their noise is what they say it is."""

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats
from scipy.spatial import distance

from copml.metrics import profile
from copml.metrics.sample import Floats
from copml.monitoring.measures import MEASURES
from copml.monitoring.measures.psi import psi_interval
from copml.records import Bins


def _pair(a: Floats, b: Floats) -> tuple[Bins, Bins]:
    reference = profile(pa.table({"x": a}))
    return reference["x"], profile(pa.table({"x": b}), reference)["x"]


@pytest.fixture(scope="module")
def few_values() -> tuple[Floats, Floats]:
    """Six values only, so that bins lose nothing."""
    rng = np.random.default_rng(1)
    return rng.integers(0, 6, 900).astype(float), rng.choice(6, 500, p=[0.3, 0.1, 0.1, 0.1, 0.2, 0.2]).astype(float)


def test_as_scipy_has_it(few_values: tuple[Floats, Floats]) -> None:
    a, b = few_values
    counts = np.stack([np.bincount(rows.astype(int)) for rows in few_values])
    theirs = {
        "jensen_shannon": distance.jensenshannon(*counts, base=2),
        "wasserstein": stats.wasserstein_distance(a, b) / 5,
        "kolmogorov_smirnov": stats.ks_2samp(a, b).statistic,
        "chi2": stats.chi2_contingency(counts, correction=False).statistic,
    }
    ours = {name: MEASURES[name](*_pair(a, b)) for name in theirs}
    assert ours == pytest.approx(theirs, abs=1e-12)


def test_bins_see_no_more_than_the_rows_show() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=3000), rng.normal(0.3, 1.2, size=2000)
    rows = stats.ks_2samp(a, b).statistic
    assert 0.9 * rows <= MEASURES["kolmogorov_smirnov"](*_pair(a, b)) <= rows


@pytest.mark.parametrize(("n", "m"), [(3000, 3000), (2000, 300), (500, 100)])
def test_no_drift_is_seen_where_there_is_none(n: int, m: int) -> None:
    rng = np.random.default_rng(3)
    seen = [psi_interval(*_pair(rng.normal(size=n), rng.normal(size=m))) for _ in range(100)]
    assert np.mean([item.low > 0 for item in seen]) <= 0.05
    assert np.mean([item.value for item in seen]) == pytest.approx(20 * (1 / n + 1 / m), rel=0.25)


def test_the_interval_of_the_index_holds_the_truth() -> None:
    rng, hits = np.random.default_rng(4), 0
    truth = psi_interval(*_pair(rng.normal(size=400_000), rng.normal(0.5, 1, size=400_000))).value
    for _ in range(200):
        seen = psi_interval(*_pair(rng.normal(size=6000), rng.normal(0.5, 1, size=6000)))
        hits += seen.low <= truth <= seen.high
    assert hits / 200 >= 0.92
