"""The mean of a series of windows."""

import numpy as np
import pytest

from copml.errors import MetricUndefined
from copml.metrics import series_mean


def _walk(rng: np.random.Generator, count: int, alike: float) -> np.ndarray:
    values, series = 0.0, []
    for noise in rng.normal(size=count):
        values = alike * values + noise
        series.append(values)
    return np.array(series)


@pytest.mark.parametrize(("alike", "least"), [(0.0, 0.92), (0.6, 0.88)])
def test_the_interval_covers_the_mean_also_where_neighbours_are_alike(alike: float, least: float) -> None:
    rng = np.random.default_rng(1)
    seen = [series_mean(3.0 + _walk(rng, 100, alike)) for _ in range(400)]
    assert np.mean([item.low <= 3.0 <= item.high for item in seen]) >= least


def test_a_constant_series_has_no_spread_and_two_windows_have_no_interval() -> None:
    constant = series_mean([0.5] * 10)
    assert (constant.low, constant.value, constant.high, constant.n) == (0.5, 0.5, 0.5, 10)
    assert series_mean([1.0, 2.0]).high == float("inf")


def test_an_empty_series_has_no_mean() -> None:
    with pytest.raises(MetricUndefined):
        series_mean([])
