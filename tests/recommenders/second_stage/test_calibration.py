import numpy as np
import pytest
from numpy.typing import NDArray

from aisle.recommenders.base import NoSettings
from aisle.recommenders.second_stage.calibration import Calibration
from aisle.shop.errors import NotEnoughData

Floats = NDArray[np.float64]


def places(count: int, seed: int) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Return facts, true chances of 0.3 % to 70 %, and what was taken."""
    draw = np.random.default_rng(seed)
    facts = np.column_stack((draw.normal(size=count), draw.uniform(0, 3, count), draw.normal(size=count)))
    chances = 1 / (1 + np.exp(3 - 1.2 * facts[:, 0] + 0.8 * facts[:, 1]))
    return facts, chances, draw.random(count) < chances


def fitted(count: int = 40_000) -> Calibration:
    facts, _, wanted = places(count, 1)
    return Calibration(NoSettings()).fit(facts, wanted, 28)


def test_chances_are_what_is_observed_in_every_fifth() -> None:
    facts, _, wanted = places(100_000, 2)
    stated = fitted().chances(facts)
    for part in np.array_split(np.argsort(stated), 5):
        assert wanted[part].mean() == pytest.approx(stated[part].mean(), rel=0.25)


def test_chances_tell_likely_places_from_unlikely_ones() -> None:
    facts, chances, _ = places(2_000, 3)
    assert np.corrcoef(fitted().chances(facts), chances)[0, 1] > 0.95


def test_unlike_scores_of_no_use_give_one_chance() -> None:
    draw = np.random.default_rng(0)
    facts, wanted = draw.normal(size=(20_000, 2)), draw.random(20_000) < 0.1
    stated = Calibration(NoSettings()).fit(facts, wanted, 7).chances(facts)
    assert stated.min() > 0.05
    assert stated.max() < 0.17


def test_a_few_hits_are_not_enough() -> None:
    with pytest.raises(NotEnoughData, match="only 3 recommended items were taken, and 200 are needed"):
        Calibration(NoSettings()).fit(np.zeros((500, 1)), np.arange(500) < 3, 28)


def test_it_survives_a_trip_through_a_bundle() -> None:
    calibration = fitted(20_000)
    again = Calibration.from_arrays(NoSettings(), calibration.arrays())
    facts, _, _ = places(100, 4)
    np.testing.assert_array_equal(again.chances(facts), calibration.chances(facts))
    assert again.days == 28
