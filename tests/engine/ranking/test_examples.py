from collections.abc import Sequence

import numpy as np
import polars as pl
import pytest

from aisle.engine.ranking.candidates import Candidates
from aisle.engine.ranking.examples import Moments, Objective, gains_of, ground_truth, sample_moments, target_kinds
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


def moments_of(*pairs: tuple[int, int]) -> Moments:
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
def test_an_objective_counts_its_events_or_else_the_target_kind(objective: Objective, kinds: list[EventKind]) -> None:
    codes = target_kinds(known().log, objective, KIND_CODES[EventKind.PURCHASE])
    assert codes.tolist() == [KIND_CODES[kind] for kind in kinds]


@pytest.mark.parametrize("seed", range(8))
def test_a_shopper_has_a_query_at_the_beginning_and_one_before_their_last_purchase(seed: int) -> None:
    moments = sample_moments(known(), WINDOW, BUYING, 100, seed)
    assert moments.users.tolist() == [0, 0]
    assert moments.at[0] == WINDOW.cut
    assert moments.at[1] in (110, 120, 150, 160)


def test_any_event_up_to_the_last_purchase_may_be_the_second_moment() -> None:
    drawn = {int(sample_moments(known(), WINDOW, BUYING, 100, seed).at[1]) for seed in range(60)}
    assert drawn == {110, 120, 150, 160}


def test_no_query_comes_before_the_first_event_of_its_shopper() -> None:
    data = lively_data()
    window = Window(START, START + (data.now - START) // 4)
    moments = sample_moments(data, window, BUYING, 10_000, 1)
    profiles = data.histories.until(moments.users, moments.at)
    assert len(moments.users) > 0
    assert (np.diff(profiles.indptr) > 0).all()


def test_the_sample_is_limited_and_equal_for_equal_seeds() -> None:
    data = lively_data()
    window = Window(data.now - (data.now - START) // 4, data.now)
    first, second = (sample_moments(data, window, BUYING, 30, 3) for _ in range(2))
    everything = sample_moments(data, window, BUYING, 10_000, 3)
    assert len(first.users) == 30 < len(everything.users)
    np.testing.assert_array_equal(first, second)


def test_the_ground_truth_is_what_was_bought_from_the_moment_to_the_end_of_the_window() -> None:
    lists, spent = ground_truth(known(), WINDOW, BUYING, moments_of((0, 100), (0, 150), (0, 151), (3, 100)))
    assert lists.indptr.tolist() == [0, 2, 4, 5, 5]
    assert lists.items.tolist() == [1, 2, 1, 2, 2]
    np.testing.assert_array_equal(spent, np.array([10, np.nan, 4, np.nan, np.nan], np.float32))


def candidates(*lists: list[int]) -> Candidates:
    indptr = np.cumsum([0, *map(len, lists)])
    items = np.array([item for query in lists for item in query], np.int32)
    nothing = np.empty((len(items), 0), np.float32)
    return Candidates(ItemLists(indptr, items), (), nothing, nothing)


TRUTH = ItemLists(np.array([0, 2, 3]), np.array([1, 7, 0], np.int32))


def test_a_candidate_of_the_ground_truth_gains_one() -> None:
    gains = gains_of(candidates([0, 1, 2], [0, 1]), TRUTH, np.zeros(3, np.float32), "purchase")
    assert gains.dtype == np.float32
    assert gains.tolist() == [0, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("spent", "worth"),
    [([10, 5, 2], [10, 2]), ([np.nan, 5, 1], [3, 1]), ([np.nan] * 3, [1, 1])],
)
def test_revenue_counts_by_its_logarithm_and_an_unknown_price_as_the_median(
    spent: list[float], worth: list[float]
) -> None:
    gains = gains_of(candidates([0, 1, 2], [0, 1]), TRUTH, np.array(spent, np.float32), "revenue")
    np.testing.assert_allclose(gains[[1, 3]], np.log1p(worth), rtol=1e-6)
    assert gains[[0, 2, 4]].tolist() == [0, 0, 0]


def test_without_ground_truth_or_candidates_there_is_no_gain() -> None:
    none = ItemLists(np.zeros(2, np.int64), np.zeros(0, np.int32))
    for objective in ("purchase", "revenue"):
        assert gains_of(candidates([0, 1]), none, np.zeros(0, np.float32), objective).tolist() == [0, 0]
    assert gains_of(candidates([], []), TRUTH, np.zeros(3, np.float32), "purchase").shape == (0,)


def test_a_returned_item_is_not_in_the_ground_truth_unless_it_is_bought_again() -> None:
    ends = [("refund", "u", "b", 300, 3.0, 1), ("refund", "u", "c", 170, None, 1), ("purchase", "u", "c", 180, None, 1)]
    data = known([*ROWS, *ends])

    lists, _ = ground_truth(data, WINDOW, BUYING, moments_of((0, 100)))

    assert [data.items.ids[item] for item in lists.items] == ["c"]
