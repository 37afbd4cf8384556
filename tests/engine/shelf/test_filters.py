from typing import Any

import numpy as np
import pytest

from aisle.engine.shelf.filters import NO_CONTEXT, Drop, RequestContext, dropped
from aisle.engine.shelf.rules import Rules
from aisle.shop.facts import ItemFacts
from aisle.shop.moments import DAY
from tests.engine.products import NOW, bound, known, numbers, product


def rules_of(*products: ItemFacts, context: RequestContext = NO_CONTEXT, **rules: Any) -> list[str]:
    """Return what dropped each product."""
    codes = dropped(numbers(len(products)), known(*products), bound(**rules), context)
    return [Drop(code).rule for code in codes.tolist()]


def test_by_default_every_available_item_is_kept() -> None:
    assert rules_of(product(), product(price=1, stock=3)) == ["kept", "kept"]


@pytest.mark.parametrize(
    ("product", "rule"),
    [
        (product(hidden=True), "hidden"),
        (product(stock=0), "out_of_stock"),
        (product(in_stock=False), "out_of_stock"),
        (product(available_from=NOW + 1), "not_yet_available"),
    ],
)
def test_an_unavailable_item_is_dropped_with_the_reason_even_if_it_is_pinned(product: ItemFacts, rule: str) -> None:
    assert rules_of(product) == [rule]
    assert rules_of(product, pins=["0"], boosts={"item:0": 100.0}) == [rule]


def test_a_price_range_includes_its_ends_and_nothing_without_a_price() -> None:
    prices = [product(price=micros) for micros in (9_990_000, 10_000_000, 19_990_000, 20_000_000)]
    assert rules_of(*prices, product(), price_min=10, price_max=19.99) == [
        "price_min",
        "kept",
        "kept",
        "price_max",
        "price_min",
    ]
    assert rules_of(product(), price_max=5) == ["price_max"]


def test_a_category_covers_what_is_below_it() -> None:
    products = [product(category=path) for path in ("Tea > Green", "Tea", "Teaware", "Coffee", None)]
    assert rules_of(*products, categories=["Tea"]) == ["kept", "kept", "categories", "categories", "categories"]
    assert rules_of(*products, categories=["Coffee", "Tea>Green"]) == [
        "kept",
        "categories",
        "categories",
        "kept",
        "categories",
    ]


def test_a_category_or_brand_that_no_candidate_has_drops_all() -> None:
    assert rules_of(product(category="Tea"), categories=["Milk"]) == ["categories"]
    assert rules_of(product(), categories=["Milk"]) == ["categories"]
    assert rules_of(product(brand="Acme"), brands=["Zen"]) == ["brands"]


def test_brands() -> None:
    assert rules_of(product(brand="Acme"), product(brand="Zen"), product(), brands=["Acme"]) == [
        "kept",
        "brands",
        "brands",
    ]


def test_items_excluded_by_the_rules_and_by_the_request() -> None:
    context = RequestContext(excluded=np.array([2], np.int32))
    assert rules_of(product(), product(), product(), context=context, exclude=["1"]) == [
        "kept",
        "exclude",
        "excluded_by_request",
    ]


def test_a_recent_purchase_is_not_shown_for_some_days() -> None:
    context = RequestContext(NOW, bought=np.array([0, 1, 1], np.int32), bought_at=NOW - np.array([3, 31, 29]) * DAY)
    products = [product(), product(), product()]
    assert rules_of(*products, context=context, not_bought_within_days=30) == [
        "not_bought_within_days",
        "not_bought_within_days",
        "kept",
    ]
    assert rules_of(*products, context=context, not_bought_within_days=29) == ["not_bought_within_days", "kept", "kept"]
    assert (
        rules_of(*products, context=context, not_bought_within_days=float("inf"))[:2] == ["not_bought_within_days"] * 2
    )
    assert rules_of(*products, context=context) == ["kept", "kept", "kept"]


def test_near_duplicates_of_the_cart_are_dropped() -> None:
    assert rules_of(product(), product(), context=RequestContext(near_duplicates=np.array([True, False]))) == [
        "near_duplicate",
        "kept",
    ]


def test_a_pin_overrides_general_rules() -> None:
    context = RequestContext(
        NOW,
        bought=np.array([0], np.int32),
        bought_at=np.array([NOW]),
        near_duplicates=np.array([True]),
    )
    rules = {"price_max": 1, "categories": ["A"], "brands": ["B"], "not_bought_within_days": 9, "pins": ["0"]}
    assert rules_of(product(price=5_000_000), context=context, **rules) == ["kept"]


def test_a_pin_does_not_override_what_the_request_excludes() -> None:
    assert rules_of(product(), context=RequestContext(excluded=np.array([0], np.int32)), pins=["0"]) == [
        "excluded_by_request"
    ]


def test_the_most_important_rule_is_named() -> None:
    hidden = product(hidden=True, stock=0, price=9_000_000, brand="Zen")
    assert rules_of(hidden, price_max=1, brands=["Acme"]) == ["hidden"]
    assert rules_of(hidden._replace(hidden=None), price_max=1) == ["out_of_stock"]
    assert rules_of(product(price=9_000_000, brand="Zen"), price_max=1, brands=["Acme"]) == ["price_max"]


def test_a_rule_that_drops_has_the_name_of_its_setting() -> None:
    settings = set(Rules.__struct_fields__)
    assert {drop.rule for drop in Drop} - settings == {
        *("kept", "double", "excluded_by_request", "near_duplicate", "not_due"),
        *("hidden", "out_of_stock", "not_yet_available"),
    }
