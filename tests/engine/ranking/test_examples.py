from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from aisle.engine.ranking.candidates import Candidates
from aisle.engine.ranking.examples import Moments, Objective, counted_kinds, gains_of, sample_moments, wanted
from aisle.prepare.build import build
from aisle.prepare.interactions import Interactions
from aisle.prepare.split import Window
from aisle.prepare.weigh import Weights
from aisle.recommenders.query import ItemLists
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.money import MICROS
from tests.lively_shop import START, lively_data

BUYING = np.array([KIND_CODES[EventKind.PURCHASE]], np.int8)
WINDOW = Window(100, 200)
ROWS = [
    # u is known before the window and buys in it, v only looks in it, w comes with it, x buys after it.
    ("purchase", "u", "a", 50, 2.0, 1),
    ("view_item", "u", "b", 110, None, 1),
    ("purchase", "u", "b", 120, 3.0, 2),
    ("purchase", "u", "b", 150, 4.0, 1),
    ("purchase", "u", "c", 160, None, 1),
    ("view_item", "u", "a", 170, None, 1),
    ("purchase", "v", "a", 60, 2.0, 1),
    ("view_item", "v", "b", 130, None, 1),
    ("purchase", "w", "a", 140, 2.0, 1),
    ("purchase", "x", "a", 90, 2.0, 1),
    ("purchase", "x", "c", 200, 2.0, 1),
    ("purchase", None, "c", 150, 2.0, 1),
]


def known(rows: Sequence[tuple[object, ...]] = ROWS) -> Interactions:
    names = ("event", "user_id", "item_id", "timestamp", "price", "quantity")
    frame = pl.DataFrame(rows, names, orient="row", infer_schema_length=None)
    frame = frame.with_columns((pl.col("price").cast(pl.Float64) * MICROS).cast(pl.Int64))
    return build(frame, Weights(), 1000)


def asked(*pairs: tuple[int, int]) -> Moments:
    users, at = zip(*pairs, strict=True)
    return Moments(np.array(users, np.int32), np.array(at))


@pytest.mark.parametrize(
    ("objective", "kinds"),
    [
        ("click", [EventKind.VIEW_ITEM]),
        ("cart", [EventKind.PURCHASE]),
        ("purchase", [EventKind.PURCHASE]),
        ("revenue", [EventKind.PURCHASE]),
    ],
)
def test_an_objective_counts_its_events_or_else_taking(objective: Objective, kinds: list[EventKind]) -> None:
    found = counted_kinds(known().log, objective, KIND_CODES[EventKind.PURCHASE])
    assert found.tolist() == [KIND_CODES[kind] for kind in kinds]


@pytest.mark.parametrize("seed", range(8))
def test_shoppers_are_asked_about_at_the_beginning_and_once_up_to_their_last_purchase(seed: int) -> None:
    moments = sample_moments(known(), WINDOW, BUYING, 100, seed)
    assert moments.users.tolist() == [0, 0]
    assert moments.at[0] == WINDOW.cut
    assert moments.at[1] in (110, 120, 150, 160)


def test_any_event_up_to_the_last_purchase_may_be_the_later_moment() -> None:
    drawn = {int(sample_moments(known(), WINDOW, BUYING, 100, seed).at[1]) for seed in range(60)}
    assert drawn == {110, 120, 150, 160}


def test_nobody_is_asked_about_before_their_first_event() -> None:
    data = lively_data()
    window = Window(START, START + (data.now - START) // 4)
    moments = sample_moments(data, window, BUYING, 10_000, 1)
    profiles = data.histories.until(moments.users, moments.at)
    assert len(moments.users) > 0
    assert (np.diff(profiles.indptr) > 0).all()


def test_no_more_questions_than_asked_for_and_equal_seeds_draw_the_same() -> None:
    data = lively_data()
    window = Window(data.now - (data.now - START) // 4, data.now)
    some, again = (sample_moments(data, window, BUYING, 30, 3) for _ in range(2))
    everything = sample_moments(data, window, BUYING, 10_000, 3)
    assert len(some.users) == 30 < len(everything.users)
    np.testing.assert_array_equal(some, again)


def test_what_is_wanted_is_taken_from_the_moment_to_the_end_of_the_window() -> None:
    lists, spent = wanted(known(), WINDOW, BUYING, asked((0, 100), (0, 150), (0, 151), (3, 100)))
    assert lists.indptr.tolist() == [0, 2, 4, 5, 5]
    assert lists.items.tolist() == [1, 2, 1, 2, 2]
    np.testing.assert_array_equal(spent, np.array([10, np.nan, 4, np.nan, np.nan], np.float32))


def candidates(*lists: list[int]) -> Candidates:
    indptr = np.cumsum([0, *map(len, lists)])
    items = np.array([item for one in lists for item in one], np.int32)
    nothing = np.empty((len(items), 0), np.float32)
    return Candidates(ItemLists(indptr, items), (), nothing, nothing)


WANTED = ItemLists(np.array([0, 2, 3]), np.array([1, 7, 0], np.int32))


def test_a_candidate_that_was_wanted_is_worth_one() -> None:
    gains = gains_of(candidates([0, 1, 2], [0, 1]), WANTED, np.zeros(3, np.float32), "purchase")
    assert gains.dtype == np.float32
    assert gains.tolist() == [0, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("spent", "worth"),
    [([10, 5, 2], [10, 2]), ([np.nan, 5, 1], [3, 1]), ([np.nan] * 3, [1, 1])],
)
def test_revenue_counts_by_its_logarithm_and_an_unknown_price_as_the_middle(
    spent: list[float], worth: list[float]
) -> None:
    gains = gains_of(candidates([0, 1, 2], [0, 1]), WANTED, np.array(spent, np.float32), "revenue")
    np.testing.assert_allclose(gains[[1, 3]], np.log1p(worth), rtol=1e-6)
    assert gains[[0, 2, 4]].tolist() == [0, 0, 0]


def test_nothing_wanted_nothing_gained() -> None:
    none = ItemLists(np.zeros(2, np.int64), np.zeros(0, np.int32))
    for objective in ("purchase", "revenue"):
        assert gains_of(candidates([0, 1]), none, np.zeros(0, np.float32), objective).tolist() == [0, 0]
    assert gains_of(candidates([], []), WANTED, np.zeros(3, np.float32), "purchase").shape == (0,)


def test_what_was_sent_back_for_good_was_not_wanted() -> None:
    ends = [("refund", "u", "b", 300, 3.0, 1), ("refund", "u", "c", 170, None, 1), ("purchase", "u", "c", 180, None, 1)]
    data = known([*ROWS, *ends])

    lists, _ = wanted(data, WINDOW, BUYING, asked((0, 100)))

    assert [data.items.ids[item] for item in lists.items] == ["c"]
