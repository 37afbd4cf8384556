import numpy as np
import pytest

from aisle.experiments.statistics.differences import Difference
from aisle.experiments.statistics.sequential import always_valid, widening


def _difference(z: float) -> Difference:
    return Difference(np.array(z), np.array(1.0), np.array(1e6))


def test_the_interval_is_wider_than_one_that_is_read_once_and_narrowest_at_the_planned_size() -> None:
    done = np.array([0.05, 0.25, 0.9, 1.0, 1.1, 4.0])
    # What counts is the width for the units there are: an error shrinks with their square root.
    width = widening(done)

    assert (width > 1.96).all()
    assert widening(1.0) == pytest.approx(3.03, abs=0.01)
    assert width.argmin() in (2, 3, 4)


@pytest.mark.parametrize("done", [0.1, 1.0, 3.0])
def test_the_p_value_is_below_five_percent_where_the_interval_leaves_out_zero(done: float) -> None:
    edge = float(widening(done))

    assert (
        always_valid(_difference(edge * 1.001), done).p_value
        < 0.05
        < always_valid(_difference(edge * 0.999), done).p_value
    )
    assert always_valid(_difference(edge * 1.001), done).low > 0 > always_valid(_difference(edge * 0.999), done).low


def test_daily_looks_at_an_experiment_without_an_effect_find_one_in_at_most_five_percent() -> None:
    rng = np.random.default_rng(5)
    days = np.arange(1, 29)
    walk = rng.normal(0, 1, (4_000, 28)).cumsum(axis=1) / days
    difference = Difference(walk, 1 / np.sqrt(np.broadcast_to(days, walk.shape)), np.full(walk.shape, 1e6))

    once = np.abs(walk * np.sqrt(days)) > 1.96
    valid = always_valid(difference, days / 28)

    assert once.any(axis=1).mean() > 0.2  # what peeking does to a test that is made to be read once
    assert ((valid.low > 0) | (valid.high < 0)).any(axis=1).mean() <= 0.05


def test_without_variance_nothing_can_be_said() -> None:
    still = Difference(np.array(0.0), np.array(0.0), np.array(np.nan))

    assert np.isnan(always_valid(still, 1.0).p_value)
