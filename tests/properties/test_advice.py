"""Laws of the arithmetic behind advice."""

from dataclasses import replace
from itertools import pairwise
from math import isinf

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests import factories

from copml.advice import Facts, Machine
from copml.advice.choosing import chosen
from copml.advice.decay import Point, fall, trend, windows_until
from copml.advice.facts import Curve
from copml.advice.redundancy import attained_by, availability_of, may_fail, replicas_needed
from copml.advice.threshold import Worth, best, edges, expected, smoothed, treated
from copml.advice.topics import TOPICS
from copml.errors import ChoiceUnknown
from copml.records import Topic

RATIOS = st.floats(0, 1, allow_nan=False)
INSIDE = st.floats(0.01, 0.9999, allow_nan=False)


@given(INSIDE, RATIOS, RATIOS)
def test_a_stricter_objective_never_needs_fewer_replicas(one: float, first: float, second: float) -> None:
    assert replicas_needed(one, min(first, second)) <= replicas_needed(one, max(first, second))


@given(INSIDE, INSIDE, RATIOS)
def test_better_machines_never_need_more_of_them(first: float, second: float, objective: float) -> None:
    assert replicas_needed(max(first, second), objective) <= replicas_needed(min(first, second), objective)


@given(INSIDE, st.floats(0, 0.999999))
def test_what_is_needed_is_enough_and_one_less_is_not(one: float, objective: float) -> None:
    needed = replicas_needed(one, objective)
    assume(not isinf(needed))
    assert attained_by(one, int(needed)) >= objective - 1e-9
    assert needed == 1 or attained_by(one, int(needed) - 1) < objective


@given(RATIOS, st.integers(1, 50), RATIOS)
def test_more_replicas_are_never_there_less(one: float, replicas: int, common: float) -> None:
    fewer, more = (attained_by(one, count, common=common) for count in (replicas, replicas + 1))
    assert 0 <= fewer <= more <= 1
    assert more <= 1 - common * (1 - one) + 1e-12


@given(st.integers(0, 10_000), st.data())
def test_availability_lies_between_what_was_seen_and_what_is_assumed(runs: int, data: st.DataObject) -> None:
    failed = data.draw(st.integers(0, runs))
    found = availability_of(runs, failed)
    seen = 1 - failed / runs if runs else 0.99
    assert min(seen, 0.99) - 1e-9 <= found <= max(seen, 0.99) + 1e-9
    assert availability_of(runs + 1, failed + 1) < found


@given(RATIOS, st.floats(0, 10_000))
def test_no_more_runs_may_fail_than_there_are(objective: float, runs: float) -> None:
    assert 0 <= may_fail(objective, runs) <= runs


POINTS = st.lists(
    st.builds(
        lambda value, half: (value, half), st.floats(0, 1, allow_nan=False), st.floats(0.001, 0.2, allow_nan=False)
    ),
    min_size=6,
    max_size=30,
).map(lambda found: [Point(at=at, value=value, half=half) for at, (value, half) in enumerate(found)])


@given(POINTS, st.floats(-1, 1, allow_nan=False))
def test_a_slope_does_not_depend_on_the_level(points: list[Point], by: float) -> None:
    raised = [replace(point, value=point.value + by) for point in points]
    assert abs(trend(points).slope - trend(raised).slope) < 1e-9


@given(POINTS)
def test_a_history_read_backwards_falls_where_it_rose(points: list[Point]) -> None:
    last = points[-1].at
    backwards = [replace(point, at=last - point.at) for point in reversed(points)]
    there, back = trend(points), trend(backwards)
    assert abs(there.slope + back.slope) < 1e-9
    assert there.low <= there.slope <= there.high
    assert abs(fall(points).misfit - fall(backwards).misfit) < 1e-6 * max(1, fall(points).misfit)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(-1, -0.0001))
def test_more_may_be_lost_over_more_windows(first: float, second: float, slope: float) -> None:
    assert windows_until(min(first, second), slope) <= windows_until(max(first, second), slope)


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    bins = draw(st.integers(1, 20))
    held = draw(st.lists(st.integers(0, 200), min_size=bins, max_size=bins))
    events = [draw(st.integers(0, most)) for most in held]
    scored = draw(st.lists(st.floats(0, 1000), min_size=bins, max_size=bins))
    return Curve(scored=tuple(scored), held=tuple(held), held_events=tuple(events), batches=3, effect=None)


WORTHS = st.builds(Worth, unit=st.floats(0, 1000), cost=st.floats(0, 100), prevented=st.floats(0, 1))


@given(curves())
def test_smoothing_rises_and_loses_nobody(curve: Curve) -> None:
    rates = smoothed(curve)
    assert len(rates) == len(curve.held)
    assert all(before <= after + 1e-12 for before, after in pairwise(rates))
    total = sum(rate * held for rate, held in zip(rates, curve.held, strict=True))
    assert abs(total - sum(curve.held_events)) < 1e-6


@given(curves(), WORTHS)
def test_no_threshold_is_expected_to_bring_more_than_the_best(curve: Curve, worth: Worth) -> None:
    top = expected(curve, best(curve, worth), worth)
    assert all(expected(curve, at, worth) <= top for at in edges(curve))
    assert top >= 0, "treating nobody costs nothing"


@given(curves(), WORTHS, st.floats(0, 1))
def test_a_treatment_that_prevents_more_is_worth_giving_to_more(curve: Curve, worth: Worth, more: float) -> None:
    better = replace(worth, prevented=min(1.0, worth.prevented + more))
    assert treated(curve, best(curve, better)) >= treated(curve, best(curve, worth)) - 1e-6


@given(st.sampled_from(Topic), st.text(max_size=60))
def test_whatever_is_typed_is_a_choice_or_refused(topic: Topic, text: str) -> None:
    try:
        kept = chosen(topic, text)
    except ChoiceUnknown:
        return
    assert chosen(topic, kept) == kept


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(Topic),
    st.sampled_from([1, 4, 15, 30]),
    st.lists(st.sampled_from(["measurements", "scoring_runs", "feature_sets", "runs", "versions", "ingests"])),
    st.integers(1, 10**6),
    st.floats(0, 1),
)
def test_whatever_is_lost_every_topic_is_answered(
    topic: Topic, months: int, lost: list[str], memory: int, objective: float
) -> None:
    evidence = replace(factories.history(months), **dict.fromkeys(lost, ()))
    evidence = replace(evidence, project=factories.project({"deployment.objective": objective}))
    advice = TOPICS[topic].answer(Facts(evidence=evidence, machine=Machine(cores=1, memory_mb=memory)))
    assert advice.decision
    assert not advice.answer or chosen(topic, advice.answer) == advice.answer
