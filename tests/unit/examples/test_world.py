"""Whether the company behaves as its README says, at its full size."""

import numpy as np
import pandas as pd
import pytest
from churn.features import NUMBERS, WORDS
from churn.model import train
from company import Settings
from company.events import Name, month_of
from company.files import Decided, customer_table
from company.truth import Chances, MonthTruth, month_truth
from company.world import World, begin, chance_of_leaving, live
from sklearn.metrics import roc_auc_score

FULL = Settings()


def alone(world: World, month: int) -> World:
    """The world after a month without offers."""
    return live(world, np.zeros(len(world), dtype=np.bool_), month, FULL)[1]


def features(world: World, month: int) -> pd.DataFrame:
    rows: pd.DataFrame = customer_table(world, month, FULL).to_pandas()[[*NUMBERS, *WORDS]]
    return rows.astype(dict.fromkeys(NUMBERS, "float64"))


@pytest.fixture(scope="module")
def history() -> dict[int, World]:
    """The company at the start of months without a programme, up to and after the price change."""
    worlds = {-6: begin(FULL)}
    for month in range(-6, 2):
        worlds[month + 1] = alone(worlds[month], month)
    return worlds


def left_within_90_days(history: dict[int, World], month: int) -> np.ndarray:
    return ~np.isin(history[month].customer, history[month + 3].customer)


def test_about_a_tenth_leaves_in_a_month_and_as_many_come(history: dict[int, World]) -> None:
    for month in range(-6, 2):
        leaving = chance_of_leaving(history[month], month, FULL).mean()
        assert leaving == pytest.approx(0.105, abs=0.006)
        assert len(history[month]) == pytest.approx(FULL.customers, rel=0.02)
        assert Chances(history[month], month, FULL).untreated.mean() == pytest.approx(0.246, abs=0.01)


def test_the_company_is_settled_before_anything_happens(history: dict[int, World]) -> None:
    first, last = history[-6], history[2]
    assert np.median(last.tenure) == pytest.approx(np.median(first.tenure), abs=2)
    for name, codes in first.traits.items():
        shares = [np.bincount(traits, minlength=4) / len(traits) for traits in (codes, last.traits[name])]
        assert np.abs(shares[0] - shares[1]).max() < 0.025, name


def test_a_logistic_regression_does_as_well_as_on_the_public_table(history: dict[int, World]) -> None:
    learned, judged = -6, -2
    outcome = left_within_90_days(history, learned).astype(int)
    data = features(history[learned], learned).assign(outcome=outcome, weight=1.0)
    probability = train(data, {"C": 1.0}, 7).predict_proba(features(history[judged], judged))[:, 1]
    truth = left_within_90_days(history, judged)
    assert ((probability >= 0.5) == truth).mean() == pytest.approx(0.80, abs=0.01)
    assert roc_auc_score(truth, probability) == pytest.approx(0.845, abs=0.015)


def decided(world: World, month: int) -> Decided:
    """An offer for everybody who is likelier to leave than to stay."""
    likely = Chances(world, month, FULL).untreated >= 0.5
    return Decided(positive=likely, treat=likely)


def truth_of(world: World, month: int) -> tuple[MonthTruth, World]:
    what = decided(world, month)
    happened, after = live(world, what.treat, month, FULL)
    without, _ = live(world, np.zeros(len(world), dtype=np.bool_), month, FULL)
    return month_truth((world, world), (happened, without), what, month, FULL)[0], after


def test_an_offer_prevents_half_of_the_departures_and_costs_accuracy_on_all(history: dict[int, World]) -> None:
    truth, _ = truth_of(history[0], 0)
    expected_to_leave = Chances(history[0], 0, FULL).untreated
    base = expected_to_leave[expected_to_leave >= 0.5].mean()
    assert truth.effect == pytest.approx(-base / 2, rel=0.1)
    assert truth.churn_rate == pytest.approx(0.072, abs=0.006)
    assert truth.churn_rate_without == pytest.approx(0.105, abs=0.006)
    assert truth.accuracy_untreated == pytest.approx(0.81, abs=0.01)
    assert truth.accuracy_all is not None
    assert 0.70 < truth.accuracy_all < 0.76
    assert 0.01 < 1 - truth.offers_made / truth.offers_intended < 0.08
    assert truth.net_value(departure=400, offer=40, running=2300) > 50_000


def test_the_chances_are_those_by_which_people_leave(history: dict[int, World]) -> None:
    world = history[0]
    chances, what = Chances(world, 0, FULL), decided(history[0], 0)
    start, now = world.customer, world
    for month in range(3):
        treat = what.treat[np.searchsorted(start, now.customer).clip(max=len(start) - 1)] & np.isin(now.customer, start)
        now = live(now, treat if month == 0 else np.zeros(len(now), dtype=np.bool_), month, FULL)[1]
    left = ~np.isin(start, now.customer)
    for group, chance in ((what.treat, chances.offered), (~what.treat, chances.untreated)):
        error = np.sqrt((chance[group] * (1 - chance[group])).sum()) / group.sum()
        assert left[group].mean() == pytest.approx(chance[group].mean(), abs=4 * error + 0.004)


def accuracy_of_the_first_rule(world: World, month: int) -> float:
    """What deciding as at the start would be worth in another month, without offers."""
    likely = Chances(world, -6, FULL).untreated >= 0.5
    chance = Chances(world, month, FULL).untreated
    return float(np.where(likely, chance, 1 - chance).mean())


def test_the_price_change_is_a_concept_shift(history: dict[int, World]) -> None:
    before, after = month_of(Name.PRICES) - 3, month_of(Name.PRICES)
    assert accuracy_of_the_first_rule(history[0], before) > 0.80
    assert accuracy_of_the_first_rule(history[0], after) < 0.72
    best = Chances(history[0], after, FULL).untreated
    assert np.maximum(best, 1 - best).mean() > 0.80, "it can be learned again"


def test_the_new_product_is_a_covariate_shift(history: dict[int, World]) -> None:
    product = month_of(Name.PRODUCT)
    after = alone(history[0], product)
    streams = [(world.traits["streaming_tv"] == 1).mean() for world in (history[0], after)]
    assert streams[1] - streams[0] > 0.2
    shift = (streams[1] - streams[0]) * np.log(streams[1] / streams[0])
    assert shift > 0.1, "and as much again from those who do not"


def test_the_offer_stops_working(history: dict[int, World]) -> None:
    truth, _ = truth_of(history[0], month_of(Name.OFFER_STOPS))
    assert truth.effect == pytest.approx(0, abs=1e-9)
    assert truth.kept == 0
    assert truth.net_value(departure=400, offer=40, running=2300) < 0


def test_no_model_answers_the_competitor(history: dict[int, World]) -> None:
    truth, _ = truth_of(history[0], month_of(Name.COMPETITOR))
    assert truth.churn_rate > 0.15
    assert truth.accuracy_possible < 0.70
