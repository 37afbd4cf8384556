"""The half-life of fatigue: found where it was planted, and not where there is none."""

import numpy as np
import pytest

from aisle.recommenders.base import NoSettings
from aisle.recommenders.second_stage.patience import Patience, Visits, half_life
from aisle.shop.errors import NotEnoughData
from aisle.shop.moments import DAY


def simulated(days: float, pairs: int = 12_000, visits: int = 5, effect: float = -0.6) -> Visits:
    """Return visits of shoppers who like items more or less, and are tired of what they saw in vain."""
    random = np.random.default_rng(0)
    moment = np.cumsum(random.exponential(4, (pairs, visits)), axis=1)
    liking = random.gamma(4, 0.03, pairs)
    strain, clicked = np.zeros(pairs), np.zeros((pairs, visits), np.bool_)
    for number in range(visits):
        if number:
            fades = np.exp2(-(moment[:, number] - moment[:, number - 1]) / days)
            strain = np.where(clicked[:, number - 1], 0, (strain + 1) * fades)
        clicked[:, number] = random.random(pairs) < liking * np.exp(effect * strain)
    pair = np.repeat(np.arange(pairs), visits)
    return Visits(pair, (moment.ravel() * DAY).astype(np.int64), clicked.ravel())


@pytest.mark.parametrize("days", [2.0, 7.0])
def test_a_planted_half_life_is_found(days: float) -> None:
    assert half_life(simulated(days)) == days


def test_who_likes_an_item_less_is_not_tired_of_it() -> None:
    assert half_life(simulated(7, effect=0)) is None


def test_too_few_clicks() -> None:
    with pytest.raises(NotEnoughData, match="fewer than 500 clicks"):
        Patience(NoSettings()).fit(simulated(7, pairs=300))


def test_no_visits() -> None:
    assert half_life(Visits(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.bool_))) is None


def test_a_bundle_keeps_it() -> None:
    patience = Patience(NoSettings()).fit(simulated(2))
    assert Patience.from_arrays(NoSettings(), patience.arrays()).half_life == 2
