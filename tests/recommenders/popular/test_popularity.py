from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from aisle.prepare.catalogue import aligned
from aisle.prepare.interactions import Interactions
from aisle.recommenders.popular.popularity import Popularity, PopularityConfig
from aisle.shop.columns import CATEGORY, ITEM_ID
from aisle.shop.errors import NotEnoughData, SettingsError
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY
from tests.recommenders.battery import NOW, Battery, ask, listed, log_with, shop


class TestPopularity(Battery):
    def make(self) -> Popularity:
        return Popularity(PopularityConfig())


def day_by_day(*events: tuple[int, float, float]) -> Interactions:
    """Make a shop of six items whose events are (item, weight, age in days), none of a known user."""
    data = shop(np.zeros((1, 6)))
    item, weight, age = (np.array(column) for column in zip(*events, strict=True))
    log = log_with(
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


@pytest.mark.parametrize("name", ["window_days", "half_life_days", "prior_ratings"])
def test_settings_are_above_0(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        PopularityConfig.parse({name: 0})


def rated(*ratings: tuple[int, float, float]) -> Interactions:
    """Make a shop of six items whose events are (item, stars, age in days)."""
    data = day_by_day(*((item, 1, age) for item, _, age in ratings))
    stars = np.array([stars for _, stars, _ in ratings], np.float32)
    return replace(data, log=replace(data.log, rating=stars))


def test_stars_are_drawn_towards_the_mean_of_the_shop() -> None:
    log = rated((0, 5, 1), *[(1, 5, 1)] * 8, *[(2, 1, 1)] * 3, (3, np.nan, 1), (3, np.nan, 1), (4, 5, 60))
    model = Popularity(PopularityConfig(measure="rating", prior_ratings=4)).fit(log, seed=0)
    mean = (5 * 9 + 3) / 12
    expected = [(4 * mean + 5) / 5, (4 * mean + 40) / 12, (4 * mean + 3) / 7]
    np.testing.assert_allclose(model.scores_[:3], expected, rtol=1e-6)
    assert listed(model.retrieve(ask({}), 6)) == [1, 0, 2, 3, 4, 5]


def test_old_stars_fade() -> None:
    log = rated((0, 5, 0), (0, 1, 1), (1, 3, 0))
    model = Popularity(PopularityConfig(measure="rating", half_life_days=1, prior_ratings=1e-9)).fit(log, seed=0)
    np.testing.assert_allclose(model.scores_[:2], [5.5 / 1.5, 3], rtol=1e-6)


def test_stars_below_0_still_come_before_what_has_none() -> None:
    model = Popularity(PopularityConfig(measure="rating")).fit(rated((0, -10, 1), (1, np.nan, 1)), seed=0)
    assert listed(model.retrieve(ask({}), 2)) == [0, 1]


def test_without_stars_there_is_nothing_to_rank_by() -> None:
    with pytest.raises(NotEnoughData, match="there are no ratings"):
        Popularity(PopularityConfig(measure="rating")).fit(LOG, seed=0)


CATALOGUE = aligned(
    pl.DataFrame({ITEM_ID: LOG.items.ids, CATEGORY: ["Tea", "Tea > Green", "Tools", "Tools", "Tools > Saws", "Tea"]}),
    LOG.items,
)


def test_per_category_a_shelf_is_as_much_of_a_category_as_the_history() -> None:
    data = replace(LOG, catalogue=CATALOGUE)
    model = Popularity(PopularityConfig(window_days=None, per_category=True)).fit(data, seed=0)
    # Credit 2, 3, 5, 1, 0, 0: category 0 has 5 of 11, its best item 3; category 1 has 6 of 11, its best item 5.
    own = 0.9 + 0.1 * 6 / 11
    expected = [0.1 * 5 / 11 * 2 / 3, 0.1 * 5 / 11, own, own / 5]
    np.testing.assert_allclose(model.score(ask({3: 1.0}))[0, :4], expected, rtol=1e-5)


def test_per_category_a_stranger_sees_what_the_shop_likes() -> None:
    model = Popularity(PopularityConfig(window_days=None, per_category=True)).fit(
        replace(LOG, catalogue=CATALOGUE), seed=0
    )
    np.testing.assert_allclose(model.score(ask({}))[0, :4], [5 / 11 * 2 / 3, 5 / 11, 6 / 11, 6 / 11 / 5], rtol=1e-5)


def test_per_category_needs_categories() -> None:
    with pytest.raises(NotEnoughData, match="no item has a category"):
        Popularity(PopularityConfig(per_category=True)).fit(LOG, seed=0)
