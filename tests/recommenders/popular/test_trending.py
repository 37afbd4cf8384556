from dataclasses import replace

import numpy as np
import pytest

from aisle.prepare.interactions import Interactions
from aisle.recommenders.popular.trending import Trending, TrendingConfig
from aisle.shop.errors import SettingsError
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY
from tests.recommenders.battery import NOW, Battery, ask, listed, log_with, shop


class TestTrending(Battery):
    def make(self) -> Trending:
        return Trending(TrendingConfig(min_support=1))


def sold(*counts: tuple[int, int, int]) -> Interactions:
    """Make a shop whose items sold so often in the last week, in the four weeks before and before that, to nobody."""
    items = np.repeat(np.arange(len(counts)), [sum(of_item) for of_item in counts])
    ages = np.concatenate([np.repeat([3.0, 20.0, 50.0], of_item) for of_item in counts])
    data = shop(np.ones((1, len(counts))))
    events = len(items)
    log = log_with(
        data.log,
        user=np.full(events, UNKNOWN, np.int32),
        item=items.astype(np.int32),
        weight=np.ones(events, np.float32),
        timestamp=NOW - (ages * DAY).astype(np.int64),
    )
    return replace(data, log=log)


def test_a_rise_is_measured_against_what_the_shop_as_a_whole_did() -> None:
    model = Trending(TrendingConfig(shrinkage=4)).fit(sold((30, 20, 0), (10, 20, 0)), seed=0)
    # 40 events after 40: as many are expected of each item as before.
    assert model.scores_[0] == pytest.approx((30 - 20) / np.sqrt(20 + 4))
    assert -1 <= model.scores_[1] < 0


def test_a_shop_that_doubles_has_no_trends() -> None:
    model = Trending(TrendingConfig()).fit(sold((20, 10, 0), (40, 20, 0)), seed=0)
    assert (model.scores_ < 0).all()


def test_what_does_not_trend_follows_by_popularity() -> None:
    model = Trending(TrendingConfig()).fit(sold((9, 1, 0), (4, 0, 0), (3, 30, 0), (0, 0, 8), (0, 0, 9)), seed=0)
    assert listed(model.retrieve(ask({}), 5)) == [0, 2, 1, 4, 3]
    assert model.scores_[1] < 0


def test_a_new_shop_ranks_by_what_sells() -> None:
    model = Trending(TrendingConfig(shrinkage=4)).fit(sold((6, 0, 0), (8, 0, 0)), seed=0)
    np.testing.assert_allclose(model.scores_, [3, 4])


def test_what_was_sent_back_does_not_count() -> None:
    data = sold((6, 0, 0), (6, 0, 0))
    weight = data.log.weight.copy()
    weight[:2] = -1
    model = Trending(TrendingConfig()).fit(replace(data, log=replace(data.log, weight=weight)), seed=0)
    assert model.scores_[0] < 0 < model.scores_[1]


@pytest.mark.parametrize("name", ["window_days", "baseline_days", "min_support", "shrinkage"])
def test_settings_are_above_0(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        TrendingConfig(**{name: 0})
