"""What follows from a history: cart, wishlist, orders, ratings and tastes."""

from typing import Any

from aisle.storage.catalogue.items import ItemRow
from aisle.storage.log.events import EventRow
from aisle.web.storefront import deeds
from aisle.web.storefront.deeds import Share


def history(*lines: tuple[str, str] | tuple[str, str, dict[str, object]]) -> list[EventRow]:
    """Return events, newest first, from lines in the order in which they happened."""
    rows = []
    for moment, (kind, item_id, *values) in enumerate(lines):
        row = EventRow(item_id, kind, None, None, None, None, moment, None)
        rows.append(row._replace(**values[0]) if values else row)  # type: ignore[arg-type]
    return rows[::-1]


def test_a_cart_holds_what_was_put_in_and_not_taken_out_or_bought() -> None:
    events = history(
        ("add_to_cart", "mug", {"quantity": 2}),
        ("add_to_cart", "pan"),
        ("add_to_cart", "mug"),
        ("add_to_cart", "bed"),
        ("remove_from_cart", "bed"),
        ("purchase", "pan"),
    )
    assert deeds.cart(events) == {"mug": 3}


def test_a_wish_ends_when_it_is_bought_or_taken_back() -> None:
    events = history(
        *(("add_to_wishlist", item) for item in ("mug", "pan", "bed", "hat")),
        ("purchase", "mug"),
        ("remove_from_wishlist", "pan"),
    )
    assert deeds.wishlist(events) == ["hat", "bed"]


def test_taking_a_wish_out_of_the_cart_leaves_it_a_wish() -> None:
    events = history(("add_to_wishlist", "mug"), ("add_to_cart", "mug"), ("remove_from_cart", "mug"))
    assert deeds.wishlist(events) == ["mug"]


def test_what_still_holds_can_be_taken_back() -> None:
    events = history(("add_to_cart", "mug"), ("hide", "pan"), ("add_to_wishlist", "bed"), ("add_to_cart", "hat"))
    assert deeds.undoing(events) == {
        ("mug", "add_to_cart"): "remove_from_cart",
        ("hat", "add_to_cart"): "remove_from_cart",
        ("bed", "add_to_wishlist"): "remove_from_wishlist",
        ("pan", "hide"): "unhide",
    }
    assert deeds.undoing([*history(("unhide", "pan"), ("purchase", "mug")), *events]).keys() == {
        ("hat", "add_to_cart"),
        ("bed", "add_to_wishlist"),
    }


def test_orders_hold_their_lines_and_what_was_sent_back() -> None:
    line = {"transaction_id": "t1", "price": 5, "quantity": 2}
    events = history(
        ("purchase", "mug", line),
        ("purchase", "pan", line | {"quantity": None}),
        ("purchase", "bed"),
        ("refund", "pan", {"transaction_id": "t1"}),
    )
    newest, first = deeds.orders(events)
    assert [each.item_id for each in newest.lines] == ["bed"]
    assert {each.item_id for each in first.lines} == {"mug", "pan"}
    assert (first.totals, first.returned) == ({None: 15}, frozenset({"pan"}))


def test_the_newest_rating_counts() -> None:
    assert deeds.stars(history(("rate", "mug", {"rating": 5.0}), ("rate", "mug", {"rating": 2.0}))) == {"mug": 2.0}


def test_tastes_are_the_categories_brands_and_prices_most_looked_at() -> None:
    def item(item_id: str, category: str, brand: str, price: int) -> ItemRow:
        empty: list[Any] = [None] * len(ItemRow._fields)
        return ItemRow(*empty)._replace(item_id=item_id, category=category, brand=brand, price=price, currency="GBP")

    items = {"mug": item("mug", "Home > Mugs", "Acme", 5), "pan": item("pan", "Home > Pans", "Bolt", 30)}
    events = history(("view_item", "mug"), ("purchase", "pan"), ("view_item", "unknown"), ("refund", "mug"))
    tastes = deeds.tastes(events, items)
    assert tastes.categories == (Share("Pans", 0.8), Share("Mugs", 0.2))
    assert tastes.brands == (Share("Bolt", 0.8), Share("Acme", 0.2))
    assert (tastes.cheapest, tastes.dearest, tastes.currency) == (5, 30, "GBP")


def test_of_nobody_nothing_is_known() -> None:
    assert deeds.tastes([], {}) == ((), (), None, None, None)


def test_prices_in_several_currencies_are_not_added_up() -> None:
    bought = {"transaction_id": "A", "price": 5}
    events = history(
        ("purchase", "tea", {**bought, "currency": "GBP"}),
        ("purchase", "mug", {**bought, "currency": "EUR"}),
        ("purchase", "pan", {**bought, "currency": "EUR", "quantity": 2}),
    )
    assert deeds.orders(events)[0].totals == {"EUR": 15, "GBP": 5}
    empty = dict.fromkeys(ItemRow._fields)
    rows = {
        item_id: ItemRow(**empty)._replace(item_id=item_id, price=price, currency=currency)  # type: ignore[arg-type]
        for item_id, price, currency in (("tea", 900, "GBP"), ("mug", 5, "EUR"), ("pan", 7, "EUR"))
    }
    tastes = deeds.tastes(events, rows)
    assert (tastes.cheapest, tastes.dearest, tastes.currency) == (5, 7, "EUR")
