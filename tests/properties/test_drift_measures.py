"""Drift measures: symmetric, zero on equal counts, within their range; a distance where they say so; counts add up."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from copml.errors import MetricUndefined, ProfilesDiffer
from copml.metrics import merge
from copml.monitoring.measures import MEASURES
from copml.monitoring.measures.psi import psi_interval
from copml.records import Bins

BINS = 5
DISTANCES = ("jensen_shannon", "wasserstein", "kolmogorov_smirnov")
RANGES = {"psi": np.inf, "jensen_shannon": 1.0, "wasserstein": 2.0, "kolmogorov_smirnov": 1.0, "chi2": np.inf}


def _bins(kind: str) -> st.SearchStrategy[Bins]:
    edges = tuple(float(edge) for edge in range(BINS - 1)) if kind == "number" else ()
    labels = ("a", "b", "c", "d", "…") if kind == "category" else ()
    rows = st.integers(0, 60)
    return st.builds(
        lambda counts, missing: Bins(kind=kind, counts=tuple(counts), missing=missing, edges=edges, labels=labels),
        st.lists(rows, min_size=BINS, max_size=BINS),
        rows,
    ).filter(lambda bins: sum(bins.counts) + bins.missing > 0)


PAIRS = st.sampled_from(["number", "category"]).flatmap(lambda kind: st.tuples(_bins(kind), _bins(kind)))
TRIPLES = st.sampled_from(["number", "category"]).flatmap(lambda kind: st.tuples(_bins(kind), _bins(kind), _bins(kind)))

each_measure = pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)


def test_every_measure_states_its_range() -> None:
    assert MEASURES.keys() == RANGES.keys()


@each_measure
@settings(max_examples=30)
@given(pair=PAIRS)
def test_symmetric(measure: Callable[[Bins, Bins], float], pair: tuple[Bins, Bins]) -> None:
    assert measure(*pair) == pytest.approx(measure(pair[1], pair[0]), abs=1e-9)


@each_measure
@settings(max_examples=30)
@given(pair=PAIRS)
def test_zero_on_equal_counts(measure: Callable[[Bins, Bins], float], pair: tuple[Bins, Bins]) -> None:
    assert measure(pair[0], pair[0]) == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("name", MEASURES)
@settings(max_examples=30)
@given(pair=PAIRS)
def test_in_range(name: str, pair: tuple[Bins, Bins]) -> None:
    assert 0 <= MEASURES[name](*pair) <= RANGES[name]


@pytest.mark.parametrize("name", DISTANCES)
@settings(max_examples=30)
@given(triple=TRIPLES)
def test_triangle(name: str, triple: tuple[Bins, Bins, Bins]) -> None:
    one, two, three = triple
    measure = MEASURES[name]
    assert measure(one, three) <= measure(one, two) + measure(two, three) + 1e-9


@pytest.mark.parametrize("name", [*DISTANCES, "chi2"])
@settings(max_examples=30)
@given(pair=PAIRS)
def test_apart_exactly_where_shares_are(name: str, pair: tuple[Bins, Bins]) -> None:
    a, b = (np.array([*bins.counts, bins.missing]) for bins in pair)
    apart = bool(np.any(a * b.sum() != b * a.sum()))
    assert (MEASURES[name](*pair) > 1e-7) == apart


@each_measure
@settings(max_examples=30)
@given(pair=PAIRS)
def test_drift_in_one_part_is_thinned_by_the_rest(
    measure: Callable[[Bins, Bins], float], pair: tuple[Bins, Bins]
) -> None:
    """Adding the reference's own rows to a window brings it nearer to the reference."""
    reference, window = pair
    assume(measure(reference, window) > 1e-6)
    merged = merge({"x": window}, {"x": reference})["x"]
    if measure is not MEASURES["psi"]:
        assert measure(reference, merged) <= measure(reference, window) + 1e-9
    else:
        assert measure(reference, merged) <= measure(reference, window) + 0.05


@settings(max_examples=30)
@given(pair=PAIRS)
def test_the_index_lies_in_its_interval(pair: tuple[Bins, Bins]) -> None:
    seen = psi_interval(*pair)
    assert 0 <= seen.low <= seen.value <= seen.high
    assert seen.value == MEASURES["psi"](*pair)


@each_measure
def test_missing_values_are_a_bin(measure: Callable[[Bins, Bins], float]) -> None:
    whole = Bins(kind="number", counts=(50, 50), missing=0, edges=(0.0,))
    holes = Bins(kind="number", counts=(30, 30), missing=40, edges=(0.0,))
    gone = Bins(kind="number", counts=(0, 0), missing=100, edges=(0.0,))
    assert 0 < measure(whole, holes) < measure(whole, gone)


@each_measure
def test_other_bins_and_no_rows_are_refused(measure: Callable[[Bins, Bins], float]) -> None:
    one = Bins(kind="number", counts=(5, 5), missing=0, edges=(0.0,))
    with pytest.raises(ProfilesDiffer):
        measure(one, Bins(kind="number", counts=(5, 5), missing=0, edges=(1.0,)))
    with pytest.raises(MetricUndefined):
        measure(one, Bins(kind="number", counts=(0, 0), missing=0, edges=(0.0,)))
