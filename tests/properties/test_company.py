"""The telephone company of the churn example, under any decisions."""

from dataclasses import replace

import numpy as np
from company import Settings
from company.draws import uniform
from company.events import EVENTS
from company.reports import REASONS, reported
from company.settings import first_day
from company.traits import VALUES
from company.truth import Chances
from company.world import NEVER, World, arrivals, begin, chance_of_leaving, live
from hypothesis import given
from hypothesis import settings as runs
from hypothesis import strategies as st

SMALL = Settings(customers=300)
months = st.integers(-6, 29)


@st.composite
def lives(draw: st.DrawFn) -> tuple[Settings, int, list[int]]:
    """A seed, the first month, and a seed of the decisions of each of a few months."""
    settings = replace(SMALL, seed=draw(st.integers(0, 2**32)))
    first = draw(months)
    return settings, first, draw(st.lists(st.integers(0, 2**32), min_size=1, max_size=5))


def wanted(world: World, seed: int, month: int) -> np.ndarray:
    return uniform(seed, 999, month, world.customer) < uniform(seed, 998, month, np.zeros(1, dtype=np.int64))


@runs(max_examples=25, deadline=None)
@given(lives())
def test_everybody_arrives_once_and_leaves_at_most_once(life: tuple[Settings, int, list[int]]) -> None:
    settings, first, seeds = life
    world = begin(settings)
    ever, gone = set(world.customer.tolist()), set[int]()
    for month, seed in enumerate(seeds, start=first):
        happened, after = live(world, wanted(world, seed, month), month, settings)
        left = set(world.customer[happened.left].tolist())
        came = set(after.customer.tolist()) - set(world.customer.tolist())
        assert not left & gone
        assert not came & ever
        assert set(after.customer.tolist()) == (set(world.customer.tolist()) - left) | came
        assert (np.diff(after.customer) > 0).all()
        gone, ever, world = gone | left, ever | came, after


@runs(max_examples=25, deadline=None)
@given(lives())
def test_offers_go_to_those_for_whom_they_were_meant_while_they_are_customers(
    life: tuple[Settings, int, list[int]],
) -> None:
    settings, first, seeds = life
    world = begin(settings)
    for month, seed in enumerate(seeds, start=first):
        treat = wanted(world, seed, month)
        happened, after = live(world, treat, month, settings)
        start, end = first_day(month).toordinal(), first_day(month + 1).toordinal()
        assert not (happened.offered & ~treat).any()
        assert ((happened.made_on > start) & (happened.made_on < end)).all()
        assert ((happened.left_on > start) & (happened.left_on < end)).all()
        assert not (happened.left & happened.kept).any()
        both = happened.left & happened.offered
        assert (happened.made_on[both] < happened.left_on[both]).all()
        stayed = ~happened.left
        old = np.isin(after.customer, world.customer)
        expected = np.where(happened.offered, happened.made_on, world.offered_on)[stayed]
        assert (after.offered_on[old] == expected).all()
        assert (after.offered_on[~old] == NEVER).all()
        world = after


@runs(max_examples=25, deadline=None)
@given(lives())
def test_who_comes_does_not_depend_on_offers_and_nobody_leaves_because_of_them(
    life: tuple[Settings, int, list[int]],
) -> None:
    settings, first, seeds = life
    world = begin(settings)
    for month, seed in enumerate(seeds, start=first):
        nobody = np.zeros(len(world), dtype=np.bool_)
        with_offers, after = live(world, wanted(world, seed, month), month, settings)
        without, after_without = live(world, nobody, month, settings)
        assert not (with_offers.left & ~without.left).any()
        assert (without.left == (with_offers.left | with_offers.kept)).all()
        came = arrivals(month, settings).customer
        for then in (after, after_without):
            assert (then.customer[~np.isin(then.customer, world.customer)] == came).all()


@runs(max_examples=20, deadline=None)
@given(lives())
def test_traits_and_bills_stay_what_they_can_be(life: tuple[Settings, int, list[int]]) -> None:
    settings, first, seeds = life
    world = begin(settings)
    for month, seed in enumerate(seeds, start=first):
        _, after = live(world, wanted(world, seed, month), month, settings)
        for name, codes in after.traits.items():
            assert codes.dtype == np.int8
            assert ((codes >= 0) & (codes < len(VALUES[name]))).all()
        none = after.traits["internet_service"] == 2
        for name in ("online_security", "tech_support", "streaming_tv"):
            assert ((after.traits[name] == 2) == none).all()
        assert ((after.traits["multiple_lines"] == 2) == (after.traits["phone_service"] == 0)).all()
        assert (after.billed[after.tenure > 0] > 0).all()
        stayed = np.isin(after.customer, world.customer)
        assert (after.tenure[stayed] == world.tenure[np.isin(world.customer, after.customer)] + 1).all()
        world = after


@runs(max_examples=20, deadline=None)
@given(lives())
def test_every_departure_is_reported_within_two_months(life: tuple[Settings, int, list[int]]) -> None:
    settings, month, seeds = life
    world = begin(settings)
    happened, _ = live(world, wanted(world, seeds[0], month), month, settings)
    now, later = reported(world, happened, month, settings)
    days = dict(zip(world.customer[happened.left].tolist(), happened.left_on[happened.left].tolist(), strict=True))
    told = now + later
    assert {*told.customer.tolist()} == {*days}
    assert [days[number] for number in told.customer.tolist()] == told.left_on.tolist()
    assert len(set(now.customer.tolist())) == len(now.customer)
    assert len(set(later.customer.tolist())) == len(later.customer)
    assert ((told.reason >= 0) & (told.reason < len(REASONS))).all()


@runs(max_examples=20, deadline=None)
@given(months, st.integers(0, 2**32))
def test_chances_are_chances_and_an_offer_harms_nobody(month: int, seed: int) -> None:
    settings = replace(SMALL, seed=seed)
    world = begin(settings)
    chances = Chances(world, month, settings)
    next_month = chance_of_leaving(world, month, settings)
    for chance in (chances.untreated, chances.offered, chances.as_it_stands, next_month):
        assert ((chance > 0) & (chance < 1)).all()
    assert (chances.offered <= chances.untreated + 1e-12).all()
    assert (chances.untreated >= next_month - 1e-12).all()
    assert np.allclose(chances.as_it_stands, chances.untreated), "nobody has had an offer yet"


def test_events_are_in_the_order_of_time() -> None:
    starts = [event.month for event in EVENTS]
    assert starts == sorted(set(starts))
    assert 0 <= min(starts) <= max(starts) < Settings().months
