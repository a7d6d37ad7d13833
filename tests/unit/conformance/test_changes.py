"""Which way a verdict went, and that no requirement is lost in the comparison."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import history

from copml.conformance import UNWELCOME, StatedVerdict, check, compare, stated
from copml.conformance.changes import Turn, turn
from copml.records import Verdict

MET, AT_RISK, BREACHED, UNPROVEN, OFF = Verdict


def said(name: str, verdict: Verdict) -> StatedVerdict:
    return StatedVerdict(id=name, title=f"title of {name}", verdict=verdict, reason=f"{name} is {verdict}")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (MET, AT_RISK, Turn.WORSE),
        (UNPROVEN, AT_RISK, Turn.WORSE),
        (UNPROVEN, BREACHED, Turn.WORSE),
        (BREACHED, AT_RISK, Turn.BETTER),
        (UNPROVEN, MET, Turn.BETTER),
        (MET, UNPROVEN, Turn.NOT_KNOWN),
        (BREACHED, UNPROVEN, Turn.NOT_KNOWN),
        (BREACHED, OFF, Turn.NOT_ASKED),
        (OFF, BREACHED, Turn.ASKED),
        (None, BREACHED, Turn.NEW),
        (MET, None, Turn.GONE),
        (BREACHED, BREACHED, Turn.SAME),
    ],
)
def test_which_way_a_verdict_went(before: Verdict | None, after: Verdict | None, expected: Turn) -> None:
    assert turn(before, after) is expected


SIDES = st.dictionaries(st.sampled_from(["AV-1", "EF-3", "RI-5", "DE-1"]), st.sampled_from(Verdict))


@given(SIDES, SIDES)
def test_every_requirement_of_either_side_is_in_one_change(
    before: dict[str, Verdict], after: dict[str, Verdict]
) -> None:
    changes = compare([said(*item) for item in before.items()], [said(*item) for item in after.items()])
    assert sorted(item.id for item in changes) == sorted({*before, *after})
    assert all((item.before, item.after) == (before.get(item.id), after.get(item.id)) for item in changes)


@given(SIDES, SIDES)
def test_what_gets_worse_on_one_way_is_not_worse_on_the_way_back(
    before: dict[str, Verdict], after: dict[str, Verdict]
) -> None:
    there = {name: turn(before.get(name), after.get(name)) for name in {*before, *after}}
    back = {name: turn(after.get(name), before.get(name)) for name in {*before, *after}}
    assert not [name for name in there if there[name] is Turn.WORSE and back[name] is Turn.WORSE]
    assert [name for name in there if there[name] is Turn.SAME] == [name for name in there if back[name] is Turn.SAME]


def test_a_project_a_year_on() -> None:
    early, late = (tuple(stated(item) for item in check(history(months))) for months in (1, 15))
    changes = compare(early, late)
    assert [item.id for item in changes] == [item.id for item in late]
    assert {item.turn for item in changes} & {Turn.BETTER}
    assert all(item.turn is Turn.SAME for item in compare(late, late))
    assert Turn.BETTER not in UNWELCOME
