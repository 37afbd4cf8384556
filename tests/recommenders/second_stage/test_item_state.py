import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from aisle.prepare.build import build
from aisle.prepare.catalogue import SCHEMA, aligned
from aisle.prepare.interactions import Interactions
from aisle.prepare.past import until
from aisle.prepare.shown import NEVER, ShownPlaces
from aisle.prepare.votes import OF_ONE_ITEM
from aisle.prepare.weigh import Weights
from aisle.recommenders.base import NoSettings
from aisle.recommenders.second_stage.item_state import ENOUGH, PRIOR, ItemState, target_kind
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY
from aisle.shop.money import MICROS
from tests.lively_shop import START, WEIGHTS, lively_data, lively_events, other_future

NOW = 20_000 * DAY
ROWS = [
    # u takes a on three days and twice on the last of them, v once; b is bought by v and sent back; c is only seen.
    ("purchase", "u", "a", NOW - 100 * DAY, None, 1.0),
    ("purchase", "u", "a", NOW - 60 * DAY, None, 2.0),
    ("purchase", "u", "a", NOW - 20 * DAY, None, 3.0),
    ("purchase", "u", "a", NOW - 20 * DAY + 1, None, 4.0),
    ("purchase", "v", "a", NOW - 3 * DAY, None, None),
    ("purchase", "v", "b", NOW - 30 * DAY, None, 7.0),
    ("refund", "v", "b", NOW - 29 * DAY, None, None),
    ("rate", "v", "b", NOW - 28 * DAY, 5.0, None),
    ("view_item", "v", "c", NOW - 5 * DAY, None, None),
    ("purchase", None, "b", NOW - 2 * DAY, None, 9.0),
]
CATALOGUE = pl.DataFrame(
    {
        "item_id": ["a", "b", "c"],
        "category": ["Tea > Green", "Tea > Black", None],
        "brand": ["x", None, "x"],
        "price": [99 * MICROS, None, 5 * MICROS],
        "stock": [4, None, 0],
    }
)


def known(rows: Sequence[tuple[object, ...]], catalogue: pl.DataFrame | None = None) -> Interactions:
    names = ("event", "user_id", "item_id", "timestamp", "rating", "price")
    frame = pl.DataFrame(rows, names, orient="row", infer_schema_length=None)
    frame = frame.with_columns((pl.col("price").cast(pl.Float64) * MICROS).cast(pl.Int64))
    data = build(frame, Weights(), NOW)
    return data if catalogue is None else dataclasses.replace(data, catalogue=aligned(catalogue, data.items))


def fitted(data: Interactions) -> ItemState:
    return ItemState(NoSettings()).fit(data)


@pytest.fixture(scope="module")
def state() -> ItemState:
    return fitted(known(ROWS, CATALOGUE))


def test_the_moment_is_where_the_data_ends(state: ItemState) -> None:
    assert state.moment == NOW


def test_what_is_taken_and_looked_at_is_counted_in_windows(state: ItemState) -> None:
    assert state.target_counts_.tolist() == [[1, 3, 4, 5], [1, 1, 2, 2], [0, 0, 0, 0]]
    assert state.look_counts_.tolist() == [[0, 0, 0, 0], [0, 1, 1, 1], [1, 1, 1, 1]]


def test_shoppers_are_counted_once_and_nobody_is_none(state: ItemState) -> None:
    assert state.buyers_.tolist() == [2, 1, 0]


def test_who_comes_back_on_another_day_is_a_rebuyer(state: ItemState) -> None:
    shop = 1 / 3
    assert state.rebuyers_ == pytest.approx([(1 + PRIOR * shop) / (2 + PRIOR), PRIOR * shop / (1 + PRIOR), shop])


def test_the_interval_is_the_mean_logarithm_of_the_days_between(state: ItemState) -> None:
    assert state.interval_ == pytest.approx([math.log(40)] * 3)


