from typing import Any

import pytest

from aisle.app.merchandising.editing import edited, from_toml, item_named, to_toml
from aisle.engine.shelf.rules import Rules
from aisle.shop.errors import InputError

RULES: dict[str, Any] = {
    "pins": ("a", "brand:Acme"),
    "locks": {"b": 3},
    "boosts": {"item:c": 2.0},
    "exclude": ("d",),
    "price_max": 9,
}


@pytest.mark.parametrize(
    ("step", "changed"),
    [
        (("pin", "x"), {"pins": ["a", "brand:Acme", "x"]}),
        (("pin", "a"), {"pins": ["brand:Acme", "a"]}),
        (("pin", "d"), {"pins": ["a", "brand:Acme", "d"], "exclude": []}),
        (("lock", "a", "2"), {"pins": ["brand:Acme"], "locks": {"b": 3, "a": 2}}),
        (("lock", "x", "3"), {"locks": {"x": 3}}),
        (("boost", "x"), {"boosts": {"item:c": 2.0, "item:x": 2.0}}),
        (("bury", "item:c"), {"boosts": {"item:c": 0.25}}),
        (("boost", "price:..5", "3"), {"boosts": {"item:c": 2.0, "price:..5": 3.0}}),
        (("hide", "b"), {"locks": {}, "exclude": ["d", "b"]}),
        (("free", "brand:Acme"), {"pins": ["a"]}),
        (("free", "c"), {"boosts": {}}),
        (("free", "nobody"), {}),
        (("window", "brand", " 1 in 4 "), {"at_most": {"brand": "1 in 4"}}),
        (("window", "brand", ""), {"at_most": {}}),
    ],
)
def test_one_step_changes_only_the_fields_that_it_must(step: tuple[str, ...], changed: dict[str, Any]) -> None:
    assert edited(Rules.parse(RULES), {"price_max": 9}, *step) == {"price_max": 9} | changed
    Rules.parse(RULES | changed)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (("jump", "a"), "no action 'jump'"),
        (("lock", "a", "first"), "'first' is no place"),
        (("boost", "a", "much"), "'much' is no factor"),
        (("pin", "price:cheap"), "is no range"),
    ],
)
def test_a_step_that_cannot_be_read_is_refused(step: tuple[str, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        edited(Rules(), {}, *step)


def test_an_item_whose_id_begins_as_a_group_is_named_as_an_item() -> None:
    assert [item_named(one) for one in ("a", "brand", "brand:7", "x:7")] == ["a", "brand", "item:brand:7", "x:7"]


def test_rules_are_the_same_after_a_trip_through_text() -> None:
    rules = {"pins": ['a"\\'], "not_bought_within_days": float("inf"), "locks": {"brand:A b": 2}}
    assert from_toml(to_toml(rules)) == rules
    with pytest.raises(InputError, match="cannot be read as TOML"):
        from_toml("pins = [")
