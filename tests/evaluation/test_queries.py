import numpy as np
import polars as pl

from aisle.evaluation.queries import query_batch
from aisle.prepare.build import build
from aisle.prepare.interactions import Interactions
from aisle.prepare.weigh import Weights
from aisle.shop.ids import UNKNOWN

NOW = 1_700_000_000_000_000


def interactions(*rows: tuple[str, str | None, str, int]) -> Interactions:
    table = pl.DataFrame(rows, ["event", "user_id", "item_id", "timestamp"], orient="row")
    return build(table, Weights(half_life_days=None, view_item=0.25), NOW)


def test_a_history_has_one_entry_per_item_oldest_first() -> None:
    data = interactions(
        ("view_item", "u", "a", 40), ("purchase", "u", "b", 20), ("purchase", "u", "a", 10), ("purchase", "v", "c", 30)
    )

    batch = query_batch(data, np.array([0], np.int32))

    assert batch.history.items.tolist() == [1, 0]
    assert batch.weights.tolist() == [1, 1.25]
    assert batch.timestamps.tolist() == [20, 40]
    assert batch.now == NOW


def test_queries_come_in_the_order_asked_and_strangers_have_no_history() -> None:
    data = interactions(("purchase", "u", "a", 1), ("purchase", "v", "b", 2), ("purchase", None, "c", 3))

    batch = query_batch(data, np.array([UNKNOWN, 1, UNKNOWN, 0], np.int32))

    assert batch.history.indptr.tolist() == [0, 0, 1, 1, 2]
    assert batch.history.items.tolist() == [1, 0]


def test_what_was_sent_back_stays_in_the_history() -> None:
    data = interactions(("refund", "u", "a", 2), ("purchase", "u", "b", 1))

    assert query_batch(data, np.array([0], np.int32)).weights.tolist() == [1, -1]


def test_histories_agree_with_the_matrix() -> None:
    rng = np.random.default_rng(5)
    kinds = ["view_item", "purchase", "refund", "add_to_cart", "remove_from_cart"]
    rows = [
        (str(rng.choice(kinds)), f"u{rng.integers(9)}", f"i{rng.integers(9)}", int(rng.integers(99)))
        for _ in range(300)
    ]
    data = interactions(*rows)

    batch = query_batch(data, np.arange(len(data.users), dtype=np.int32))

    dense = np.zeros(data.shape, np.float32)
    dense[np.repeat(np.arange(len(batch)), np.diff(batch.history.indptr)), batch.history.items] = batch.weights
    np.testing.assert_allclose(np.maximum(dense, 0), data.matrix.toarray(), atol=1e-6)


def test_a_history_has_the_last_stars_of_each_item_and_none_from_other_events() -> None:
    rows = [("rate", "a", 10, 2.0), ("rate", "a", 20, 4.0), ("view_item", "a", 30, None), ("purchase", "b", 40, 5.0)]
    table = pl.DataFrame(rows, ["event", "item_id", "timestamp", "rating"], orient="row").with_columns(
        user_id=pl.lit("u")
    )

    batch = query_batch(build(table, Weights(), NOW), np.array([0], np.int32))

    assert batch.history.items.tolist() == [0, 1]
    np.testing.assert_array_equal(batch.ratings, [4, np.nan])
