import numpy as np
import polars as pl

from aisle.prepare.build import build
from aisle.prepare.profiles import Profiles
from aisle.prepare.weigh import Weights
from aisle.shop.ids import UNKNOWN, Vocabulary

ITEMS = Vocabulary(["a", "b", "c"])
EVENTS = pl.DataFrame(
    [
        ("purchase", "u", "b", 30, None),
        ("view_item", "u", "a", 10, None),
        ("rate", "u", "a", 20, 5.0),
        ("rate", "u", "a", 40, 1.0),
        ("purchase", "v", "c", 15, None),
        ("purchase", "v", "not in stock", 16, None),
        ("purchase", None, "a", 17, None),
    ],
    {"event": pl.String, "user_id": pl.String, "item_id": pl.String, "timestamp": pl.Int64, "rating": pl.Float64},
    orient="row",
)


def until(*asked: tuple[int, int], events: pl.DataFrame = EVENTS) -> Profiles:
    users, moments = (np.array(column) for column in zip(*asked, strict=True))
    return build(events, Weights(), 1000, items=ITEMS).histories.until(users, moments)


def items(profiles: Profiles) -> list[list[str]]:
    return [[ITEMS.ids[item] for item in profiles.slice(row, row + 1).item] for row in range(len(profiles))]


def test_a_profile_ends_before_its_moment() -> None:
    assert items(until((0, 20), (0, 21), (0, 31), (1, 100))) == [["a"], ["a", "a"], ["a", "a", "b"], ["c"]]


def test_the_same_user_may_be_looked_at_more_than_once_and_a_stranger_has_no_events() -> None:
    profiles = until((0, 11), (UNKNOWN, 50), (0, 11))

    assert items(profiles) == [["a"], [], ["a"]]
    assert profiles.now.tolist() == [11, 50, 11]
    assert profiles.owner.tolist() == [0, 2]


def test_a_rating_counts_until_it_is_revised() -> None:
    before, after = until((0, 40)), until((0, 41))

    assert before.rating[~np.isnan(before.rating)].tolist() == [5]
    assert after.rating[~np.isnan(after.rating)].tolist() == [1]
    assert items(after) == [["a", "b", "a"]]


def test_rows_can_be_taken_in_any_order() -> None:
    profiles = until((0, 31), (1, 100))

    assert items(profiles.take(np.array([1, 0, 1]))) == [["c"], ["a", "a", "b"], ["c"]]
    assert profiles.take(np.array([1, 0])).now.tolist() == [100, 31]


def test_nothing_after_the_moment_matters() -> None:
    later = EVENTS.with_columns(pl.col("timestamp") + pl.when(pl.col("timestamp") > 20).then(1000).otherwise(0))

    now, altered = (until((0, 21), (1, 21), events=events) for events in (EVENTS, later))

    for name in ("indptr", "item", "kind", "rating", "price", "timestamp", "now"):
        np.testing.assert_array_equal(getattr(now, name), getattr(altered, name))
