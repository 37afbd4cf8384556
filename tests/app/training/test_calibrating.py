import re

import numpy as np
import pytest
from numpy.typing import NDArray

from aisle.app.training.calibrating import Places, calibrate, check, reliability
from aisle.app.training.fitting import Fitted
from aisle.engine.ranking.retrieval import Retrieval
from aisle.evaluation.holdout import hold_out
from aisle.evaluation.window import choose_window
from aisle.prepare.weigh import Weights
from aisle.recommenders.base import NoSettings
from aisle.recommenders.popular.popularity import Popularity, PopularityConfig
from aisle.recommenders.second_stage.calibration import Calibration
from aisle.shop.errors import NotEnoughData
from tests.lively_shop import lively_events


def places(shoppers: int = 6000, length: int = 20) -> tuple[Places, NDArray[np.float64]]:
    draw = np.random.default_rng(0)
    owner, place = np.divmod(np.arange(shoppers * length), length)
    chance = np.clip(draw.gamma(1, 0.3, shoppers)[owner] / (place + 1), 0, 0.9)
    facts = np.column_stack((np.log(chance), np.log(place + 1)))
    return Places(facts, owner, draw.random(len(owner)) < chance), chance


def drawn_again(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64], Places]:
    """Return true chances twice, and shelves of which items were taken by them."""
    asked, chance = places(800)
    wanted = np.random.default_rng(seed).random(len(chance)) < chance
    return chance, chance, asked._replace(wanted=wanted)


def test_chances_learnt_from_the_other_shoppers_hold() -> None:
    asked, _ = places()
    checked = check(asked, Calibration(NoSettings()).fit(asked.facts, asked.wanted, 28))
    assert checked.shoppers == 6000
    assert checked.bins[-1].stated > 10 * checked.bins[0].stated
    assert checked.problem is None


def test_a_constant_is_no_better_than_a_constant() -> None:
    asked, _ = places()
    constant = np.full(len(asked.owner), asked.wanted.mean())
    checked = reliability(constant, constant, asked, 28)
    assert checked.better.value == pytest.approx(0)
    assert checked.problem is not None


def test_chances_that_promise_too_much_are_not_stated() -> None:
    asked, chance = places()
    problem = reliability(np.minimum(2 * chance, 1), chance, asked, 28).problem
    assert problem is not None
    assert re.fullmatch(
        r"what was observed is 0\.\d\d \(0\.\d\d to 0\.\d\d\) times what was stated in tenth \d+", problem
    )


def test_a_bin_that_is_off_within_chance_is_no_problem() -> None:
    """Of ten bins with few hits one is off by more than a quarter more often than not."""
    asked, chance = places(600)
    checked = reliability(chance, chance, asked, 28)
    assert any(not 0.8 <= one.ratio.value <= 1.25 for one in checked.bins)
    assert all(one.ratio.low <= 1 <= one.ratio.high for one in checked.bins)
    assert checked.problem is None


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    held = [
        one.ratio.low <= 1 <= one.ratio.high for seed in range(20) for one in reliability(*drawn_again(seed), 28).bins
    ]
    assert 0.9 <= np.mean(held) <= 0.99


def test_a_bin_in_which_nothing_was_taken_is_not_sure_of_it() -> None:
    asked, chance = places(600)
    asked.wanted[np.argsort(chance)[: len(chance) // 10]] = False
    first = reliability(chance, chance, asked, 28).bins[0]
    assert first.ratio.value == 0
    assert first.ratio.high > 2.5 / (first.stated * len(chance) / 10)


def test_too_few_hits_say_so() -> None:
    asked, _ = places()
    calibration = Calibration(NoSettings()).fit(asked.facts, asked.wanted, 28)
    with pytest.raises(NotEnoughData, match="200 are needed"):
        check(places(20)[0], calibration)


def test_only_a_ranker_has_chances() -> None:
    events = lively_events()
    holdout = hold_out(events, Weights(), choose_window(events, Weights()).window)
    popular = Popularity(PopularityConfig()).fit(holdout.train, seed=0)
    calibrated = calibrate(Fitted(Retrieval(popular, popular), {}, {}), holdout, 0)
    assert (calibrated.calibration, calibrated.reliability) == (None, None)