def test_first_and_last_moments(state: ItemState) -> None:
    assert ((NOW - state.first_) // DAY).tolist() == [100, 30, 5]
    assert ((NOW - state.last_) // DAY).tolist() == [3, 2, 5]


def test_the_last_price_of_the_log_counts_and_otherwise_the_catalogues(state: ItemState) -> None:
    assert state.price_.tolist() == [4, 9, 5]


def test_refunds_are_a_share_of_what_was_taken(state: ItemState) -> None:
    shop = 1 / 7
    assert state.returned_ == pytest.approx([PRIOR * shop / (5 + PRIOR), (1 + PRIOR * shop) / (2 + PRIOR), shop])


def test_stars_are_shrunk_towards_those_of_the_shop(state: ItemState) -> None:
    assert state.stars_ == pytest.approx([5, 5, 5])


def test_the_catalogue_gives_stock_and_groups(state: ItemState) -> None:
    np.testing.assert_array_equal(state.stock_, np.array([4, np.nan, 0], np.float32))
    assert state.category_.tolist() == [1, 0, UNKNOWN]
    assert state.department_.tolist() == [0, 0, UNKNOWN]
    assert state.brand_.tolist() == [0, UNKNOWN, 0]


@pytest.mark.parametrize("catalogue", [None, SCHEMA.to_frame()])
def test_without_a_catalogue_nothing_is_known_of_groups_and_stock(catalogue: pl.DataFrame | None) -> None:
    state = fitted(known(ROWS, catalogue))
    for groups in (state.category_, state.department_, state.brand_):
        assert groups.tolist() == [UNKNOWN] * 3
    assert np.isnan(state.stock_).all()
    np.testing.assert_array_equal(state.price_, np.array([4, 9, np.nan], np.float32))


def test_what_nobody_did_is_not_known() -> None:
    state = fitted(known([("view_item", "u", "a", NOW - DAY, None, None)]))
    for facts in (state.interval_, state.stars_, state.price_):
        assert np.isnan(facts).all()


@pytest.mark.parametrize("kind", [EventKind.PURCHASE, EventKind.RATE, EventKind.ADD_TO_CART, EventKind.VIEW_ITEM])
def test_the_target_kind_is_the_best_that_the_log_has(kind: EventKind) -> None:
    order = [EventKind.PURCHASE, EventKind.RATE, EventKind.ADD_TO_CART, EventKind.VIEW_ITEM]
    kinds = order[order.index(kind) :]
    data = known([(other.value, "u", "a", NOW - DAY, 4.0, None) for other in kinds])
    assert target_kind(data.log) is kind
    assert fitted(data).target_kind_.tolist() == [KIND_CODES[kind]]


def test_a_kind_that_a_few_shoppers_have_is_not_what_the_shop_is_after() -> None:
    views = [("view_item", f"u{user}", "a", NOW - DAY, None, None) for user in range(ENOUGH)]
    bought = ("purchase", "u", "a", NOW - DAY, None, None)
    state = fitted(known([*views, bought]))
    assert state.target_kind_.tolist() == [KIND_CODES[EventKind.VIEW_ITEM]]
    assert fitted(known([*views[1:], bought])).target_kind_.tolist() == [KIND_CODES[EventKind.PURCHASE]]


def test_the_target_kind_of_a_longer_log_can_be_given() -> None:
    data = known([("purchase", "u", "a", NOW - DAY, None, None), ("view_item", "u", "b", NOW - DAY, None, None)])
    state = ItemState(NoSettings()).fit(data, EventKind.VIEW_ITEM)
    assert state.target_kind_.tolist() == [KIND_CODES[EventKind.VIEW_ITEM]]


def test_without_any_of_them_the_target_kind_is_purchase() -> None:
    assert target_kind(known([("add_to_wishlist", "u", "a", NOW, None, None)]).log) is EventKind.PURCHASE


def test_a_crowd_of_new_shoppers_does_not_make_a_favourite() -> None:
    rows = [("purchase", f"u{user}", item, NOW - days * DAY, None, None)
            for user in range(40) for item, days in (("a", 90), ("b", 3))]  # fmt: skip
    crowd = [("purchase", f"fake{user}", "c", NOW - DAY, None, None) for user in range(40)]
    before, after = (fitted(known(some)).target_counts_[:, 0] for some in (rows, [*rows, *crowd]))
    assert before.tolist() == [0, 40]
    assert after.tolist() == [0, 40, OF_ONE_ITEM]


def with_shelves(of_first: float) -> Interactions:
    """Show two items of equal scores to 6,000 shoppers, who click the first place twice as often as the second.

    Item 0 stands on the first place for a share of them, and is clicked as any other.
    """
    data, draw = known(ROWS), np.random.default_rng(1)
    first = draw.random(6_000) < of_first
    item = np.stack((np.where(first, 0, 1), np.where(first, 1, 0)), axis=1)
    clicked = draw.random(item.shape) < np.array([0.3, 0.15])
    shown = ShownPlaces(
        user=np.repeat(np.arange(6_000, dtype=np.int32), 2),
        item=item.ravel().astype(np.int32),
        position=np.tile(np.array([1, 2], np.int32), 6_000),
        score=np.zeros(12_000, np.float32),
        timestamp=np.full(12_000, NOW - DAY),
        clicked_at=np.where(clicked.ravel(), NOW - DAY + 1, NEVER),
    )
    return dataclasses.replace(data, shown=shown)


def test_clicks_count_by_the_places_on_which_an_item_stood() -> None:
    state = fitted(with_shelves(of_first=0.9))
    assert state.examined_ is not None
    assert state.clicked_ is not None
    assert state.examined_[:2] == pytest.approx([1, 0.5], abs=0.05)
    assert state.clicked_ == pytest.approx([0, 0, 0], abs=0.06)


def test_an_item_that_is_clicked_more_than_its_places_are_is_told_apart() -> None:
    data = with_shelves(of_first=0.5)
    assert data.shown is not None
    liked = dataclasses.replace(data.shown, clicked_at=np.where(data.shown.item == 0, data.shown.clicked_at, NEVER))
    state = fitted(dataclasses.replace(data, shown=liked))
    assert state.clicked_ is not None
    assert state.clicked_[0] > 0.5
    assert state.clicked_[1] < -3
    assert state.clicked_[2] == 0


def test_a_shopper_who_clicks_again_and_again_counts_once() -> None:
    data = with_shelves(of_first=0.5)
    assert data.shown is not None
    one = [
        np.append(getattr(data.shown, field.name), np.repeat(getattr(data.shown, field.name)[:1], 3_000))
        for field in dataclasses.fields(data.shown)
    ]
    flooded = ShownPlaces(*one)
    flooded.clicked_at[-3_000:] = NOW - DAY + 1
    before, after = fitted(data).clicked_, fitted(dataclasses.replace(data, shown=flooded)).clicked_
    assert before is not None
    assert after == pytest.approx(before, abs=0.05)


def test_a_state_before_the_shelves_knows_nothing_of_them() -> None:
    data = with_shelves(of_first=0.5)
    past = until(data, NOW - DAY, Weights())
    assert past.shown is not None
    assert len(past.shown) == 0
    assert fitted(past).clicked_ is None
    assert fitted(known(ROWS)).clicked_ is None
    assert "clicked" not in fitted(known(ROWS)).arrays()
    kept = fitted(data)
    assert ItemState.from_arrays(NoSettings(), kept.arrays()).clicked_ is not None


def test_the_future_changes_nothing() -> None:
    cut = START + 80 * DAY
    now, altered = (
        fitted(until(lively_data(events), cut, WEIGHTS)).arrays()
        for events in (lively_events(), other_future(lively_events(), cut))
    )
    for name, array in now.items():
        np.testing.assert_array_equal(array, altered[name], err_msg=name)


def test_a_shop_without_a_past_is_described_all_the_same() -> None:
    state = fitted(until(lively_data(), START, WEIGHTS))
    assert not state.target_counts_.any()
    assert (state.first_ == START).all()


def test_it_comes_back_from_its_arrays(state: ItemState) -> None:
    again = ItemState.from_arrays(state.config, state.arrays())
    for name, array in again.arrays().items():
        np.testing.assert_array_equal(array, state.arrays()[name])


def test_its_arrays_are_called_as_they_always_were(state: ItemState) -> None:
    """A bundle of an older version must load, and this one's by an older version."""
    assert list(state.arrays()) == [
        *("moment", "taking", "taken", "looked", "buyers", "rebuyers", "interval", "first", "last", "price"),
        *("returned", "stars", "stock", "category", "department", "brand"),
    ]
    assert state.arrays()["taken"] is state.target_counts_
