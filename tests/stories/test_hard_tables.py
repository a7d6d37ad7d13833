"""Hard tables through the whole loop: prose and rare shops, gaps everywhere, one positive in a thousand rows."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict

import numpy as np
import pytest
from tests.commands import copml, done
from tests.hard import FAILED, GAPS, MACHINES, PARTS, RARE, TEXT_MODELS, TICKETS, text, tickets
from tests.things import FIRST, Play

from copml.app import report, verify_ledger
from copml.operations import View
from copml.records import IncidentState, Interval, Measurement, VersionState, Window

pytestmark = pytest.mark.slow

PROFILE_BYTES_MAX = 3000
"""Twenty edges and counts of a number are some 600 bytes, fifty labels of a dozen characters not much more."""


def window(view: View, month: int) -> Window:
    return next(item for item in view.windows if item.starts_at.month == month)


def latest(view: View, metric: str, month: int) -> Measurement:
    found = view.latest(metric, window(view, month))
    assert found is not None, (metric, month)
    return found


def width(seen: Interval | Measurement) -> float:
    return seen.high - seen.low


def read(play: Play) -> dict[str, str]:
    """What people read of the project: no command fails, and no line is too wide (`tests.commands`)."""
    told = {command: done(play.root, command).out for command in ("status", "data", "versions", "incidents", "advise")}
    told |= {"check": copml(play.root, "check").out, "page": page(play)}
    for table in ("features", "things"):
        told[table] = done(play.root, "explore", "--table", table, "--output", f"{table}.html").out
        told[f"{table} page"] = (play.root / f"{table}.html").read_text()
    for name, words in told.items():
        assert not re.search(r">\s*(nan|none|inf)\s*<|\bnan\b%?", words, re.IGNORECASE), name
    return told


def page(play: Play) -> str:
    return report(play.workspace, play.project.name, play.root / "report.html").read_text()


@pytest.fixture(scope="module", params=list(TEXT_MODELS))
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """Notes that nobody writes twice, and shops of which every month brings hundreds of new ones."""
    play = Play(text(request.param), tmp_path_factory.mktemp("text")).to(FIRST + 2)
    with play.workspace:
        yield play


def test_prose_and_rare_shops_are_learned_scored_and_measured(written: Play) -> None:
    view = written.view
    assert view.live is not None
    assert set(view.live.columns) == {"note", "shop", "amount"}
    assert {gate.passed for gate in view.live.gates} == {True}
    assert [run.rows for run in view.scoring_runs] == [TICKETS] * 3
    for month in (FIRST, FIRST + 1):
        seen = latest(view, "roc_auc", month)
        assert 0.8 < seen.low < seen.value < seen.high < 1
    assert verify_ledger(written.workspace).problems == ()


def test_new_rare_shops_alone_are_no_drift(written: Play) -> None:
    view = written.view
    for month in range(FIRST, FIRST + 3):
        assert latest(view, "drift", month).value == 0
        shops = next(item for key, item in view.measured_in(window(view, month)).items() if key == ("psi", "shop"))
        assert shops.value < 0.1
    assert (view.firings, view.incidents) == ((), ())


def test_nothing_that_people_wrote_is_in_profiles_state_or_page(written: Play) -> None:
    view = written.view
    assert view.live is not None
    profiles = [view.live.profile, *(item.profile for item in view.ingests)]
    for bins in (item for profile in profiles for item in profile.values()):
        assert len(json.dumps(asdict(bins))) < PROFILE_BYTES_MAX
    assert view.live.profile["note"].labels == ("…",)
    told = read(written)
    state = (written.workspace.folder / "state.db").read_bytes()
    for note in tickets(FIRST - 1)["note"][:50]:
        assert note.encode() not in state
        assert not [name for name, words in told.items() if note in words]
    assert len(told["page"]) < 500_000


@pytest.fixture(scope="module")
def gappy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """Every column misses three in ten values; `EMPTY` says which are wholly missing when."""
    play = Play(GAPS, tmp_path_factory.mktemp("gaps")).to(FIRST + 3)
    with play.workspace:
        yield play


def test_gaps_everywhere_are_learned_and_every_row_has_an_answer(gappy: Play) -> None:
    view = gappy.view
    assert view.live is not None
    assert set(view.live.columns) == {*"abcde", "colour", "works"}
    rows = gappy.workspace.stages.lake.read("gaps/predictions", columns=["probability"])
    assert len(rows) == 4 * MACHINES
    assert np.isfinite(rows["probability"].to_numpy()).all()


def test_a_column_that_came_empty_is_told_to_its_owner_until_it_is_back(gappy: Play) -> None:
    view = gappy.view
    told = {item.id.partition("/")[0]: item for item in view.incidents}
    assert {item.owner for item in told.values()} == {"data"}
    assert {item.state for item in told.values()} == {IncidentState.RESOLVED}
    assert told["inputs"].starts_at.month == FIRST
    assert list(told["inputs"].evidence) == ["d"]
    assert {told[name].evidence["column"] for name in ("data-things-1", "data-things-2")} == {"b", "colour"}
    assert len(told) == 3
    assert "100.0%" in done(gappy.root, "why", told["inputs"].id).out


def test_gaps_are_no_drift_and_no_fault_of_the_model(gappy: Play) -> None:
    view = gappy.view
    for month in range(FIRST, FIRST + 4):
        assert latest(view, "drift", month).value == 0
    assert latest(view, "missing_ratio", FIRST).value == 1
    assert latest(view, "missing_ratio", FIRST + 1).value < 0.4
    assert view.firings == ()
    # Without `b` the model knows less, and the figure of that month says so.
    assert latest(view, "roc_auc", FIRST + 2).value < latest(view, "roc_auc", FIRST + 1).value
    read(gappy)


@pytest.fixture(scope="module")
def rare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """Twenty failures among twenty thousand parts, none in some months; played before a version could be judged."""
    play = Play(RARE, tmp_path_factory.mktemp("rare")).to(FIRST)
    with play.workspace:
        yield play


@pytest.fixture(scope="module")
def judged(rare: Play) -> tuple[View, View]:
    """The project before and after there were failures to judge by."""
    return rare.view, rare.to(FIRST + 3).view


def test_a_holdout_without_a_positive_judges_nobody(judged: tuple[View, View], rare: Play) -> None:
    before, _ = judged
    (version,) = before.versions
    assert version.state is VersionState.REJECTED
    assert "of its holdout 0 of " in version.state_reason
    assert {gate.passed for gate in version.gates} == {None}
    assert "roc_auc.all" not in version.metrics
    assert (before.scoring_runs, before.firings, before.incidents) == ((), (), ())
    assert not [item for item in before.measurements if item.metric == "availability"]
    words = done(rare.root, "versions").out
    assert re.search(r"cannot be judged:.*of its holdout 0", words, re.DOTALL)


def test_few_positives_give_wide_intervals_and_no_certainty(judged: tuple[View, View]) -> None:
    _, view = judged
    assert view.live is not None
    assert view.live.name == "v2"
    holdout = view.live.metrics
    assert 5 <= holdout["recall.all"].n <= FAILED[FIRST]
    assert width(holdout["recall.all"]) > 0.2
    assert width(holdout["average_precision.all"]) > 0.2
    assert width(holdout["accuracy.all"]) < 0.01
    month = FIRST + 1
    recall = latest(view, "recall", month)
    assert (recall.n, width(recall) > 0.1) == (FAILED[month], True)
    rate = latest(view, "fail_rate", month)
    assert rate.value == pytest.approx(FAILED[month] / PARTS)
    assert rate.low < 0.8 * rate.value < 1.2 * rate.value < rate.high


def test_a_window_without_a_positive_has_no_areas_and_fires_nothing(judged: tuple[View, View], rare: Play) -> None:
    _, view = judged
    empty = {metric for metric, _ in view.measured_in(window(view, FIRST + 2))}
    assert not empty & {"roc_auc", "average_precision", "recall"}
    rate = latest(view, "fail_rate", FIRST + 2)
    assert (rate.value, rate.low) == (0, 0)
    assert 0 < rate.high < 0.001
    (step,) = [item for item in rare.steps if item.key == "monitor/outcomes/2026-08-01T00:00Z"]
    assert "no roc_auc, average_precision: all outcomes are the same" in step.detail
    assert "no recall: there is no positive outcome" in step.detail
    assert view.firings == ()


def test_two_empty_deliveries_are_two_and_neither_is_late(judged: tuple[View, View], rare: Play) -> None:
    _, view = judged
    empty = [item for item in view.ingests if item.source == "ends" and item.state == "empty"]
    assert [item.slot.month for item in empty] == [FIRST + 3]
    assert not [item for item in view.ingests if item.state == "late"]
    read(rare)
