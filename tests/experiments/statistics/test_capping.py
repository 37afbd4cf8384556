import numpy as np
import pytest

from aisle.experiments.statistics.capping import capped


def test_only_what_is_above_the_cap_is_cut() -> None:
    values = np.concatenate([np.zeros(900), np.full(99, 10.0), [1_000.0]])

    cut = capped(values, 0.9)

    assert cut.cap == 10
    assert cut.values.max() == 10
    assert cut.units == 1
    assert cut.removed == pytest.approx(990 / 1_990)


def test_where_nobody_paid_nothing_is_cut() -> None:
    assert capped(np.zeros(5)).removed == 0
