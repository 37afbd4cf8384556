"""Rankers of bundles: today's, those with other columns, and those from before columns had names."""

import numpy as np
import pytest

from aisle.engine.ranking.features import names
from aisle.engine.ranking.ranker_columns import with_current_columns
from aisle.kernels.trees_numpy import Forest
from aisle.recommenders.second_stage.ranker import Ranker, RankerConfig
from aisle.shop.errors import BundleError

SOURCES = ("als", "repeat")
COLUMNS = names(SOURCES)


def ranker_on(column: int, features: tuple[str, ...], count: int = len(COLUMNS)) -> Ranker:
    """Plant a tree that gives 1 to whatever has more than 0 in a column."""
    ranker = Ranker(RankerConfig())
    ranker.forest_ = Forest(
        roots=np.zeros(1, np.int32),
        feature=np.array([column, -1, -1], np.int32),
        threshold=np.zeros(3, np.float32),
        missing_left=np.ones(3, np.bool_),
        left=np.array([1, 1, 2], np.int32),
        right=np.array([2, 1, 2], np.int32),
        value=np.array([0.0, 0.0, 1.0]),
    )
    ranker.importance_ = np.zeros(count, np.float32)
    ranker.features_ = features
    return ranker


def read_by(ranker: Ranker) -> list[str]:
    """Return the names of the columns that decide a score."""
    return [COLUMNS[column] for column in np.flatnonzero(ranker.score(np.eye(len(COLUMNS), dtype=np.float32)))]


def test_a_ranker_with_the_columns_of_today_stays_as_it_is() -> None:
    ranker = ranker_on(3, COLUMNS)
    assert with_current_columns(ranker, SOURCES) is ranker


def test_a_ranker_with_another_order_is_remapped() -> None:
    order = COLUMNS[::-1]
    ranker = with_current_columns(ranker_on(order.index("pair_due"), order), SOURCES)
    assert read_by(ranker) == ["pair_due"]


def test_sources_in_another_order_are_remapped_too() -> None:
    order = names(SOURCES[::-1])
    ranker = with_current_columns(ranker_on(order.index("score_als"), order), SOURCES)
    assert read_by(ranker) == ["score_als"]


def test_a_ranker_without_a_column_of_today_does_without() -> None:
    known = tuple(name for name in COLUMNS if name != "user_gap")
    ranker = with_current_columns(ranker_on(known.index("match_brand"), known, len(known)), SOURCES)
    assert read_by(ranker) == ["match_brand"]


def test_a_ranker_with_an_unknown_feature_is_refused() -> None:
    with pytest.raises(BundleError, match="does not have: moon_phase; run aisle train"):
        with_current_columns(ranker_on(0, ("moon_phase", *COLUMNS[1:])), SOURCES)


# The order of the columns before bundles named them, written down once more, and never to be changed.
TEXT = """
score_als score_repeat rank_als rank_repeat sources
pair_taken pair_days pair_looked pair_carted pair_share pair_since_taken pair_since_looked pair_since_carted
pair_since_first pair_stars pair_returned pair_due pair_rhythm
user_taken user_looked user_items user_days user_since_taken user_since_any user_gap user_rebuys user_price
user_hour user_weekday user_bundle_age
item_taken_7 item_taken_28 item_taken_91 item_taken_364 item_looked_7 item_looked_28 item_trend item_buyers
item_rebuyers item_interval item_age item_since_taken item_price item_returned item_stars item_stock
match_price match_category match_department match_brand match_popularity
"""
BEFORE_NAMES = TEXT.split()


@pytest.mark.parametrize("name", BEFORE_NAMES)
def test_a_ranker_without_names_reads_the_columns_of_its_time(name: str) -> None:
    ranker = ranker_on(BEFORE_NAMES.index(name), (), len(BEFORE_NAMES))
    assert read_by(with_current_columns(ranker, SOURCES)) == [name]


def test_a_ranker_without_names_and_of_another_size_is_refused() -> None:
    with pytest.raises(BundleError, match="has 50 features without names, where Aisle had 51; run aisle train"):
        with_current_columns(ranker_on(0, (), 50), SOURCES)
