"""Each rule on a log that can be worked out by hand."""

import polars as pl
import pytest

from aisle.insights.segments.rules import parse
from aisle.insights.segments.shoppers import ATTRIBUTES_SCHEMA, Shoppers
from aisle.insights.shop_log import ShopLog
from tests.insights.shops import Row, buy, event, item, shop

ITEMS = (
    item("mug", category="Kitchen > Mugs", brand="Zu"), item("pot", category="Kitchen>Pots", brand="Ro"),
    item("saw", category="Kitchenware", brand="Zu"),
)  # fmt: skip

# The log ends on 1 June. Anna ordered in January and May, Ben in May for the first time, Cleo in January only, Dan
# twice in April, Eve once in April; Finn only looked.
EVENTS = (
    buy("2026-01-10", "anna", "mug", 10), buy("2026-05-20", "anna", "pot", 30, quantity=2),
    buy("2026-05-25", "ben", "mug", 5), buy("2026-01-10", "cleo", "saw", 100),
    buy("2026-04-01", "dan", "mug", 1), buy("2026-04-10", "dan", "mug", 1),
    buy("2026-04-10", "eve", "saw", 7, currency="EUR"),
    event("view_item", "2026-06-01", "finn", "mug"), event("view_item", "2026-05-01", "finn", "saw"),
    event("view_item", "2026-05-02", "finn", "saw"), event("add_to_cart", "2026-06-01", "anna", "mug"),
)  # fmt: skip
ATTRIBUTES = pl.DataFrame(
    {
        "user_id": ["anna", "ben", "gil", "odd"],
        "attributes": [
            '{"country": "DE", "tags": ["vip", 7]}',
            '{"country": "FR", "news": true}',
            '{"country": "DE"}',
            "x",
        ],
    },
    schema=ATTRIBUTES_SCHEMA,
)


def shoppers(log: ShopLog | None = None) -> Shoppers:
    def fans(items: pl.Series, most: int) -> pl.Series:
        return pl.Series(["finn", "dan", "nobody"][:most] if "saw" in items else [], dtype=pl.String)

    return Shoppers(log or shop(*EVENTS, items=ITEMS), ATTRIBUTES, fans)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('{"rule":"customers","groups":["new"]}', "ben"),
        ('{"rule":"customers","groups":["returning"]}', "anna dan"),
        ('{"rule":"customers","groups":["once"]}', "eve"),
        ('{"rule":"customers","groups":["lost"]}', "cleo"),
        ('{"rule":"customers","groups":["none", "lost"]}', "cleo finn gil odd"),
        ('{"rule":"spent","at_least":70}', "anna cleo"),
        ('{"rule":"spent","at_least":2,"at_most":5}', "ben dan"),
        ('{"rule":"spent","at_least":0.5,"days":30}', "anna ben"),
        ('{"rule":"spent","at_most":0}', "eve finn gil odd"),
        ('{"rule":"spent","at_least":7,"currency":"EUR"}', "eve"),
        ('{"rule":"did","events":["purchase"],"days":30}', "anna ben"),
        ('{"rule":"did","events":["purchase"],"at_least":2}', "anna dan"),
        ('{"rule":"did","events":["purchase"],"at_least":0,"at_most":0}', "finn gil odd"),
        ('{"rule":"did","brand":"Zu","events":["purchase"]}', "anna ben cleo dan eve"),
        ('{"rule":"did","category":"Kitchen","events":["purchase"]}', "anna ben dan"),
        ('{"rule":"did","category":"Kitchen>Mugs","brand":"Ro"}', ""),
        ('{"rule":"did","category":"Kitchen > Mugs","events":["purchase"],"share":0.6}', "ben dan"),
        ('{"rule":"did","category":"Kitchen > Mugs","events":["purchase"],"share":0.5}', "anna ben dan"),
        ('{"rule":"did","events":["view_item"],"brand":"Zu","at_least":3}', "finn"),
        ('{"rule":"attribute","name":"country","values":["DE"]}', "anna gil"),
        ('{"rule":"attribute","name":"tags","values":["7"]}', "anna"),
        ('{"rule":"attribute","name":"news","values":["true"]}', "ben"),
        ('{"rule":"will_like","brand":"Zu","most":1}', "finn"),
        ('{"rule":"will_like","category":"Kitchenware","most":3}', "dan finn"),
        ('{"rule":"not","of":{"rule":"did","events":["purchase"]}}', "finn gil odd"),
        (
            '{"rule":"all","rules":[{"rule":"customers","groups":["returning"]},'
            '{"rule":"not","of":{"rule":"attribute","name":"country","values":["DE"]}}]}',
            "dan",
        ),
        (
            '{"rule":"any","rules":[{"rule":"customers","groups":["new"]},{"rule":"spent","at_least":100}]}',
            "ben cleo",
        ),
    ],
)  # fmt: skip
def test_each_rule_means_whom_it_says(rule: str, expected: str) -> None:
    assert shoppers().members(parse(rule)).to_list() == expected.split()


def test_rfm_groups_are_those_of_the_insight() -> None:
    bought = [buy(f"2026-01-{1 + 5 * user + n:02d}", f"u{user}") for user in range(5) for n in range(user + 1)]
    groups = shoppers(shop(*bought))
    assert groups.members(parse('{"rule":"rfm","groups":["champions"]}')).to_list() == ["u3", "u4"]
    assert groups.members(parse('{"rule":"rfm","groups":["lost","loyal"]}')).to_list() == ["u0", "u1", "u2"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('{"rule":"rfm","groups":["champions"]}', 0),
        ('{"rule":"customers","groups":["none"]}', 4),
        ('{"rule":"spent","at_least":1}', 0),
        ('{"rule":"did"}', 0),
        ('{"rule":"did","brand":"Zu"}', 0),
    ],
)
def test_a_shop_without_events_has_the_people_it_was_told_of(rule: str, expected: int) -> None:
    events: tuple[Row, ...] = ()
    assert len(shoppers(shop(*events, items=ITEMS)).members(parse(rule))) == expected
