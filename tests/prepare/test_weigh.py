import math
from collections.abc import Sequence
from typing import Any

import msgspec
import narwhals as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from aisle.prepare.weigh import WEIGHT, Weights, event_weight, event_weights, stars_given, tells_liking
from aisle.shop.errors import SettingsError
from aisle.shop.events import KIND_CODES, KINDS, EventKind
from aisle.shop.moments import DAY

NOW = 1_700_000_000_000_000


def weigh_table(
    weights: Weights, kinds: Sequence[str], ratings: Sequence[float | None], timestamps: Sequence[int], now: int = NOW
) -> NDArray[np.float64]:
    events = pl.LazyFrame(
        {"event": kinds, "rating": ratings, "timestamp": timestamps},
        schema={"event": pl.String, "rating": pl.Float64, "timestamp": pl.Int64},
    )
    weighed = nw.from_native(events).select(event_weight(weights, now).alias(WEIGHT))
    table: pl.DataFrame = weighed.collect("polars").to_native()
    return table[WEIGHT].to_numpy()


def weigh_one(weights: Weights, kind: str, rating: float | None = None, age_days: float = 0.0) -> float:
    return float(weigh_table(weights, [kind], [rating], [NOW - int(age_days * DAY)])[0])


def test_a_fresh_event_has_the_weight_of_its_kind() -> None:
    weights = Weights(purchase=3.0, view_item=0.5)

    assert weigh_one(weights, "purchase") == 3.0
    assert weigh_one(weights, "view_item") == 0.5


def test_kinds_are_ordered_from_curiosity_to_purchase() -> None:
    weights = Weights()

    assert (
        weights.purchase
        > weights.add_to_cart
        > weights.add_to_wishlist
        > weights.view_item
        > weights.select_item
        > 0
        > weights.remove_from_cart
    )


@pytest.mark.parametrize("kind", ["view_item_list", "search"])
def test_what_says_nothing_about_liking_weighs_nothing(kind: str) -> None:
    assert weigh_one(Weights(), kind) == 0.0


@pytest.mark.parametrize("purchase", [1.0, 3.0])
def test_a_refund_takes_back_what_the_purchase_added(purchase: float) -> None:
    weights = Weights(purchase=purchase)

    assert weigh_one(weights, "purchase") + weigh_one(weights, "refund") == 0.0


def test_a_refund_can_speak_against_the_item() -> None:
    assert weigh_one(Weights(purchase=2.0, refund=1.5), "refund") == -3.0


@pytest.mark.parametrize(("stars", "weight"), [(1, -1.0), (2, -0.5), (3, 0.0), (4, 0.5), (5, 1.0), (0, -1.0), (9, 1.0)])
def test_stars_count_from_the_middle_of_the_scale(stars: float, weight: float) -> None:
    assert weigh_one(Weights(), "rate", float(stars)) == weight


def test_the_scale_of_stars_can_be_another() -> None:
    assert weigh_one(Weights(lowest_rating=0, highest_rating=10, rate=2.0), "rate", 7.5) == 1.0


def test_a_rating_without_stars_weighs_nothing() -> None:
    assert weigh_one(Weights(), "rate", None) == 0.0


def test_an_event_counts_half_after_a_half_life() -> None:
    assert weigh_one(Weights(half_life_days=10.0), "purchase", age_days=20) == pytest.approx(0.25, rel=1e-12)


def test_without_a_half_life_events_never_fade() -> None:
    assert weigh_one(Weights(half_life_days=None), "purchase", age_days=5000) == 1.0


def test_an_event_from_the_future_is_fresh() -> None:
    assert weigh_one(Weights(half_life_days=1.0), "purchase", age_days=-3) == 1.0


Row = tuple[EventKind, float | None, int]
events = st.tuples(
    st.sampled_from(KINDS),
    st.one_of(st.none(), st.floats(0, 100, width=32)),
    st.integers(NOW - 4000 * DAY, NOW + DAY),
)
half_lives = st.one_of(st.none(), st.floats(0.5, 1000))


@given(st.lists(events, min_size=1, max_size=50), half_lives, st.floats(-5, 5))
def test_the_table_and_the_array_formula_agree(rows: list[Row], half_life: float | None, purchase: float) -> None:
    kinds, ratings, timestamps = zip(*rows, strict=True)
    weights = Weights(half_life_days=half_life, purchase=purchase)

    table = weigh_table(weights, kinds, ratings, timestamps)
    arrays = event_weights(
        weights,
        NOW,
        np.array([KIND_CODES[kind] for kind in kinds], np.int8),
        np.array([math.nan if stars is None else stars for stars in ratings], np.float32),
        np.array(timestamps, np.int64),
    )

    assert arrays.dtype == np.float64
    np.testing.assert_allclose(arrays, table, rtol=1e-12, atol=0)


def test_arrays_of_no_events_weigh_nothing() -> None:
    nothing = event_weights(Weights(), NOW, np.empty(0, np.int8), np.empty(0, np.float32), np.empty(0, np.int64))

    assert nothing.shape == (0,)


def test_impressions_searches_and_unstarred_ratings_tell_nothing() -> None:
    kinds = [EventKind.VIEW_ITEM_LIST, EventKind.SEARCH, EventKind.RATE, EventKind.RATE, EventKind.REFUND]
    ratings = np.array([np.nan, np.nan, np.nan, 3, np.nan], np.float32)

    telling = tells_liking(np.array([KIND_CODES[kind] for kind in kinds], np.int8), ratings)

    assert telling.tolist() == [False, False, False, True, True]


def test_weights_are_the_same_after_a_trip_through_json() -> None:
    weights = Weights(purchase=2.5, half_life_days=None)

    assert msgspec.json.decode(msgspec.json.encode(weights), type=Weights) == weights


def test_weights_are_read_from_plain_values() -> None:
    assert Weights.parse({"purchase": 2, "half_life_days": 30}) == Weights(purchase=2.0, half_life_days=30.0)


def test_infinity_stands_for_no_fading_where_there_is_no_null() -> None:
    assert Weights.parse({"half_life_days": math.inf}).half_life_days is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"buy": 1.0}, "buy.*the names are select_item"),
        ({"purchase": "much"}, "purchase"),
        ({"purchase": math.inf}, "purchase = inf is not a finite number"),
        ({"half_life_days": 0.0}, "half_life_days = 0.0 is not above 0"),
        ({"lowest_rating": 5.0}, "lowest_rating = 5.0 is not below highest_rating = 5.0"),
    ],
)
def test_weights_out_of_range_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Weights.parse(values)


def test_an_event_never_fades_below_the_floor() -> None:
    weights = Weights(half_life_days=10.0, fading_floor=0.25)

    assert weigh_one(weights, "purchase", age_days=10.0) == pytest.approx(0.5)
    assert weigh_one(weights, "purchase", age_days=5000.0) == 0.25


@pytest.mark.parametrize("floor", [-0.1, 1.1, math.nan])
def test_the_floor_is_a_share(floor: float) -> None:
    with pytest.raises(SettingsError, match="fading_floor"):
        Weights(fading_floor=floor)


def test_only_ratings_give_stars_and_only_numbers_are_stars() -> None:
    kinds = ["rate", "purchase", "rate", "rate"]
    ratings = np.array([4, 4, math.nan, math.inf], np.float32)
    given = stars_given(np.array([KIND_CODES[kind] for kind in kinds], np.int8), ratings)
    np.testing.assert_array_equal(given, [4, math.nan, math.nan, math.nan])
