from dataclasses import replace

import numpy as np
import pytest

from aisle.prepare.interactions import Interactions
from aisle.recommenders.popularity import Popularity, PopularityConfig
from aisle.shop.errors import SettingsError
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY
from tests.recommenders.battery import NOW, Battery, ask, listed, shop


class TestPopularity(Battery):
    def make(self) -> Popularity:
        return Popularity(PopularityConfig())


def day_by_day(*events: tuple[int, float, float]) -> Interactions:
    """Make a shop of six items whose events are (item, weight, age in days), none of a known user."""
    data = shop(np.zeros((1, 6)))
    item, weight, age = (np.array(column) for column in zip(*events, strict=True))
    log = replace(
        data.log,
        user=np.full(len(events), UNKNOWN, np.int32),
        item=item.astype(np.int32),
        weight=weight.astype(np.float32),
        timestamp=NOW - (age * DAY).astype(np.int64),
    )
    return replace(data, log=log)


LOG = day_by_day((0, 1, 1), (0, 1, 2), (1, 3, 5), (2, 5, 40), (3, 1, 50), (4, 1, 3), (4, -1, 2))


def test_weights_in_the_window_are_summed_and_the_rest_follows() -> None:
    model = Popularity(PopularityConfig(window_days=30)).fit(LOG, seed=0)
    np.testing.assert_allclose(model.scores_, [2, 3, 5 / 6 - 1, 1 / 6 - 1, -1, -1], rtol=1e-6)
    assert listed(model.retrieve(ask({}), 6)) == [1, 0, 2, 3, 4, 5]


def test_without_a_window_everything_counts() -> None:
    model = Popularity(PopularityConfig(window_days=None)).fit(LOG, seed=0)
    assert listed(model.retrieve(ask({}), 4)) == [2, 1, 0, 3]


def test_an_event_fades_by_half_in_a_half_life() -> None:
    model = Popularity(PopularityConfig(half_life_days=1)).fit(LOG, seed=0)
    np.testing.assert_allclose(model.scores_[:2], [1 / 2 + 1 / 4, 3 / 32], rtol=1e-6)


def test_the_window_begins_after_its_first_moment() -> None:
    model = Popularity(PopularityConfig(window_days=5)).fit(LOG, seed=0)
    assert model.scores_[1] < 0


@pytest.mark.parametrize("name", ["window_days", "half_life_days"])
def test_days_are_above_0(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        PopularityConfig(**{name: 0})
