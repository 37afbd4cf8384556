"""Whether a model has fallen behind: planted effects, and none."""

import numpy as np

from aisle.experiments.statistics.samples import Floats
from aisle.experiments.succession import Succession, succession


def shoppers(rate: float, count: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    places = (10 * random.integers(1, 6, count)).astype(np.float64)
    clicks = random.binomial(places.astype(np.int64), rate * random.uniform(0.5, 1.5, count))
    return clicks.astype(np.float64), places


def test_a_planted_loss_is_found() -> None:
    random = np.random.default_rng(0)
    found = succession(shoppers(0.06, 2000, random), shoppers(0.045, 2000, random))
    assert found is not None
    assert found.has_fallen_behind
    assert found.low < -0.25 < found.high


def test_a_gain_stays() -> None:
    random = np.random.default_rng(0)
    found = succession(shoppers(0.045, 2000, random), shoppers(0.06, 2000, random))
    assert found is not None
    assert not found.has_fallen_behind


def test_a_loss_within_the_margin_may_be_the_season() -> None:
    assert not Succession(0.05, 0.0495, -0.01, -0.02, -0.001).has_fallen_behind


def test_too_few_clicks() -> None:
    random = np.random.default_rng(0)
    assert succession(shoppers(0.06, 2000, random), shoppers(0.06, 20, random)) is None
    nobody = np.zeros(0), np.zeros(0)
    assert succession(nobody, nobody) is None


def test_equal_models_looked_at_every_day_are_seldom_told_apart() -> None:
    random, fooled = np.random.default_rng(1), 0
    for _ in range(200):
        before, (clicks, places) = shoppers(0.06, 400, random), shoppers(0.06, 800, random)
        days = (succession(before, (clicks[:seen], places[:seen])) for seen in range(50, 801, 50))
        fooled += any(day is not None and day.high < 0 for day in days)
    assert fooled <= 10, "5 % of 200, without the margin, which makes it rarer yet"
