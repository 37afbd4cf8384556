import dataclasses
import math

import numpy as np
import polars as pl
import pytest

from aisle.engine.ranking.candidates import Candidates, Source, gather
from aisle.engine.ranking.features import OF_PAIR, features, names
from aisle.engine.ranking.profile import to_profiles
from aisle.kernels.features_numpy import ItemFeatures
from aisle.prepare.build import build
from aisle.prepare.catalogue import aligned
from aisle.prepare.interactions import Interactions
from aisle.prepare.past import until
from aisle.prepare.profiles import Profiles
from aisle.recommenders.base import NoSettings
from aisle.recommenders.implicit.repeat import Repeat
from aisle.recommenders.popular.popularity import Popularity, PopularityConfig
from aisle.recommenders.query import ItemLists, queries_of
from aisle.recommenders.second_stage.item_state import WINDOWS, ItemState
from aisle.shop.events import ProfileEvent
from aisle.shop.ids import Vocabulary
from aisle.shop.moments import DAY, HOUR
from aisle.shop.money import MICROS
from tests.lively_shop import START, WEIGHTS, lively_data, lively_events, other_future

NOW = 20_000 * DAY
CUT = START + 80 * DAY
SOURCES = ("one", "two")


# u buys a twice, ten days apart, looks at it, rates it and sends it back; buys b once; v does the least there is.
PROFILE = [
    ProfileEvent("a", "purchase", NOW - 30 * DAY, None, 2 * MICROS),
    ProfileEvent("a", "purchase", NOW - 20 * DAY, None, 2 * MICROS),
    ProfileEvent("b", "purchase", NOW - 8 * DAY, None, 8 * MICROS),
    ProfileEvent("a", "view_item", NOW - 4 * DAY),
    ProfileEvent("a", "rate", NOW - 3 * DAY, 4.0),
    ProfileEvent("a", "refund", NOW - 2 * DAY),
]
OTHERS = [ProfileEvent("c", "purchase", NOW - 6 * DAY, None, 4 * MICROS), ProfileEvent("d", "view_item", NOW - 6 * DAY)]
CATALOGUE = pl.DataFrame(
    {"item_id": ["a", "b", "c"], "category": ["Tea > Green", "Tea > Black", "Tools"], "brand": ["x", "y", "x"]}
)


def known() -> Interactions:
    frame = pl.DataFrame(
        [(row.kind, user, row.item_id, *row[2:]) for user, rows in (("u", PROFILE), ("v", OTHERS)) for row in rows],
        ("event", "user_id", "item_id", "timestamp", "rating", "price"),
        orient="row",
        infer_schema_length=None,
    )
    data = build(frame, WEIGHTS, NOW)
    return dataclasses.replace(data, catalogue=aligned(CATALOGUE, data.items))


def proposed(queries: int, items: int) -> Candidates:
    """Make every item a candidate of every query: the first source ranks it by its number, the second says nothing."""
    lists = ItemLists(np.arange(queries + 1) * items, np.tile(np.arange(items, dtype=np.int32), queries))
    ranks = np.full((queries * items, 2), np.nan, np.float32)
    ranks[:, 0] = 1 + lists.items
    return Candidates(lists, SOURCES, np.reciprocal(ranks), ranks)


@pytest.fixture(scope="module")
def table() -> pl.DataFrame:
    """Return the features of u, v and a stranger, asked an hour after the data ends, each with all four items."""
    data = known()
    state = ItemState(NoSettings()).fit(data)
    profiles = data.histories.until(np.array([0, 1, -1]), np.full(3, NOW + HOUR))
    rows = features(profiles, proposed(3, 4), state)
    assert rows.dtype == np.float32
    return pl.DataFrame(rows, names(SOURCES)).with_columns(
        user=pl.Series(["u", "v", "nobody"]).repeat_by(4).explode(), item=pl.Series(["a", "b", "c", "d"] * 3)
    )


def one(table: pl.DataFrame, name: str, user: str, item: str) -> float:
    found = table.filter(user=user, item=item)[name].item()
    assert isinstance(found, float)
    return found


HOURS = 1 / 24


