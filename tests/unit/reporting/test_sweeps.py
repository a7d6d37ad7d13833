"""The page of a sweep: every trial, and never the best of many without a word on luck."""

from datetime import UTC, datetime

import pytest
from tests import factories

from copml.records import Interval, Trial, TrialState
from copml.reporting import SweepFacts, sweep_page
from copml.reporting.sweeps import words

AT = datetime(2026, 5, 1, tzinfo=UTC)
HOSTILE = "<script>alert('x')</script>"


def trial(number: int, value: float | None) -> tuple[Trial, Interval | None]:
    seen = None if value is None else Interval(value=value, low=value - 0.02, high=value + 0.02, n=100)
    made = Trial(
        project="telco-churn", id=f"abcdef01-{number:04d}", source="sweep", by="somebody",
        params={"C": 0.1 * number, "kind": HOSTILE}, seed=7, snapshots={},
        metrics={} if seen is None else {"roc_auc.all": seen},
        state=TrialState.FAILED if seen is None else TrialState.DONE, started_at=AT, ended_at=AT,
        note="it raised" if seen is None else "",
    )  # fmt: skip
    return made, seen


def facts(*values: float | None, holdout: float | None = None) -> SweepFacts:
    trials = tuple(trial(number, value) for number, value in enumerate(values))
    done = [item for item in trials if item[1] is not None]
    best = max(done, key=lambda item: item[1].value)[0] if done else None  # type: ignore[union-attr]
    evidence = factories.history(3)
    return SweepFacts(
        metric="roc_auc.all",
        better="higher",
        searched=("C", "kind"),
        trials=trials,
        best=best,
        candidate=evidence.versions[-1] if holdout is not None else None,
        holdout=None if holdout is None else Interval(value=holdout, low=holdout - 0.1, high=holdout + 0.1, n=50),
    )


def test_the_page_has_every_trial_and_is_complete_in_itself() -> None:
    page = sweep_page(factories.history(3), facts(0.81, None, 0.84, 0.83, holdout=0.79))
    assert all(f"abcdef01-{number:04d}" in page for number in range(4))
    assert "it raised" in page
    assert "<svg" in page
    assert HOSTILE not in page
    assert "https://" not in page
    assert "<script" not in page


@pytest.mark.parametrize("holdout", [None, 0.79])
def test_the_best_of_many_is_called_optimistic(holdout: float | None) -> None:
    told = words(facts(0.81, None, 0.84, holdout=holdout))
    assert "The best of 2 trials has roc_auc.all 0.8400" in told
    assert "optimistic" in told
    assert ("0.7900" in told) is (holdout is not None)
    assert "not known" in told or holdout is not None


def test_a_sweep_that_only_failed_has_a_page_too() -> None:
    page = sweep_page(factories.history(3), facts(None, None))
    assert "No trial came to a figure" in page
