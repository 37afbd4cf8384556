import numpy as np
from numpy.typing import NDArray

from aisle.app.weighing import STRENGTHS, learn_weights
from aisle.prepare.weigh import Weights


def served(weights: Weights, refund: float, rate: float, noise: float = 0.0, shoppers: int = 50) -> NDArray[np.float64]:
    """Return figures of shoppers who are served best with certain weights."""
    luck = np.random.default_rng(int(10 * weights.refund + 100 * weights.rate)).normal(0, noise, shoppers)
    return np.full(shoppers, -abs(weights.refund - refund) - abs(weights.rate - rate)) + luck


def test_the_strengths_that_serve_best_are_found() -> None:
    learnt = learn_weights(Weights(), lambda weights: served(weights, refund=2.0, rate=3.0), seed=1)
    assert (learnt.refund, learnt.rate) == (2.0, 3.0)


def test_everything_else_stays() -> None:
    learnt = learn_weights(Weights(purchase=7.0), lambda weights: served(weights, refund=2.0, rate=1.0), seed=1)
    assert learnt == Weights(purchase=7.0, refund=2.0)


def test_chance_changes_nothing() -> None:
    learnt = learn_weights(Weights(), lambda weights: served(weights, 1.05, 1.05, noise=20.0), seed=1)
    assert learnt == Weights()


def test_weights_from_outside_the_tried_ones_may_win() -> None:
    given = Weights(refund=1.2, rate=0.7)
    assert given.refund not in STRENGTHS["refund"]
    assert learn_weights(given, lambda weights: served(weights, refund=1.2, rate=0.7), seed=1) == given


def test_nobody_to_ask_leaves_the_settings_alone() -> None:
    assert learn_weights(Weights(), lambda _: np.full(9, np.nan), seed=1) == Weights()
