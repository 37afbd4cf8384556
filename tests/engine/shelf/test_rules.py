from typing import Any

import numpy as np
import pytest

from aisle.engine.shelf.groups import Group
from aisle.engine.shelf.rules import Held, Rules, bind, with_pins
from aisle.shop.errors import SettingsError
from aisle.shop.ids import Vocabulary
from tests.engine.products import bound

ITEMS = Vocabulary(["a", "b", "c:d"])


def test_the_only_default_rule_is_one_variant_of_each_product() -> None:
    assert Rules().plain() == {
        "price_min": None,
        "price_max": None,
        "categories": (),
        "brands": (),
        "exclude": (),
        "not_bought_within_days": None,
        "one_per_group": True,
        "boosts": {},
        "pins": (),
        "locks": {},
        "overstock_boost": 0.0,
        "diversity": 0.0,
        "long_tail": 0.0,
        "seen_share": 1.0,
        "repeat_share": 1.0,
        "fatigue": False,
        "at_most": {},
    }


def test_rules_are_the_same_after_a_trip_through_plain_values() -> None:
    rules = Rules(price_min=1, price_max=9.5, categories=("Tea > Green",), boosts={"item:a": 2.0}, pins=("b",))
    assert Rules.parse(rules.plain()) == rules


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"colour": "red"}, "colour.*the names are price_min, "),
        ({"price_min": -1}, "price_min"),
        ({"repeat_share": "often"}, "repeat_share"),
        ({"at_most": {"brand": "few"}}, 'write brand or category and how many in how many places: brand = "1 in 4"'),
        ({"at_most": {"colour": "1 in 4"}}, "at_most says colour = '1 in 4'"),
        ({"at_most": {"brand": "4 in 4"}}, "at_most says brand = '4 in 4'"),
        ({"price_min": "cheap"}, "price_min"),
        ({"price_min": float("nan")}, "price_min"),
        ({"price_max": float("inf")}, "price_max"),
        ({"price_min": 20, "price_max": 10}, r"price_min = 20.0 is above price_max = 10.0; .*swap"),
        ({"categories": "Tea"}, "categories"),
        ({"categories": ["Tea", " > "]}, "categories holds ' > '"),
        ({"brands": [""]}, "brands holds ''"),
        ({"not_bought_within_days": 0}, "not_bought_within_days"),
        ({"one_per_group": "yes"}, "one_per_group"),
        ({"boosts": {"brand:Acme": 0}}, "boosts"),
        ({"boosts": {"brand:Acme": -2}}, "boosts"),
        ({"boosts": {"brand:Acme": float("nan")}}, "boosts"),
        ({"boosts": {"brand:Acme": float("inf")}}, "boosts"),
        ({"boosts": {"colour:red": 2}}, "boost 'colour:red' names nothing; write category:PATH, brand:NAME"),
        ({"boosts": {"Acme": 2}}, "boost 'Acme' names nothing"),
        ({"boosts": {"item:": 2}}, "boost 'item:' names nothing"),
        ({"boosts": {"category: > ": 2}}, "boost 'category: > ' has no step"),
        ({"pins": ["a", "b", "a"]}, "item 'a' is in pins twice"),
        ({"pins": ["a"], "exclude": ["a"]}, "item 'a' is both in pins and in exclude"),
        ({"pins": ["a"], "exclude": ["item:a"]}, "item 'a' is both in pins and in exclude"),
        ({"pins": ["a"], "locks": {"a": 2}}, "item 'a' is in pins and in locks"),
        ({"locks": {"a": 2}, "exclude": ["a"]}, "item 'a' is both in locks and in exclude"),
        ({"locks": {"a": 2, "b": 2}}, "locks hold place 2 for two"),
        ({"locks": {"a": 0}}, "locks"),
        ({"locks": {"a": 1.5}}, "locks"),
        ({"pins": [""]}, "pins holds an empty name"),
        ({"pins": ["price:cheap"]}, r"pins 'price:cheap' is no range; write price:LOW\.\.HIGH"),
        ({"exclude": ["price:.."]}, "exclude 'price:..' is no range"),
        ({"boosts": {"price:20..10": 2}}, r"boost 'price:20\.\.10' begins above its end; write price:10\.\.20"),
        ({"exclude": ["category: > "]}, "exclude 'category: > ' has no step"),
        ({"overstock_boost": -0.1}, "overstock_boost"),
        ({"overstock_boost": float("inf")}, "overstock_boost"),
        ({"diversity": 1.1}, "diversity"),
        ({"diversity": float("nan")}, "diversity"),
        ({"long_tail": -0.1}, "long_tail"),
    ],
)
def test_a_wrong_rule_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Rules.parse(values)


def test_rules_made_in_code_are_checked_too() -> None:
    with pytest.raises(SettingsError, match="diversity = 2 is out of range"):
        Rules(diversity=2)


def test_the_lowest_and_the_highest_price_may_be_equal() -> None:
    assert Rules(price_min=5, price_max=5).price_min == 5


def test_ids_become_numbers() -> None:
    rules = bind(Rules(pins=("b", "a"), exclude=("c:d",), boosts={"item:c:d": 2.0, "brand:x:y": 3.0}), ITEMS)
    assert rules.pins.tolist() == [1, 0]
    assert rules.exclude.tolist() == [2]
    assert rules.item_boosts == ((2, 2.0),)
    assert rules.group_boosts == ((Group("brand", "x:y"), 3.0),)


def test_categories_have_the_spelling_of_attributes() -> None:
    rules = bind(Rules(categories=("Tea>Green",), boosts={"category: Tea>Black ": 2.0}), ITEMS)
    assert rules.categories == ("Tea > Green",)
    assert rules.group_boosts == ((Group("category", "Tea > Black"), 2.0),)


def test_locks_and_pins_name_items_and_groups() -> None:
    rules = bind(Rules(pins=("b", "brand:Acme", "gone"), locks={"item:a": 4, "price:..9.5": 2}), ITEMS)
    cheap, acme = Group("price", high=9.5), Group("brand", "Acme")
    assert rules.held == (Held(cheap, 2), Held(0, 4), Held(1, None), Held(acme, None))
    assert rules.pins.tolist() == [0, 1]
    assert rules.held_groups == (cheap, acme)


def test_ids_that_the_model_does_not_know_have_no_effect() -> None:
    rules = bind(Rules(pins=("new", "a"), exclude=("gone",), boosts={"item:gone": 2.0}), ITEMS)
    assert (rules.pins.tolist(), rules.exclude.tolist(), rules.item_boosts) == ([0], [], ())


def test_pins_join_the_candidates_once() -> None:
    items, scores = with_pins(np.array([3, 1], np.int32), np.array([2, 1], np.float32), bound(pins=["7", "1"]))
    assert items.tolist() == [3, 1, 7]
    assert items.dtype == np.int32
    np.testing.assert_array_equal(scores, [2, 1, np.nan])


def test_without_pins_candidates_stay_as_they_are() -> None:
    items, scores = np.array([3, 1], np.int32), np.array([2, 1], np.float32)
    assert with_pins(items, scores, bound()) == (items, scores)
