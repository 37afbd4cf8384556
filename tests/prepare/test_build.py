import dataclasses
from random import Random
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.prepare.build import build, weighed_events
from aisle.prepare.weigh import Weights
from aisle.shop.errors import FormatError, NotEnoughData
from aisle.shop.events import KIND_CODES, KINDS
from aisle.shop.ids import UNKNOWN, Vocabulary
from aisle.shop.moments import DAY

NOW = 1_700_000_000_000_000
FLAT = Weights(half_life_days=None)
SCHEMA = {
    "event": pl.String,
    "user_id": pl.String,
    "item_id": pl.String,
    "timestamp": pl.Int64,
    "rating": pl.Float64,
    "session_id": pl.String,
    "transaction_id": pl.String,
}


def table(*rows: tuple[Any, ...]) -> pl.DataFrame:
    """Make events of rows (event, user, item[, timestamp[, rating[, session[, transaction]]]])."""
    padded = [(*row, *(NOW, None, None, None)[len(row) - 3 :]) for row in rows]
    return pl.DataFrame(padded, SCHEMA, orient="row")


def test_ids_are_numbered_in_sorted_order() -> None:
    data = build(table(("purchase", "zoe", "b"), ("purchase", "adam", "é"), ("purchase", "zoe", "a")), FLAT, NOW)

    assert data.users.ids == ("adam", "zoe")
    assert data.items.ids == ("a", "b", "é")
    assert data.shape == (2, 3)
    assert data.now == NOW


def test_the_matrix_holds_summed_weights() -> None:
    rows = [("view_item", "u", "a"), ("purchase", "u", "a"), ("purchase", "v", "b"), ("purchase", "v", "a")]

    matrix = build(table(*rows), Weights(half_life_days=None, view_item=0.25), NOW).matrix

    np.testing.assert_array_equal(matrix.toarray(), [[1.25, 0], [1, 1]])
    assert matrix.dtype == np.float32
    assert matrix.indices.dtype == matrix.indptr.dtype == np.int32
    assert matrix.has_sorted_indices
    assert matrix.has_canonical_format


def test_weights_fade_towards_now() -> None:
    data = build(table(("purchase", "u", "a", NOW - 10 * DAY)), Weights(half_life_days=10), NOW)

    assert data.matrix.toarray().tolist() == [[0.5]]
    assert data.log.weight.tolist() == [0.5]


def test_a_refunded_purchase_leaves_no_entry_but_stays_in_the_log() -> None:
    data = build(table(("purchase", "u", "a"), ("refund", "u", "a"), ("purchase", "u", "b")), FLAT, NOW)

    assert data.matrix.nnz == 1
    assert data.matrix.toarray().tolist() == [[0, 1]]
    assert sorted(data.log.weight.tolist()) == [-1, 1, 1]


def test_what_a_shopper_hides_is_not_liked_until_they_take_that_back() -> None:
    looked, hidden, back = (("view_item", "u", "a"), ("hide", "u", "a", NOW + 1), ("unhide", "u", "a", NOW + 2))
    others = ("purchase", "v", "a")
    assert build(table(looked, hidden, others), FLAT, NOW + 3).matrix.nnz == 1
    both = build(table(looked, hidden, back, others), FLAT, NOW + 3)
    assert both.matrix.toarray()[both.users.numbers(["u"])[0], 0] == pytest.approx(0.2)


def test_lines_without_a_user_count_for_items_and_for_nobody() -> None:
    data = build(table(("purchase", None, "a"), ("purchase", "u", "b")), FLAT, NOW)

    assert data.items.ids == ("a", "b")
    assert data.matrix.toarray().tolist() == [[0, 1]]
    assert data.log.user.tolist() == [UNKNOWN, 0]


def test_a_log_without_any_user_has_items_only() -> None:
    data = build(table(("purchase", None, "a")), FLAT, NOW)

    assert data.shape == (0, 1)
    assert data.log.session.tolist() == [UNKNOWN]


def test_the_log_is_in_time_order_with_kinds_stars_baskets_and_sessions() -> None:
    log = build(
        table(
            ("rate", "u", "b", 30, 4.0, None, None),
            ("purchase", "u", "a", 20, None, "s", "t2"),
            ("purchase", "v", "a", 10, None, None, "t1"),
        ),
        FLAT,
        NOW,
    ).log

    assert log.timestamp.tolist() == [10, 20, 30]
    assert log.user.tolist() == [1, 0, 0]
    assert log.item.tolist() == [0, 0, 1]
    assert log.kind.tolist() == [KIND_CODES[kind] for kind in ("purchase", "purchase", "rate")]
    assert log.weight.tolist() == [1, 1, 0.5]
    np.testing.assert_array_equal(log.rating, np.array([np.nan, np.nan, 4], np.float32))
    assert log.basket.tolist() == [0, 1, UNKNOWN]
    assert log.session.tolist() == [2, 0, 1]


def test_the_log_has_the_promised_types_and_can_be_written_to() -> None:
    log = build(table(("purchase", "u", "a")), FLAT, NOW).log

    arrays = {field.name: getattr(log, field.name) for field in dataclasses.fields(log)}
    assert {name: str(array.dtype) for name, array in arrays.items()} == {
        "user": "int32",
        "item": "int32",
        "kind": "int8",
        "weight": "float32",
        "rating": "float32",
        "timestamp": "int64",
        "session": "int32",
        "basket": "int32",
        "price": "float32",
        "quantity": "int32",
        "counts": "bool",
    }
    assert all(array.flags.writeable for array in arrays.values())


