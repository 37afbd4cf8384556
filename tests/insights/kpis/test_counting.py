import polars as pl
import pytest

from aisle.insights.kpis.counting import ANONYMOUS, NEW, RETURNING, count_day
from aisle.shop.columns import ITEM_DAYS, SEGMENT_DAYS, SHELF_DAYS, SHOP_DAYS
from aisle.shop.moments import DAY
from tests.insights.kpis.shelves import NOON, TODAY, event, events, log, shelf, shelves

EURO = 1_000_000


def counts(frame: pl.DataFrame, *by: str) -> dict[object, dict[str, int]]:
    """Return what is not 0 of each row, under the values of some columns."""
    rows = {}
    for row in frame.iter_rows(named=True):
        key = tuple(row.pop(name) for name in by)
        rows[key if len(by) > 1 else key[0]] = {name: value for name, value in row.items() if value and name != "day"}
    return rows


# A day computed by hand. Anna came before and is shown two shelves, of three and two items; Bert is new and shown one
# by a fallback; somebody unknown sees one of no model. Anna sees mug and pot, clicks pot and fork, buys two pots for
# 3 € each and a mug that she had not clicked, in one order, and sends back a pot of the week before. Bert carts a cup,
# without having reported a look, and buys it for $4.
SERVED = shelves(
    shelf("a", "mug", "pot", "cup"),
    shelf("b", "fork", "spoon", placement="cart", strategy="together"),
    shelf("c", "cup", user="bert", fallback="popular"),
    shelf("d", "mug", user=None, session_id="s", model_version=None, strategy="trending"),
    shelf("old", "pot", moment=NOON - 7 * DAY),
)
DONE = events(
    event("1", "view_item_list", "mug", NOON + 1, "a"),
    event("2", "view_item_list", "pot", NOON + 1, "a"),
    event("3", "select_item", "pot", NOON + 2, "a"),
    event("4", "select_item", "pot", NOON + 3, "a"),
    event("5", "select_item", "fork", NOON + 4, "b"),
    event("6", "purchase", "pot", NOON + 5, quantity=2, price=3 * EURO, currency="EUR", transaction_id="T"),
    event("7", "purchase", "mug", NOON + 5, price=5 * EURO, currency="EUR", transaction_id="T"),
    event("8", "refund", "pot", NOON + 4, price=3 * EURO, currency="EUR"),
    event("9", "add_to_cart", "cup", NOON + 7, "c", user="bert"),
    event("10", "purchase", "cup", NOON + 8, user="bert", price=4 * EURO, currency="USD"),
    event("11", "select_item", "mug", NOON + 9, "invented", user=None, session_id="s"),
    event("before", "purchase", "pot", NOON - 7 * DAY + 1, "old", price=3 * EURO, currency="EUR"),
)
COUNTED = count_day(
    log(
        SERVED,
        DONE,
        {"anna": TODAY - 9 * DAY, "bert": NOON},
        {"anna": NOON - 7 * DAY + 1, "bert": NOON + 8},
        {1: ["anna"], 2: ["anna", "bert", "cleo"], 3: []},
    )
)


def test_the_shelves_of_a_day() -> None:
    found = counts(COUNTED.shelves, "placement", "strategy", "model_version", "audience", "currency")
    assert found == {
        ("home", "personal", 3, RETURNING, ""): {"shelves": 1, "places": 3, "seen": 2, "clicks": 1},
        ("home", "personal", 3, RETURNING, "EUR"): {
            "orders": 1,
            "units": 2,
            "revenue": 6 * EURO,
            "returned_units": 1,
            "returned_revenue": 3 * EURO,
        },
        ("cart", "together", 3, RETURNING, ""): {"shelves": 1, "places": 2, "seen": 1, "clicks": 1},
        ("home", "popular", 3, NEW, ""): {"shelves": 1, "places": 1, "carts": 1},
        ("home", "popular", 3, NEW, "USD"): {"orders": 1, "units": 1, "revenue": 4 * EURO},
        ("home", "trending", 0, ANONYMOUS, ""): {"shelves": 1, "places": 1},
    }


def test_the_items_of_a_day() -> None:
    assert counts(COUNTED.items, "item_id") == {
        "mug": {"places": 2, "seen": 1, "units": 1},
        "pot": {"places": 1, "seen": 1, "clicks": 1, "units": 2, "returned_units": 1},
        "cup": {"places": 2, "carts": 1, "units": 1},
        "fork": {"places": 1, "seen": 1, "clicks": 1},
        "spoon": {"places": 1},
    }


