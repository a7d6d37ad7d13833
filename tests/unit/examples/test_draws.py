import numpy as np
import pytest
from company.draws import Purpose, normal, uniform

KEYS = np.arange(100_000, dtype=np.int64)


def test_the_first_draws_are_those_of_every_release() -> None:
    drawn = uniform(7, Purpose.LEAVE, -6, np.array([0, 1, 20_000]))
    assert drawn.tolist() == [0.8303750193533972, 0.6308531535911854, 0.5837249105568685]


def test_draws_are_uniform() -> None:
    counts, _ = np.histogram(uniform(7, Purpose.LEAVE, 3, KEYS), bins=20, range=(0, 1))
    expected = len(KEYS) / 20
    # The 99.99 % quantile of chi² with 19 degrees of freedom is 50.8.
    assert ((counts - expected) ** 2 / expected).sum() < 50.8


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((8, Purpose.LEAVE, 3, KEYS), id="seed"),
        pytest.param((7, Purpose.LEAVE_DAY, 3, KEYS), id="purpose"),
        pytest.param((7, Purpose.LEAVE, 4, KEYS), id="month"),
        pytest.param((7, Purpose.LEAVE, -3, KEYS), id="month before"),
        pytest.param((7, Purpose.LEAVE, 3, KEYS + 1), id="key"),
    ],
)
def test_each_number_matters_and_nothing_carries_over(other: tuple[int, int, int, np.ndarray]) -> None:
    # 4.5 standard errors of a correlation of nothing.
    correlation = np.corrcoef(uniform(7, Purpose.LEAVE, 3, KEYS), uniform(*other))[0, 1]
    assert abs(correlation) < 4.5 / np.sqrt(len(KEYS))


def test_a_draw_does_not_depend_on_the_others() -> None:
    together = uniform(7, Purpose.LEAVE, 3, KEYS)
    some = np.array([99_999, 5, 5, 0])
    assert (uniform(7, Purpose.LEAVE, 3, some) == together[some]).all()


def test_normal_draws_are_standard() -> None:
    drawn = normal(7, Purpose.PRICE, 0, KEYS)
    assert np.isfinite(drawn).all()
    assert drawn.mean() == pytest.approx(0, abs=0.015)
    assert drawn.std() == pytest.approx(1, abs=0.01)


def test_purposes_do_not_share_numbers() -> None:
    assert len(Purpose) == len(Purpose.__members__)
    assert Purpose.CHOOSE - Purpose.RECONSIDER >= 16, "one number for each trait lies between them"
