import numpy as np
import polars as pl

from aisle.engine.ranking.profile import as_of, to_query
from aisle.evaluation.queries import query_batch
from aisle.prepare.build import build
from aisle.prepare.weigh import Weights
from aisle.shop.events import ProfileEvent
from aisle.shop.ids import Vocabulary
from aisle.shop.moments import DAY

ITEMS = Vocabulary(["a", "b", "c"])
WEIGHTS = Weights()
NOW = 1_700_000_000_000_000
PROFILE = [
    ProfileEvent("b", "rate", NOW - 5 * DAY, 1.0),
    ProfileEvent("b", "rate", NOW - 2 * DAY, 5.0),
    ProfileEvent("a", "purchase", NOW - 3 * DAY),
    ProfileEvent("a", "view_item", NOW - 4 * DAY),
    ProfileEvent("unknown", "purchase", NOW - DAY),
    ProfileEvent("c", "view_item_list", NOW - DAY),
    ProfileEvent("c", "rate", NOW - DAY),
]


def test_a_live_query_equals_the_query_in_training() -> None:
    frame = pl.DataFrame(
        [
            {
                "user_id": "u",
                "item_id": row.item_id,
                "event": row.kind,
                "timestamp": row.timestamp,
                "rating": row.rating,
            }
            for row in PROFILE
        ]
    )
    data = build(frame, WEIGHTS, NOW, items=ITEMS)
    trained, live = query_batch(data, np.array([0], np.int32)), to_query(PROFILE, ITEMS, WEIGHTS, NOW)
    np.testing.assert_array_equal(live.history.items, trained.history.items)
    np.testing.assert_allclose(live.weights, trained.weights, rtol=1e-6)
    np.testing.assert_array_equal(live.timestamps, trained.timestamps)
    np.testing.assert_array_equal(live.ratings, trained.ratings)


def test_a_history_is_oldest_first_and_holds_each_item_once() -> None:
    query = to_query(PROFILE, ITEMS, WEIGHTS, NOW)
    assert [ITEMS.ids[item] for item in query.history.items] == ["a", "b"]


def test_a_query_holds_the_last_stars() -> None:
    query = to_query(PROFILE, ITEMS, WEIGHTS, NOW)
    np.testing.assert_array_equal(query.ratings, [np.nan, 5])


def test_an_empty_profile_is_an_empty_query() -> None:
    query = to_query([], ITEMS, WEIGHTS, NOW)
    assert (len(query), len(query.weights)) == (1, 0)


def test_ages_are_measured_from_the_newest_known_moment() -> None:
    assert as_of([], 5) == 5
    assert as_of([ProfileEvent("a", "purchase", 9)], 5) == 9
    assert as_of([ProfileEvent("a", "purchase", 3)], 5) == 5


def test_only_the_last_rating_of_an_item_counts() -> None:
    query = to_query(
        [ProfileEvent("a", "rate", NOW - DAY, 5.0), ProfileEvent("a", "rate", NOW, 1.0)], ITEMS, WEIGHTS, NOW
    )
    assert query.weights.tolist() == [-1.0]
