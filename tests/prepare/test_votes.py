"""What a voter counts for at most, and the same whenever the log is looked at."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from aisle.prepare.interactions import EventLog
from aisle.prepare.votes import (
    NEW_DAYS,
    OF_ALL_ITEMS,
    OF_ONE_ITEM,
    RISE,
    WEIGHT_OF_ITEM,
    counted,
    of_new_shoppers,
    with_new_shoppers,
)
from aisle.recommenders.popular.popularity import Popularity, PopularityConfig
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY, SECOND
from tests.lively_shop import lively_data
from tests.recommenders.battery import log_with, shop

VIEW, PURCHASE = KIND_CODES[EventKind.VIEW_ITEM], KIND_CODES[EventKind.PURCHASE]
MONDAY = 20_000 * 7 * DAY
EMPTY = shop(np.zeros((1, 1))).log


def log_of(*events: tuple[int, int, int, int], step: int = SECOND) -> EventLog:
    """Make a log of (user, session, item, kind), a step from one to the next."""
    user, session, item, kind = (np.array(column, np.int32) for column in zip(*events, strict=True))
    moments = MONDAY + step * np.arange(len(events))
    return log_with(EMPTY, user=user, session=session, item=item, kind=kind.astype(np.int8), timestamp=moments)


def test_a_shopper_counts_for_an_item_a_few_times_a_week_and_kind() -> None:
    same = [(0, UNKNOWN, 5, VIEW)] * 10
    assert counted(log_of(*same)).tolist() == [True] * OF_ONE_ITEM + [False] * (10 - OF_ONE_ITEM)
    assert counted(log_of(*same, step=7 * DAY)).all()
    others = [(0, UNKNOWN, 5, PURCHASE), (0, UNKNOWN, 6, VIEW), (1, UNKNOWN, 5, VIEW)]
    assert counted(log_of(*same, *others))[-3:].all()


def test_the_sessions_of_a_shopper_are_one_voter_and_those_of_nobody_are_each_one() -> None:
    of_shopper = [(0, session, 5, VIEW) for session in range(10)]
    of_nobody = [(UNKNOWN, session, 5, VIEW) for session in (10, 11) for _ in range(10)]
    assert counted(log_of(*of_shopper)).sum() == OF_ONE_ITEM
    assert counted(log_of(*of_nobody)).sum() == 2 * OF_ONE_ITEM


def test_a_voter_counts_for_all_items_a_number_of_times_a_week() -> None:
    tireless = [(0, UNKNOWN, item, VIEW) for item in range(OF_ALL_ITEMS + 50)]
    assert counted(log_of(*tireless, (1, UNKNOWN, 0, VIEW))).sum() == OF_ALL_ITEMS + 1


def test_nobody_counts_for_an_item_little_more_than_shoppers_do() -> None:
    wanted = [(user, UNKNOWN, 5, PURCHASE) for user in range(20)]
    nobody = [(UNKNOWN, UNKNOWN, item, PURCHASE) for item in (5, 6) for _ in range(900)]
    counts = counted(log_of(*wanted, *nobody))
    assert counts[:20].all()
    assert (counts[20:920].sum(), counts[920:].sum()) == (20 + OF_ONE_ITEM, OF_ONE_ITEM)


def test_a_shopper_is_new_for_four_weeks() -> None:
    log = log_of(*[(0, UNKNOWN, 5, VIEW)] * (NEW_DAYS + 1), (UNKNOWN, 3, 5, VIEW), (1, UNKNOWN, 5, VIEW), step=DAY)
    assert of_new_shoppers(log).tolist() == [True] * NEW_DAYS + [False, False, True]
    assert len(of_new_shoppers(EMPTY)) == 0


def test_a_crowd_of_new_shoppers_adds_little_to_what_others_do() -> None:
    others, new = np.array([0, 10, 90]), np.array([20, 40, 40])
    bound = OF_ONE_ITEM + RISE * others  # as many events of new shoppers as of others in all
    np.testing.assert_allclose(with_new_shoppers(others, new), others + np.minimum(new, bound))
    assert with_new_shoppers(others, new).tolist() == [OF_ONE_ITEM, 10 + OF_ONE_ITEM + 20, 130]


def test_where_all_shoppers_are_new_all_count() -> None:
    assert with_new_shoppers(np.zeros(2, np.int64), np.array([20, 1])).tolist() == [20, 1]


def test_a_log_of_nobody_counts_whole() -> None:
    assert counted(log_of(*[(UNKNOWN, UNKNOWN, 5, PURCHASE)] * 50)).all()
    assert len(counted(EMPTY)) == 0


@pytest.mark.parametrize("share", [0.3, 0.7])
def test_what_comes_later_changes_nothing_of_what_was(share: float) -> None:
    log = crowded()
    first = np.arange(len(log)) < share * len(log)
    np.testing.assert_array_equal(counted(log)[first], counted(log.where(first)))


def crowded() -> EventLog:
    """Return a random log in which every cap is reached."""
    draw = np.random.default_rng(1)

    def drawn(least: int, past: int) -> NDArray[np.int32]:
        return draw.integers(least, past, 20_000).astype(np.int32)

    return log_with(
        EMPTY,
        user=drawn(UNKNOWN, 4),
        session=drawn(UNKNOWN, 3),
        item=drawn(0, 300),
        kind=drawn(PURCHASE - 1, PURCHASE + 1).astype(np.int8),
        timestamp=np.sort(MONDAY + draw.integers(0, 20 * DAY, 20_000)),
    )


def test_no_shopper_counts_above_the_caps_in_a_week() -> None:
    log = crowded()
    votes = log.where(counted(log) & (log.user != UNKNOWN))
    week = votes.timestamp // (7 * DAY)
    assert np.unique(np.stack([votes.user, week]), axis=1, return_counts=True)[1].max() == OF_ALL_ITEMS
    acts = np.stack([votes.user, week, votes.item, votes.kind])
    assert np.unique(acts, axis=1, return_counts=True)[1].max() == OF_ONE_ITEM


def test_900_anonymous_purchases_make_no_bestseller() -> None:
    honest = [(user, UNKNOWN, user % 3, PURCHASE) for user in range(60)]
    log = log_of(*honest, *[(UNKNOWN, UNKNOWN, 3, PURCHASE)] * 900)
    data = replace(shop(np.zeros((1, 4))), log=log, now=int(log.timestamp[-1]))
    scores = Popularity(PopularityConfig()).fit(data, seed=0).scores_
    assert scores.tolist() == [20, 20, 20, OF_ONE_ITEM]


def test_a_shoppers_liking_for_an_item_is_bounded_where_models_learn() -> None:
    assert lively_data().matrix.data.max() <= WEIGHT_OF_ITEM


def test_what_is_over_the_cap_of_an_address_takes_no_vote_away() -> None:
    data = shop(np.ones((1, 1)))
    log = log_of(*[(0, UNKNOWN, 0, VIEW)] * 6)
    over = replace(log, counts=np.array([False, False, True, True, True, True]))
    assert replace(data, log=over).votes.timestamp.tolist() == log.timestamp[2:5].tolist()
