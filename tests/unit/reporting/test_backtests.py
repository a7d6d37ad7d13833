"""The page of a backtest: what wins, and how sure that is."""

from datetime import timedelta

import pytest
from tests import factories

from copml.records import Measurement
from copml.reporting import Backtest, Played, backtest_page, conclusion, standings

PROJECT = factories.project()


def _windows(values: list[float], metric: str = "accuracy") -> tuple[Measurement, ...]:
    start = factories.history(1).now
    return tuple(
        Measurement(
            project="p",
            metric=metric,
            segment="all",
            starts_at=start + timedelta(days=7 * place),
            ends_at=start + timedelta(days=7 * place + 7),
            value=value,
            low=value,
            high=value,
            n=9,
            version="v1",
            measured_at=start,
            pass_=0,
        )
        for place, value in enumerate(values)
    )


def _played(never: list[float], every: list[float], naive: list[float] | None = None) -> Backtest:
    start = factories.history(1).now
    return Backtest(
        project=PROJECT,
        metric="accuracy",
        better="higher",
        since=start,
        until=start + timedelta(days=70),
        played=(
            Played(policy="never", windows=_windows(never), trained=(start,)),
            Played(policy="every-window", windows=_windows(every), trained=(start, start)),
        ),
        naive=_windows(naive or [], "majority_accuracy"),
    )


LOW, HIGH = [0.5, 0.6, 0.55, 0.52, 0.58] * 4, [0.8, 0.85, 0.83, 0.81, 0.84] * 4


@pytest.mark.parametrize(
    ("never", "every", "naive", "words"),
    [
        (LOW, HIGH, None, "Retraining every window wins, with a mean accuracy of 0.826 over 20 windows, 0.276 better"),
        (
            LOW,
            [value + 0.0005 + 0.003 * (-1) ** place for place, value in enumerate(LOW)],
            None,
            "No policy surely wins: ",
        ),
        (HIGH, LOW, None, "Never retraining is ahead, with a mean accuracy of 0.826 over 20 windows."),
        (LOW, HIGH, [0.9] * 20, "Naming the usual outcome, with 0.900, is better than all of them."),
    ],
)
def test_what_wins(never: list[float], every: list[float], naive: list[float] | None, words: str) -> None:
    told = _played(never, every, naive)
    assert words in conclusion(told)
    assert conclusion(told) in backtest_page(told)


def test_policies_are_compared_on_the_windows_that_both_have() -> None:
    first, second = standings(_played(LOW, HIGH[:5]))
    assert (first.value.n, second.value.n, second.trainings) == (5, 5, 2)
    assert second.gain is not None
    assert second.gain.value == pytest.approx(sum(HIGH[:5]) / 5 - sum(LOW[:5]) / 5)


def test_without_windows_nothing_is_claimed() -> None:
    empty = _played([], [])
    assert standings(empty) == ()
    assert "too little data" in backtest_page(empty)