@pytest.mark.parametrize(
    ("name", "user", "item", "expected"),
    [
        ("score_one", "u", "b", 0.5),
        ("score_two", "u", "b", math.nan),
        ("rank_one", "u", "b", math.log(2)),
        ("rank_two", "u", "b", math.nan),
        ("sources", "u", "b", 1),
        ("pair_taken", "u", "a", 2),
        ("pair_taken", "u", "c", 0),
        ("pair_taken", "nobody", "a", 0),
        ("pair_days", "u", "a", 2),
        ("pair_looked", "u", "a", 1),
        ("pair_share", "u", "a", 2 / 3),
        ("pair_since_taken", "u", "a", 20 + HOURS),
        ("pair_since_taken", "u", "c", math.nan),
        ("pair_since_looked", "u", "a", 4 + HOURS),
        ("pair_since_first", "u", "a", 30 + HOURS),
        ("pair_stars", "u", "a", 4),
        ("pair_stars", "u", "b", math.nan),
        ("pair_returned", "u", "a", 1),
        ("pair_due", "u", "b", (8 + HOURS) / 10),
        ("pair_rhythm", "u", "a", (20 + HOURS) / 10),
        ("user_taken", "u", "d", math.log(4)),
        ("user_taken", "nobody", "d", 0),
        ("user_looked", "u", "a", math.log(2)),
        ("user_items", "u", "a", math.log(3)),
        ("user_days", "u", "a", 3),
        ("user_since_taken", "u", "a", 8 + HOURS),
        ("user_since_any", "u", "a", 2 + HOURS),
        ("user_since_any", "nobody", "a", math.nan),
        ("user_gap", "u", "a", 22 / 2),
        ("user_rebuys", "u", "a", 1 / 3),
        ("user_price", "v", "a", math.log(4)),
        ("user_price", "nobody", "a", math.nan),
        ("user_hour", "u", "a", 1),
        ("user_weekday", "u", "a", 20_000 % 7),
        ("user_bundle_age", "u", "a", HOURS),
        ("item_taken_7", "u", "a", 0),
        ("item_taken_28", "u", "a", math.log(2)),
        ("item_taken_364", "u", "a", math.log(3)),
        ("item_looked_7", "u", "d", math.log(2)),
        ("item_trend", "u", "b", math.log(2 / (1 + 28 / 91))),
        ("item_buyers", "u", "a", math.log(2)),
        ("item_interval", "u", "b", math.log(10)),
        ("item_age", "u", "a", 30 + HOURS),
        ("item_since_taken", "u", "a", 20 + HOURS),
        ("item_price", "u", "b", math.log(8)),
        ("item_price", "u", "d", math.nan),
        ("item_stars", "u", "a", 4),
        ("item_stock", "u", "a", math.nan),
        ("match_price", "v", "b", math.log(8 / 4)),
        ("match_price", "u", "d", math.nan),
        ("match_category", "u", "a", 5 / 6),
        ("match_department", "u", "b", 1),
        ("match_department", "u", "d", math.nan),
        ("match_brand", "u", "c", 5 / 6),
        ("match_brand", "nobody", "c", math.nan),
        ("match_popularity", "v", "a", math.log(2) - math.log(2) / 2),
    ],
)
def test_a_feature_is_what_it_says(table: pl.DataFrame, name: str, user: str, item: str, expected: float) -> None:
    assert one(table, name, user, item) == pytest.approx(expected, rel=1e-5, abs=1e-6, nan_ok=True)


def test_every_column_has_a_name_of_its_own(table: pl.DataFrame) -> None:
    assert len(set(names(SOURCES))) == len(names(SOURCES)) == table.width - 2


def test_sales_are_named_by_the_windows_that_are_counted() -> None:
    windows = [name for name in ItemFeatures._fields if name.startswith(("taken_", "looked_"))]
    assert windows == [*(f"taken_{days}" for days in WINDOWS), *(f"looked_{days}" for days in WINDOWS[:2])]


def test_the_features_of_a_pair_stand_side_by_side() -> None:
    """Whoever withholds a shopper's past with an item blanks them as one stretch."""
    first = names(SOURCES).index(OF_PAIR[0])
    assert names(SOURCES)[first : first + len(OF_PAIR)] == OF_PAIR


def test_the_hour_of_a_question_at_the_moment_of_freezing_is_not_known() -> None:
    data = known()
    rows = features(
        data.histories.until(np.array([0]), np.array([NOW])), proposed(1, 4), ItemState(NoSettings()).fit(data)
    )
    columns = [names(SOURCES).index(name) for name in ("user_hour", "user_weekday")]
    assert np.isnan(rows[:, columns]).all()


