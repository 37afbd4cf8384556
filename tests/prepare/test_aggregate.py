from random import Random

import narwhals as nw
import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from aisle.kernels.histories_numpy import BILLION, Pairs, pairs
from aisle.prepare.aggregate import EVENTS_COUNT, aggregate
from aisle.prepare.weigh import WEIGHT

Row = tuple[int, int, float, int]
NAN = float("nan")


def aggregate_table(rows: list[Row]) -> pl.DataFrame:
    schema = {"user_id": pl.Int32, "item_id": pl.Int32, WEIGHT: pl.Float64, "timestamp": pl.Int64}
    pairs: pl.DataFrame = (
        aggregate(nw.from_native(pl.LazyFrame(rows, schema, orient="row"))).collect("polars").to_native()
    )
    return pairs.select("user_id", "item_id", WEIGHT, "timestamp", EVENTS_COUNT)


def aggregate_rows(rows: list[Row], ratings: list[float] | None = None) -> Pairs:
    users, items, weights, timestamps = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pairs(
        np.array(users, np.int32),
        np.array(items, np.int32),
        np.array(weights, np.float64),
        np.array(timestamps, np.int64),
        np.array(ratings or [NAN] * len(rows), np.float32),
    )


def test_a_pair_has_its_weights_summed_its_last_moment_and_its_count() -> None:
    pairs = aggregate_table([(0, 5, 1.0, 30), (0, 5, 0.25, 10), (0, 6, 2.0, 20)])

    assert pairs.sort("item_id").rows() == [(0, 5, 1_250_000_000, 30, 2), (0, 6, 2_000_000_000, 20, 1)]


def test_ids_may_be_strings() -> None:
    table = pl.LazyFrame({"user_id": ["u", "u"], "item_id": ["i", "i"], WEIGHT: [1.0, 1.0], "timestamp": [1, 2]})

    assert aggregate(nw.from_native(table)).collect("polars").to_native()[WEIGHT].to_list() == [2_000_000_000]


def test_what_is_taken_back_leaves_exactly_nothing() -> None:
    rows = [(0, 1, weight, 1) for weight in (0.1, 0.2, -0.3)]

    assert aggregate_table(rows)[WEIGHT].to_list() == [0]
    assert aggregate_rows(rows).weight.tolist() == [0.0]


def test_histories_run_from_the_oldest_pair_to_the_newest_user_by_user() -> None:
    pairs = aggregate_rows([(1, 3, 1.0, 50), (0, 9, 1.0, 40), (0, 2, 1.0, 10), (0, 2, 1.0, 60), (0, 7, 1.0, 40)])

    assert pairs.user.tolist() == [0, 0, 0, 1]
    assert pairs.item.tolist() == [7, 9, 2, 3]
    assert pairs.timestamp.tolist() == [40, 40, 60, 50]
    assert pairs.weight.tolist() == [1, 1, 2, 1]
    assert pairs.weight.dtype == np.float32


def test_a_pair_has_its_last_stars() -> None:
    rows = [(0, 1, 1.0, 30), (0, 1, 1.0, 20), (0, 1, 1.0, 40), (0, 2, 1.0, 10), (1, 1, 1.0, 5), (1, 1, 1.0, 5)]
    pairs = aggregate_rows(rows, [4, 2, NAN, NAN, 1, 5])

    assert list(zip(pairs.user.tolist(), pairs.item.tolist(), strict=True)) == [(0, 2), (0, 1), (1, 1)]
    np.testing.assert_array_equal(pairs.rating, np.array([NAN, 4, 5], np.float32))


def test_offsets_bound_the_pairs_of_every_user() -> None:
    pairs = aggregate_rows([(1, 3, 1.0, 1), (1, 4, 1.0, 1), (3, 3, 1.0, 1)])

    assert pairs.offsets(5).tolist() == [0, 0, 2, 2, 3, 3]


def test_no_events_make_no_pairs() -> None:
    pairs = aggregate_rows([])

    assert len(pairs) == 0
    assert pairs.offsets(2).tolist() == [0, 0, 0]


rows = st.tuples(st.integers(0, 3), st.integers(0, 3), st.floats(-5, 5), st.integers(0, 9))


@given(st.lists(rows, max_size=40), st.randoms())
def test_tables_and_arrays_agree_in_any_order(events: list[Row], random: Random) -> None:
    pairs = aggregate_rows(events)
    shuffled = random.sample(events, len(events))
    table = aggregate_table(shuffled).sort("user_id", "timestamp", "item_id")

    assert pairs.user.tolist() == table["user_id"].to_list()
    assert pairs.item.tolist() == table["item_id"].to_list()
    assert pairs.timestamp.tolist() == table["timestamp"].to_list()
    np.testing.assert_array_equal(pairs.weight, (table[WEIGHT].to_numpy() / BILLION).astype(np.float32))
    assert sum(table[EVENTS_COUNT]) == len(events)


def test_a_pair_keeps_its_last_stars() -> None:
    of_two = pairs(
        np.array([0, 0, 0, 1], np.int32),
        np.array([0, 0, 1, 0], np.int32),
        np.ones(4),
        np.array([1, 2, 3, 4], np.int64),
        np.array([5, np.nan, np.nan, 2], np.float32),
    )
    np.testing.assert_array_equal(of_two.rating, [5, np.nan, 2])
