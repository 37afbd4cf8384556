from dataclasses import replace

import numpy as np
import pytest

from aisle.prepare.interactions import Interactions
from aisle.recommenders.popular.newcomer_popularity import (
    RISE,
    NewcomerPopularity,
    NewcomerPopularityConfig,
)
from aisle.shop.ids import UNKNOWN, Vocabulary
from aisle.shop.moments import DAY
from tests.recommenders.battery import NOW, Battery, ask, listed, log_with, shop


class TestNewcomerPopularity(Battery):
    def make(self) -> NewcomerPopularity:
        return NewcomerPopularity(NewcomerPopularityConfig())


def log_of(*events: tuple[int, int, float]) -> Interactions:
    """Make a shop of three users and five items whose events are (user, item, age in days)."""
    data = shop(np.zeros((3, 5)))
    user, item, age = (np.array(column) for column in zip(*sorted(events, key=lambda one: -one[2]), strict=True))
    none = np.full(len(events), np.nan, np.float32)
    log = log_with(
        data.log,
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        kind=np.zeros(len(events), np.int8),
        weight=np.ones(len(events), np.float32),
        rating=none,
        timestamp=NOW - (age * DAY).astype(np.int64),
        session=np.full(len(events), UNKNOWN, np.int32),
        basket=np.full(len(events), UNKNOWN, np.int32),
        price=none,
        quantity=np.ones(len(events), np.int32),
    )
    return replace(data, log=log)


# User 0 begins with item 0 and comes back for item 1 again and again; user 1 begins with item 2, long ago.
LOG = log_of((0, 0, 10), (0, 1, 7), (0, 1, 6), (0, 1, 5), (1, 2, 70), (UNKNOWN, 3, 3))


def test_what_newcomers_take_comes_before_what_regulars_do() -> None:
    model = NewcomerPopularity(NewcomerPopularityConfig(half_life_days=1e9, prior=0.5)).fit(LOG, seed=0)
    assert listed(model.retrieve(ask({}), 3)) == [0, 2, 1]
    np.testing.assert_allclose(model.score(ask({}))[0, :2], [1 + 0.5 / 6, 0.5 * 3 / 6], rtol=1e-6)


def test_a_large_prior_is_popularity() -> None:
    assert listed(NewcomerPopularity(NewcomerPopularityConfig(prior=1e6)).fit(LOG, seed=0).retrieve(ask({}), 1)) == [1]


def test_first_days_fade() -> None:
    scores = (
        NewcomerPopularity(NewcomerPopularityConfig(half_life_days=30.0, prior=0.0)).fit(LOG, seed=0).score(ask({}))[0]
    )
    np.testing.assert_allclose(scores[2] / scores[0], 2 ** (-60 / 30), rtol=1e-6)


def test_lines_of_nobody_count_for_everybody_alone() -> None:
    scores = NewcomerPopularity(NewcomerPopularityConfig(prior=1.0)).fit(LOG, seed=0).score(ask({}))[0]
    assert scores[3] > scores[4] == 0
    assert NewcomerPopularity(NewcomerPopularityConfig(prior=0.0)).fit(LOG, seed=0).score(ask({}))[0, 3] == 0


def first_days(*taken: tuple[int, int, int]) -> Interactions:
    """Make a shop in which (item, week ago, newcomers) are taken, for ten weeks at least."""
    who = [(item, week) for item, week, newcomers in [*taken, (4, 9, 1)] for _ in range(newcomers)]
    events = sorted(((user, item, 7 * week + 3.0) for user, (item, week) in enumerate(who)), key=lambda one: -one[2])
    data = log_of(*events)
    return replace(data, users=Vocabulary(f"u{number:04}" for number in range(len(who))))


def newcomers_of(data: Interactions) -> list[float]:
    config = NewcomerPopularityConfig(half_life_days=1e9, prior=0.0)
    return [float(score) for score in NewcomerPopularity(config).fit(data, seed=0).scores_]


def test_a_crowd_that_comes_at_once_counts_in_part() -> None:
    steady = [(0, week, 8) for week in range(10)]
    assert newcomers_of(first_days(*steady, (1, 0, 100)))[:2] == pytest.approx([80, RISE * 8], rel=1e-4)


def test_what_was_a_favourite_once_may_be_one_again() -> None:
    assert newcomers_of(first_days((0, 4, 30), (1, 0, 60)))[1] == pytest.approx(60, rel=1e-4)


def test_where_nobody_came_before_all_count() -> None:
    assert newcomers_of(first_days((0, 0, 60)))[0] == pytest.approx(60, rel=1e-4)


def test_the_first_weeks_of_a_shop_count_whole() -> None:
    assert newcomers_of(first_days((0, 5, 100)))[0] == pytest.approx(100, rel=1e-4)