def test_the_log_knows_prices_in_whole_units_and_pieces() -> None:
    events = table(("purchase", "u", "a", 1), ("purchase", "u", "b", 2)).with_columns(
        price=pl.Series([2_500_000, None], dtype=pl.Int64), quantity=pl.Series([3, None], dtype=pl.Int64)
    )

    log = build(events, FLAT, NOW).log

    np.testing.assert_array_equal(log.price, np.array([2.5, np.nan], np.float32))
    assert log.quantity.tolist() == [3, 1]


def test_four_columns_are_enough() -> None:
    events = table(("purchase", "u", "a")).select("event", "user_id", "item_id", "timestamp")

    data = build(events.lazy(), FLAT, NOW)

    assert data.log.basket.tolist() == [UNKNOWN]
    assert np.isnan(data.log.rating).all()


def test_duplicates_are_left_out_where_events_have_ids() -> None:
    events = table(("purchase", "u", "a"), ("purchase", "u", "a")).with_columns(event_id=pl.lit("same"))

    assert build(events, FLAT, NOW).matrix.toarray().tolist() == [[1]]


def test_given_items_keep_their_numbers_and_others_are_left_out() -> None:
    events = table(("purchase", "u", "a"), ("purchase", "u", "new"), ("purchase", "stranger", "new"))
    items = Vocabulary(["z", "a"])

    data = build(events, FLAT, NOW, items=items)

    assert data.items is items
    assert data.users.ids == ("u",)
    assert data.matrix.toarray().tolist() == [[0, 1]]


def test_more_items_have_numbers_and_empty_columns() -> None:
    data = build(table(("purchase", "u", "b"), ("purchase", "u", "d")), FLAT, NOW, more_items=["c", "b", "a"])

    assert data.items.ids == ("a", "b", "c", "d")
    assert data.matrix.toarray().tolist() == [[0, 1, 0, 1]]
    assert data.log.item.tolist() == [1, 3]


def test_more_items_are_no_events() -> None:
    with pytest.raises(NotEnoughData, match="import views, carts, purchases or ratings"):
        build(table(), FLAT, NOW, more_items=["a"])


def test_a_missing_column_is_named() -> None:
    with pytest.raises(FormatError, match="no column 'item_id'; they need event, user_id, item_id, timestamp"):
        build(table().drop("item_id"), FLAT, NOW)


@pytest.mark.parametrize("rows", [(), (("search", "u", None),), (("view_item_list", "u", "a"),)])
def test_events_that_say_nothing_are_not_enough(rows: list[tuple[Any, ...]]) -> None:
    with pytest.raises(NotEnoughData, match="import views, carts, purchases or ratings"):
        build(table(*rows), FLAT, NOW)


rows = st.tuples(
    st.sampled_from([kind.value for kind in KINDS]),
    st.sampled_from([None, "u", "v", "w"]),
    st.sampled_from(["a", "b", "c"]),
    st.integers(NOW - 3, NOW).map(lambda moment: moment - (moment % 2) * DAY),
    st.sampled_from([None, 1.0, 5.0]),
    st.sampled_from([None, "s", "t"]),
    st.sampled_from([None, "o", "p"]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(rows, max_size=25), st.randoms())
def test_equal_events_give_equal_arrays_in_whatever_order(events: list[tuple[Any, ...]], random: Random) -> None:
    events = [("purchase", "u", "a", NOW, None, None, None), *events]
    first = build(table(*events), Weights(), NOW)
    second = build(table(*random.sample(events, len(events))), Weights(), NOW)

    assert (first.users.ids, first.items.ids) == (second.users.ids, second.items.ids)
    for name in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(first.matrix, name), getattr(second.matrix, name))
    for field in dataclasses.fields(first.log):
        np.testing.assert_array_equal(getattr(first.log, field.name), getattr(second.log, field.name))


def test_an_event_over_the_cap_of_an_address_is_its_shoppers_and_nobody_elses() -> None:
    events = table(("purchase", "u", "a", 1), ("purchase", "u", "b", 2), ("purchase", "v", "a", 3))
    marked = events.with_columns(over_cap=pl.Series([None, 1, None], dtype=pl.Int32))

    data = build(marked, FLAT, NOW)

    assert data.matrix.toarray().tolist() == [[1, 0], [1, 0]]
    assert data.votes.item.tolist() == [0, 0]
    assert data.histories.until(np.array([0]), np.array([NOW])).item.tolist() == [0, 1]


def test_a_rating_over_the_cap_revises_none_that_counts() -> None:
    events = table(("rate", "u", "a", 1), ("rate", "u", "a", 2)).with_columns(
        rating=pl.Series([5.0, 1.0]), over_cap=pl.Series([None, 1], dtype=pl.Int32)
    )
    weighed = weighed_events(nw.from_native(events.lazy()), FLAT, NOW).collect("polars").to_native()
    assert weighed["rating"].to_list() == [5.0]
