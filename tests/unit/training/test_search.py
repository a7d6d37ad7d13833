"""What a search suggests: within the space, never twice, the same for the same seed, better with time."""

import sys
from typing import Any

import pytest

from copml.errors import SweepExtraMissing
from copml.spec.project import Search
from copml.training import Tried, suggest

pytest.importorskip("optuna")

SPACE = {
    "rate": Search(min=0.001, max=10.0, log=True),
    "depth": Search(min=1, max=8, integer=True),
    "kind": Search(values=("a", None, True, 3)),
}


def searched(trials: int, *, seed: int = 1, start: tuple[Tried, ...] = ()) -> list[Tried]:
    """Trials whose value is best at rate 0.1 and depth 5; kind None always fails."""
    tried = list(start)
    while len(tried) < trials:
        params = suggest(SPACE, tried, better="lower", seed=seed)
        assert params is not None
        value = abs(params["rate"] - 0.1) + abs(params["depth"] - 5)
        tried.append(Tried(params=params, value=None if params["kind"] is None else value))
    return tried


def test_what_is_suggested_lies_within_the_space_and_comes_once() -> None:
    tried = searched(25)
    for item in tried:
        assert 0.001 <= item.params["rate"] <= 10.0
        assert isinstance(item.params["depth"], int)
        assert 1 <= item.params["depth"] <= 8
        assert item.params["kind"] in ("a", None, True, 3)
    assert len({repr(item.params) for item in tried}) == len(tried)


def test_the_same_seed_goes_the_same_way_also_after_a_stop() -> None:
    whole = searched(14)
    assert searched(14, start=tuple(whole[:6])) == whole
    assert searched(14, seed=2) != whole


def test_it_learns_from_what_was_tried() -> None:
    values = [item.value for item in searched(40) if item.value is not None]
    assert min(values[20:]) < min(values[:10])


def test_a_space_with_nothing_left_ends_the_search() -> None:
    space = {"flag": Search(values=(True, False)), "depth": Search(min=1, max=2, integer=True)}
    tried: list[Tried] = []
    while (params := suggest(space, tried, better="higher", seed=3)) is not None:
        tried.append(Tried(params=params, value=float(len(tried))))
    assert len(tried) == 4


def test_what_lies_outside_the_space_does_not_disturb_it() -> None:
    own = Tried(params={"rate": 99.0, "depth": 3, "kind": "a"}, value=0.0)
    fewer = Tried(params={"C": 1.0}, value=0.0)
    found = suggest(SPACE, [own, fewer], better="lower", seed=1)
    assert found is not None
    assert found["rate"] <= 10.0


def test_without_optuna_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(SweepExtraMissing, match=r"pip install 'copml\[sweep\]'"):
        suggest(SPACE, [], better="lower", seed=1)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "is asked for"),
        ({"min": 1.0}, "is asked for"),
        ({"min": 2.0, "max": 2.0}, "not below"),
        ({"min": 0.0, "max": 2.0, "log": True}, "begin above 0"),
        ({"min": 0.5, "max": 2.0, "integer": True}, "whole numbers"),
        ({"values": (1, 2), "log": True}, "has no range"),
        ({"values": (1, 2), "min": 0.0, "max": 1.0}, "is asked for"),
    ],
)
def test_a_search_that_cannot_be_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Search(**fields)