def test_no_candidates_no_rows() -> None:
    data = known()
    empty = proposed(1, 4).where(np.zeros(4, np.bool_))
    profiles = data.histories.until(np.array([0]), np.array([NOW]))
    assert features(profiles, empty, ItemState(NoSettings()).fit(data)).shape == (0, len(names(SOURCES)))


# --- Carts ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def three_items() -> ItemState:
    """Return the state of three items, each bought once."""
    rows = [("purchase", "u", item, NOW - 100 * DAY + day * DAY) for day, item in enumerate("abc")]
    bought = pl.DataFrame(rows, ("event", "user_id", "item_id", "timestamp"), orient="row")
    return ItemState(NoSettings()).fit(build(bought, WEIGHTS, NOW))


def carts(name: str, state: ItemState) -> list[float]:
    """Return a feature of three items for a shopper who looked at two of them and put one in the cart, twice."""
    events = [
        ProfileEvent("a", "add_to_cart", NOW - 9 * DAY),
        ProfileEvent("b", "view_item", NOW - 5 * DAY),
        ProfileEvent("a", "add_to_cart", NOW - 4 * DAY),
        ProfileEvent("a", "view_item", NOW - 2 * DAY),
    ]
    rows = features(to_profiles(events, Vocabulary("abc"), NOW), proposed(1, 3), state)
    return [float(value) for value in rows[:, names(SOURCES).index(name)]]


def test_carts_are_counted_apart_from_looks(three_items: ItemState) -> None:
    assert carts("pair_carted", three_items) == [2, 0, 0]


def test_carts_are_looks_too(three_items: ItemState) -> None:
    assert carts("pair_looked", three_items) == [3, 1, 0]


def test_days_are_counted_from_the_last_cart(three_items: ItemState) -> None:
    assert carts("pair_since_carted", three_items) == pytest.approx([4, np.nan, np.nan], nan_ok=True)


# --- Training and live ----------------------------------------------------------------------------------------------


def frozen(data: Interactions) -> tuple[dict[str, Source], ItemState]:
    """Return sources and state as they are at the cut."""
    past = until(data, CUT, WEIGHTS)
    popularity = Popularity(PopularityConfig()).fit(past, seed=1)
    repeat = Repeat(NoSettings()).fit(past, seed=1)
    sources = {"repeat": Source(repeat, 50), "popularity": Source(popularity, 10)}
    return sources, ItemState(NoSettings()).fit(past)


def computed(profiles: Profiles, sources: dict[str, Source], state: ItemState) -> tuple[Candidates, np.ndarray]:
    candidates = gather(sources, queries_of(profiles, WEIGHTS))
    return candidates, features(profiles, candidates, state)


def test_the_future_changes_nothing() -> None:
    events = lively_events()
    users, moments = np.arange(40), np.repeat([CUT, CUT + 9 * DAY], 20)
    data, altered = lively_data(events), lively_data(other_future(events, int(moments.max())))
    (one, rows), (other, altered_rows) = (
        computed(each.histories.until(users, moments), *frozen(each)) for each in (data, altered)
    )
    np.testing.assert_array_equal(one.lists.items, other.lists.items)
    np.testing.assert_array_equal(rows, altered_rows)


def test_a_live_request_has_the_features_that_training_saw() -> None:
    """Replay requests: the same shopper at the same moment, once from the log and once from rows of the database."""
    events = lively_events()
    data = lively_data(events)
    sources, state = frozen(data)
    users = np.arange(0, len(data.users), 3)
    moments = CUT + DAY * (users % 30) + 5 * HOUR
    trained, rows = computed(data.histories.until(users, moments), sources, state)
    for number, (user, moment) in enumerate(zip(users, moments, strict=True)):
        stored = events.filter(pl.col("user_id") == data.users.ids[user], pl.col("timestamp") < int(moment))
        profile = [
            ProfileEvent(one["item_id"], one["event"], one["timestamp"], one["rating"], one["price"])
            for one in stored.sort("timestamp", descending=True).to_dicts()
        ]
        live, found = computed(to_profiles(profile, data.items, int(moment)), sources, state)
        first, last = trained.lists.indptr[number : number + 2]
        np.testing.assert_array_equal(live.lists.items, trained.lists.items[first:last])
        np.testing.assert_allclose(found, rows[first:last], rtol=1e-6, atol=1e-6)
