from typing import Any

import polars as pl
import pytest

from aisle.evaluation.window import choose_window
from aisle.prepare.weigh import Weights
from aisle.recommenders.second_stage.item_state import ENOUGH
from aisle.shop.errors import NotEnoughData
from aisle.shop.events import EventKind
from aisle.shop.moments import DAY

WEIGHTS = Weights()


def log(*parts: tuple[str, range, int], rating: float = 5.0) -> pl.DataFrame:
    """Make events: of a kind, on some days, by so many shoppers a day; each shopper comes on one day alone."""
    rows: list[dict[str, Any]] = [
        {"event": kind, "user_id": f"{day}-{user}", "item_id": f"i{user % 3}", "timestamp": day * DAY + user,
         "rating": rating if kind == "rate" else None}
        for kind, days, shoppers in parts
        for day in days
        for user in range(shoppers)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"rating": pl.Float64})


def chosen(*parts: tuple[str, range, int], rating: float = 5.0) -> tuple[str, int, int, int]:
    held_out = choose_window(log(*parts, rating=rating), WEIGHTS)
    return held_out.target.value, held_out.window.cut // DAY, held_out.window.end // DAY, held_out.shoppers


def test_a_steady_log_is_judged_on_its_last_four_weeks() -> None:
    assert chosen(("purchase", range(200), 3)) == ("purchase", 172, 200, 84)


def test_purchases_come_before_ratings() -> None:
    assert chosen(("rate", range(200), 30), ("purchase", range(200), 3))[0] == "purchase"


def test_a_few_ratings_after_the_last_purchase_are_not_what_the_shop_lives_on() -> None:
    purchases, ratings = ("purchase", range(200), 5), ("rate", range(297, 300), 1)
    assert chosen(purchases, ratings) == ("purchase", 172, 200, 140)


def test_a_few_purchases_in_a_shop_of_ratings_are_not_either() -> None:
    assert chosen(("purchase", range(200, 205), 1), ("rate", range(205), 5))[0] == "rate"


def test_bad_ratings_are_no_success() -> None:
    with pytest.raises(NotEnoughData, match="nobody deals with an item known before"):
        chosen(("rate", range(200), 5), rating=1.0)


def test_a_gap_before_the_last_days_makes_the_window_longer() -> None:
    assert chosen(("purchase", range(170), 3), ("purchase", range(195, 200), 3)) == ("purchase", 144, 200, 93)


def test_a_window_takes_as_long_as_it_needs_up_to_half_of_the_log() -> None:
    assert chosen(("purchase", range(0, 400, 2), 1)) == ("purchase", 287, 399, 56)
    assert chosen(("purchase", range(0, 200, 8), 1))[1:] == (165, 193, 4)


def test_purchases_that_ended_earlier_are_judged_where_they_ended() -> None:
    assert chosen(("view_item", range(300), 3), ("purchase", range(200), 3)) == ("purchase", 172, 200, 84)


def test_too_few_purchases_leave_it_to_views() -> None:
    assert chosen(("view_item", range(100), 9), ("purchase", range(0, 100, 10), 1))[0] == "view_item"


def test_with_few_shoppers_of_any_kind_purchases_count() -> None:
    target, *_, shoppers = chosen(("view_item", range(20), 1), ("purchase", range(20), 1))
    assert (target, shoppers < ENOUGH) == ("purchase", True)


def test_items_that_nobody_knew_before_do_not_count() -> None:
    new = log(("purchase", range(172, 200), 3)).with_columns(item_id=pl.lit("new"))
    with pytest.raises(NotEnoughData, match="nobody deals with an item known before"):
        choose_window(pl.concat([log(("view_item", range(20), 1)).with_columns(event=pl.lit("search")), new]), WEIGHTS)


def test_a_log_can_be_looked_at_up_to_a_moment() -> None:
    events = log(("purchase", range(200), 3))
    before = choose_window(events, WEIGHTS, end=172 * DAY)
    assert (before.target, before.window.end) == (EventKind.PURCHASE, 172 * DAY)
    with pytest.raises(NotEnoughData, match="there are no events"):
        choose_window(events, WEIGHTS, end=0)
