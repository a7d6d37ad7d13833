"""What a control group can show: textbook figures, and the interval that is really used."""

from math import inf

import numpy as np
import pytest

from copml.errors import DesignWrong
from copml.metrics import difference, proportion
from copml.value import controls_needed, smallest_effect


@pytest.mark.parametrize(
    ("share", "baseline", "effect", "controls"),
    [
        # R: power.prop.test(p1 = 0.3, p2 = 0.2, power = 0.8) gives 293.2, with p2 = 0.4 against 0.5 387.3.
        (0.5, 0.3, 0.1, 294),
        (0.5, 0.5, 0.1, 388),
        (0.05, 0.10, 0.03, 668),
    ],
)
def test_controls_needed(share: float, baseline: float, effect: float, controls: int) -> None:
    assert controls_needed(share=share, baseline=baseline, effect=effect) == controls


@pytest.mark.parametrize(("share", "baseline", "effect"), [(0.05, 0.10, 0.03), (0.5, 0.3, 0.1), (0.2, 0.5, 0.05)])
def test_the_effect_is_seen_in_four_cases_of_five(share: float, baseline: float, effect: float) -> None:
    controls = controls_needed(share=share, baseline=baseline, effect=effect)
    treated = round(controls * (1 - share) / share)
    rng = np.random.default_rng(31)
    arms = zip(rng.binomial(controls, baseline, 1500), rng.binomial(treated, baseline - effect, 1500), strict=True)
    seen = [difference(proportion(int(a), controls), proportion(int(b), treated)).low > 0 for a, b in arms]
    assert 0.77 <= np.mean(seen) <= 0.84


@pytest.mark.parametrize(("population", "share"), [(20_000, 0.05), (5_000, 0.05), (3_000, 0.5)])
def test_both_ways_agree(population: int, share: float) -> None:
    effect = smallest_effect(population=population, share=share, baseline=0.1)
    assert controls_needed(share=share, baseline=0.1, effect=effect) == pytest.approx(population * share, abs=1)


def test_five_per_cent_of_5000_cannot_see_what_5_per_cent_of_20000_can() -> None:
    assert smallest_effect(population=5_000, share=0.05, baseline=0.10) > 0.03
    assert smallest_effect(population=20_000, share=0.05, baseline=0.10) < 0.03


def test_too_few_see_nothing() -> None:
    assert smallest_effect(population=20, share=0.05, baseline=0.1) == inf


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"population": 1}, "the population is 1"),
        ({"share": 0.0}, "share of the control group is 0"),
        ({"share": 1.0}, "share of the control group is 1"),
        ({"baseline": 0.0}, "the baseline is 0"),
        ({"baseline": 120.0}, "the baseline is 120"),
    ],
)
def test_impossible_designs(changed: dict[str, float], words: str) -> None:
    given = {"population": 1000, "share": 0.05, "baseline": 0.1} | changed
    with pytest.raises(DesignWrong, match=words):
        smallest_effect(population=int(given["population"]), share=given["share"], baseline=given["baseline"])


@pytest.mark.parametrize("effect", [0.0, -0.1, 0.2])
def test_impossible_effects(effect: float) -> None:
    with pytest.raises(DesignWrong, match="the effect is"):
        controls_needed(share=0.05, baseline=0.1, effect=effect)
