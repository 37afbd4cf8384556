"""What units did, and what is left out: each kind of bad input on its own."""

import polars as pl
import pytest

from aisle.experiments import units as u
from aisle.experiments.experiment import Unit
from aisle.experiments.units import units_of
from aisle.shop.columns import EVENTS
from aisle.shop.moments import DAY, HOUR, MINUTE
from aisle.shop.schemas import schema_of

START = 20_000 * DAY + 8 * HOUR
NOON = START + 4 * HOUR
NOW = START + 2 * DAY
EVENT_SCHEMA = schema_of({name: EVENTS[name] for name in u.NEEDED})
SHELF_SCHEMA = {
    "recommendation_id": pl.String,
    "timestamp": pl.Int64,
    "user_id": pl.String,
    "session_id": pl.String,
    "fallback": pl.String,
    "variant": pl.String,
}


def shelf(name: str, user: str | None = "anna", moment: int = NOON, **more: object) -> dict[str, object]:
    usual = dict.fromkeys(SHELF_SCHEMA) | {"recommendation_id": name, "timestamp": moment, "variant": "as-is"}
    return usual | {"user_id": user} | more


def event(kind: str, moment: int, user: str | None = "anna", **more: object) -> dict[str, object]:
    usual = dict.fromkeys(EVENT_SCHEMA) | {"event": kind, "timestamp": moment, "item_id": "tea", "currency": "EUR"}
    return usual | {"user_id": user, "price": 2_000_000} | more


def counted(shelves: list[dict[str, object]], events: list[dict[str, object]], unit: Unit = "user") -> u.Units:
    frames = pl.DataFrame(shelves, schema=SHELF_SCHEMA), pl.LazyFrame(events, schema=EVENT_SCHEMA)
    return units_of(*frames, unit, START, NOW)


def row(units: u.Units, unit: str = "anna", day: int = 0) -> dict[str, float]:
    return units.frame.filter(pl.col("unit") == unit, pl.col("day") == day).to_dicts()[0]


def test_what_a_shopper_does_after_the_first_shelf_counts_by_day() -> None:
    units = counted(
        [shelf("r1"), shelf("r2", fallback="popular")],
        [
            event("purchase", NOON - HOUR),  # before it saw anything
            event("select_item", NOON + MINUTE, recommendation_id="r1"),
            event("add_to_cart", NOON + HOUR),
            event("purchase", NOON + 2 * HOUR, transaction_id="t", quantity=3),
            event("purchase", NOON + 2 * HOUR, transaction_id="t", item_id="cup"),
            event("refund", NOON + DAY, quantity=2),
        ],
    )

    first, second = row(units), row(units, day=1)
    assert (first["shelves"], first["fallbacks"], first["clicks"], first["carts"]) == (2, 1, 1, 1)
    assert (first["orders"], first["units"], first["revenue"]) == (1, 4, 8)
    assert (second["orders"], second["returned_units"], second["returned_revenue"]) == (0, 2, 4)
    assert units.currency == "EUR"
    assert not units.doubts


def test_the_past_is_what_was_done_before_the_experiment() -> None:
    units = counted([shelf("r1")], [event("purchase", START - DAY, quantity=5), event("purchase", START - 40 * DAY)])

    assert row(units)["known"]
    assert (row(units)["before_units"], row(units)["before_revenue"]) == (5, 10)
    assert row(units)["orders"] == 0


def test_who_has_no_past_is_new() -> None:
    assert not row(counted([shelf("r1")], []))["known"]


def test_an_order_in_the_session_of_a_shelf_counts_for_its_shopper() -> None:
    units = counted([shelf("r1", session_id="s")], [event("purchase", NOON + 1, user=None, session_id="s")])

    assert row(units)["orders"] == 1


def test_sessions_are_units_of_their_own() -> None:
    shelves = [shelf("r1", session_id="s"), shelf("r2", session_id="t")]
    units = counted(shelves, [event("purchase", NOON + 1, session_id="t"), event("purchase", NOON + 1)], "session")

    assert (row(units, "s")["orders"], row(units, "t")["orders"]) == (0, 1)


def test_clicks_on_shelves_that_nobody_served_count_nowhere() -> None:
    units = counted([shelf("r1")], [event("select_item", NOON + 1, recommendation_id="invented")])

    assert row(units)["clicks"] == 0


def test_a_click_that_is_reported_twice_counts_once() -> None:
    clicks = [event("select_item", NOON + second, recommendation_id="r1") for second in (1, 2)]
    units = counted([shelf("r1")], clicks)

    assert row(units)["clicks"] == 1
    assert units.doubts == {u.REPEATED: 1}


def test_clocks_that_are_hours_off_are_told() -> None:
    units = counted(
        [shelf("r1")],
        [
            event("select_item", NOON - 3 * HOUR, recommendation_id="r1"),
            event("purchase", NOW + 3 * HOUR),
        ],
    )

    assert (row(units)["clicks"], row(units)["orders"]) == (0, 0)
    assert units.doubts == {u.EARLY_CLICKS: 1, u.FUTURE: 1}


def test_who_was_served_two_variants_is_left_out() -> None:
    units = counted([shelf("r1"), shelf("r2", variant="popular"), shelf("r3", user="bert")], [])

    assert units.frame["unit"].to_list() == ["bert"]
    assert units.doubts == {u.TWO_VARIANTS: 1}


def test_a_machine_that_clicks_everything_is_left_out() -> None:
    clicks = [event("select_item", NOON + n, recommendation_id="r1", item_id=f"i{n}") for n in range(200)]
    units = counted([shelf("r1"), shelf("r2", user="bert")], clicks)

    assert units.frame["unit"].to_list() == ["bert"]
    assert units.doubts == {u.MACHINES: 1}


def test_money_of_another_currency_is_not_added_up() -> None:
    orders = [event("purchase", NOON + n, currency=currency) for n, currency in enumerate(("EUR", "EUR", "SEK"))]
    units = counted([shelf("r1")], orders)

    assert (row(units)["revenue"], units.currency) == (4, "EUR")
    assert units.doubts == {u.OTHER_MONEY: 1}


@pytest.mark.parametrize("unit", ["user", "session"])
def test_nobody_is_no_unit(unit: Unit) -> None:
    assert counted([], [], unit).frame.is_empty()