def test_the_shop_on_a_day() -> None:
    assert counts(COUNTED.shop, "currency") == {
        "": {"visitors": 3, "buyers": 2, "returning_buyers": 1, "unknown_shelf": 1},
        "EUR": {
            "orders": 1,
            "units": 3,
            "revenue": 11 * EURO,
            "returned_units": 1,
            "returned_revenue": 3 * EURO,
            "helped_orders": 1,
            "helped_revenue": 6 * EURO,
        },
        "USD": {"orders": 1, "units": 1, "revenue": 4 * EURO, "helped_orders": 1, "helped_revenue": 4 * EURO},
    }


def test_the_segments_on_a_day() -> None:
    found = counts(COUNTED.segments, "segment", "placement", "currency")
    annas = {"visitors": 1, "buyers": 1, "returning_buyers": 1, "shelves": 2, "places": 5, "seen": 3, "clicks": 2}
    both = {"visitors": 2, "buyers": 2, "returning_buyers": 1, "shelves": 3, "places": 6, "seen": 3, "clicks": 2}
    euros = {"orders": 1, "units": 3, "revenue": 11 * EURO, "returned_units": 1, "returned_revenue": 3 * EURO}
    owed = {"orders": 1, "units": 2, "revenue": 6 * EURO, "returned_units": 1, "returned_revenue": 3 * EURO}
    dollars = {"orders": 1, "units": 1, "revenue": 4 * EURO}
    in_cart = {"shelves": 1, "places": 2, "seen": 1, "clicks": 1}
    assert found == {
        (1, "", ""): annas,
        (1, "", "EUR"): euros | {"helped_orders": 1, "helped_revenue": 6 * EURO},
        (1, "home", ""): {"shelves": 1, "places": 3, "seen": 2, "clicks": 1},
        (1, "home", "EUR"): owed,
        (1, "cart", ""): in_cart,
        (2, "", ""): both | {"carts": 1},
        (2, "", "EUR"): euros | {"helped_orders": 1, "helped_revenue": 6 * EURO},
        (2, "", "USD"): dollars | {"helped_orders": 1, "helped_revenue": 4 * EURO},
        (2, "home", ""): {"shelves": 2, "places": 4, "seen": 2, "clicks": 1, "carts": 1},
        (2, "home", "EUR"): owed,
        (2, "home", "USD"): dollars,
        (2, "cart", ""): in_cart,
        (3, "", ""): {},
    }


def test_a_day_without_anything_is_a_day_that_was_counted() -> None:
    nothing = count_day(log(shelves(), events()))
    assert (nothing.shelves.height, nothing.items.height) == (0, 0)
    assert counts(nothing.shop, "currency") == {"": {}}


@pytest.mark.parametrize(
    ("frame", "columns"), list(zip(COUNTED, (SHELF_DAYS, ITEM_DAYS, SHOP_DAYS, SEGMENT_DAYS), strict=True))
)
def test_the_columns_are_those_of_the_tables(frame: pl.DataFrame, columns: dict[str, str]) -> None:
    assert frame.columns == list(columns)
    assert set(frame["day"]) == {TODAY}
    assert frame.null_count().sum_horizontal().item() == 0


def test_orders_without_prices_are_orders_without_money() -> None:
    counted = count_day(log(shelves(), events(event("1", "purchase", "mug", NOON, transaction_id="T"))))
    assert counts(counted.shop, "currency") == {"": {"visitors": 1, "buyers": 1, "orders": 1, "units": 1}}


def test_variants_of_an_experiment_are_told_apart() -> None:
    served = shelves(
        shelf("a", "mug", variant="trial.1:as-is"), shelf("b", "mug", variant="trial.1:popular"), shelf("c", "mug")
    )
    done = events(event("1", "select_item", "mug", NOON + 1, "b"))

    by_variant = counts(count_day(log(served, done)).shelves.select("variant", "shelves", "clicks"), "variant")

    assert by_variant == {
        "": {"shelves": 1},
        "trial.1:as-is": {"shelves": 1},
        "trial.1:popular": {"shelves": 1, "clicks": 1},
    }
