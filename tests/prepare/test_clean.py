from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
import polars as pl

from aisle.prepare.clean import as_rated_last, clean
from aisle.prepare.weigh import tells_liking
from aisle.shop.events import KIND_CODES, KINDS

SCHEMA = {
    "event_id": pl.String,
    "event": pl.String,
    "user_id": pl.String,
    "item_id": pl.String,
    "rating": pl.Float64,
    "timestamp": pl.Int64,
}


Row = tuple[str, str, str | None, str | None, float | None, int]


def table(rows: Sequence[Row]) -> nw.LazyFrame[Any]:
    return nw.from_native(pl.LazyFrame(rows, SCHEMA, orient="row"))


def ids(events: nw.LazyFrame[Any]) -> list[str]:
    kept: pl.DataFrame = events.collect("polars").to_native()
    return kept["event_id"].sort().to_list()


def cleaned(rows: Sequence[Row]) -> list[str]:
    return ids(clean(table(rows)))


def test_events_without_an_item_are_left_out() -> None:
    assert cleaned([("a", "view_item", "u", None, None, 1), ("b", "view_item", "u", "i", None, 1)]) == ["b"]


def test_impressions_searches_and_unknown_kinds_are_left_out() -> None:
    kinds = ["view_item_list", "search", "teleport", "purchase"]

    assert cleaned([(kind, kind, "u", "i", None, 1) for kind in kinds]) == ["purchase"]


def test_a_rating_needs_stars() -> None:
    assert cleaned([("a", "rate", "u", "i", None, 1), ("b", "rate", "u", "i", 4.0, 1)]) == ["b"]


def test_an_event_that_comes_twice_counts_once() -> None:
    assert cleaned([("a", "purchase", "u", "i", None, 1)] * 2 + [("b", "purchase", "u", "i", None, 1)]) == ["a", "b"]


def test_of_two_events_with_one_id_the_first_in_time_stays() -> None:
    rows = [("a", "purchase", "u", "later", None, 2), ("a", "purchase", "u", "sooner", None, 1)]
    for order in (rows, rows[::-1]):
        [row] = clean(nw.from_native(pl.LazyFrame(order, SCHEMA, orient="row"))).collect("polars").iter_rows(named=True)
        assert row["item_id"] == "sooner"


def test_without_event_ids_every_line_is_its_own_event() -> None:
    table = pl.LazyFrame([("a", "purchase", "u", "i", None, 1)] * 2, SCHEMA, orient="row").drop("event_id")

    assert len(clean(nw.from_native(table)).collect()) == 2


def test_lines_without_a_user_stay() -> None:
    assert cleaned([("a", "purchase", None, "i", None, 1)]) == ["a"]


def test_live_profiles_keep_the_same_events() -> None:
    rows: list[Row] = [(f"{kind}-{stars}", kind.value, "u", "i", stars, 1) for kind in KINDS for stars in (None, 3.0)]
    kinds = np.array([KIND_CODES[row[1]] for row in rows], np.int8)
    ratings = np.array([np.nan if row[4] is None else row[4] for row in rows], np.float32)

    kept = [row[0] for row, tells in zip(rows, tells_liking(kinds, ratings), strict=True) if tells]

    assert cleaned(rows) == sorted(kept)


def test_a_rating_that_was_revised_is_left_out() -> None:
    rows = [("a", "rate", "u", "i", 5.0, 1), ("b", "rate", "u", "i", 1.0, 2), ("c", "rate", "v", "i", 4.0, 1)]

    assert ids(as_rated_last(table(rows))) == ["b", "c"]


def test_repeated_purchases_and_ratings_of_nobody_are_no_revisions() -> None:
    rows = [
        ("a", "purchase", "u", "i", None, 1),
        ("b", "purchase", "u", "i", None, 2),
        ("c", "rate", None, "i", 4.0, 1),
        ("d", "rate", None, "i", 2.0, 2),
    ]

    assert ids(as_rated_last(table(rows))) == ["a", "b", "c", "d"]
