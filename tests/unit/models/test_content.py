"""The content digest: equal for equal fits, other for any other bit, whatever process computes it."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier

from copml.errors import ModelUnreadable
from copml.models import content_digest

Fitted = Callable[[str], Any]


def test_two_fits_alike_have_one_digest(fitted: Fitted, fit_again: Fitted, every_model: str) -> None:
    assert content_digest(fit_again(every_model)) == content_digest(fitted(every_model))


@given(st.integers(0, 3), st.integers(0, 63))
def test_any_bit_of_a_weight_counts(column: int, bit: int) -> None:
    model = LogisticRegression()
    model.coef_, model.intercept_, model.classes_ = np.array([[0.5, -1.0, 0.0, 3.0]]), np.zeros(1), np.array([0, 1])
    other = copy.deepcopy(model)
    other.coef_.view(np.uint64)[0, column] ^= np.uint64(1) << np.uint64(bit)
    assert content_digest(model) != content_digest(other)
    assert content_digest(model) == content_digest(copy.deepcopy(model))


PAIRS: list[tuple[object, object, bool]] = [
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
    ({"a": 1}, {"a": 2}, False),
    ({"a": 1}, {"a": 1.0}, False),
    ({"a": 1}, {"a": True}, False),
    ([1, 2], [2, 1], False),
    ([[1], 2], [[1, 2]], False),
    ({"x", "y", "z"}, {"z", "x", "y"}, True),
    ({"x"}, {"y"}, False),
    (np.array([1, 2]), np.array([1, 2], dtype=np.int32), False),
    (np.array([1, 2]), np.array([[1, 2]]), False),
    (np.array([[1, 2], [3, 4]]), np.asfortranarray([[1, 2], [3, 4]]), True),
    (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True),
    (np.array([0.0]), np.array([-0.0]), False),
    (np.array(["a", None], dtype=object), np.array(["a", None], dtype=object), True),
    (np.array(["a", None], dtype=object), np.array(["a", "None"], dtype=object), False),
    (np.float64(1.5), 1.5, True),
    (np.random.RandomState(1), np.random.RandomState(1), True),
    (np.random.RandomState(1), np.random.RandomState(2), False),
    (np.random.default_rng(1), np.random.default_rng(1), True),
    (np.random.default_rng(1), np.random.default_rng(2), False),
    ({"mean_fit_time": 1.0, "rank": 1}, {"mean_fit_time": 2.0, "rank": 1}, True),
    ({"mean_fit_times": 1.0}, {"mean_fit_times": 2.0}, False),
    (np.log1p, np.log1p, True),
    (np.log1p, np.expm1, False),
    (LogisticRegression, DecisionTreeClassifier, False),
    (LogisticRegression(C=1.0), LogisticRegression(C=2.0), False),
]


@pytest.mark.parametrize(("one", "other", "alike"), PAIRS)
def test_pairs(one: object, other: object, alike: bool) -> None:
    assert (content_digest(one) == content_digest(other)) is alike


def test_a_search_is_repeatable_though_it_keeps_times() -> None:
    rows, outcome = np.arange(80.0).reshape(40, 2) % 7, np.arange(40) % 2

    def search() -> str:
        return content_digest(
            GridSearchCV(DecisionTreeClassifier(random_state=0), {"max_depth": [1, 2]}).fit(rows, outcome)
        )

    assert search() == search()


def test_padding_between_fields_does_not_count() -> None:
    kind = np.dtype({"names": ["a", "b"], "formats": ["u1", "f8"], "offsets": [0, 8], "itemsize": 16})
    raw = np.zeros(32, dtype=np.uint8)
    other = raw.copy()
    other[3] = 255
    assert content_digest(raw.view(kind)) == content_digest(other.view(kind))


def test_a_cycle_ends_and_what_has_no_state_is_refused() -> None:
    knot: list[object] = []
    knot.append(knot)
    assert content_digest(knot) == content_digest(knot)
    with pytest.raises(ModelUnreadable, match="no state that can be read"):
        content_digest(number for number in range(3))
