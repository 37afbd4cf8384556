"""Plans."""

import pytest

from aisle.ingest.plan import Plan
from aisle.shop.errors import FormatError


def test_a_plan_is_made_of_the_command_lines_words_and_gives_them_back() -> None:
    words = ("--map", "A=B=user_id", "--as", "events", "--timezone", "Europe/London", "--date-format", "%d/%m/%Y")
    plan = Plan.parse(table="events", maps=["A=B=user_id"], timezone="Europe/London", date_format="%d/%m/%Y")
    assert plan.columns == {"A=B": "user_id"}
    assert plan.arguments() == words
    every = Plan.parse(
        kind="buy", values=["4=purchase"], constants=["currency=EUR"], returns=True, encoding="cp1252", header=False
    )
    assert every.arguments() == (
        *("--event", "buy", "--set", "currency=EUR", "--map-value", "4=purchase", "--encoding", "cp1252"),
        *("--returns", "--no-header"),
    )
    assert Plan(format="ga4").arguments() == ("--format", "ga4")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"table": "orders"}, "table 'orders' does not exist; choose one of events"),
        ({"maps": ["user_id"]}, "--map 'user_id' is not a pair"),
        ({"maps": ["=user_id"]}, "is not a pair"),
        ({"maps": ["A=shopper"]}, "'A' cannot be mapped to 'shopper'; the columns of events are event_id"),
        ({"maps": ["A=user_id", "B=user_id"]}, "two columns are mapped to user_id"),
        ({"maps": ["A=user_id"], "format": "ga4"}, "give --format or --map, not both"),
        ({"timezone": "Mars"}, "timezone 'Mars' is unknown"),
        ({"kind": "bought it"}, "event 'bought it' is no kind of event; the kinds of events are view_item_list"),
        ({"values": ["4=bought it"]}, "'4' cannot be mapped to the kind 'bought it'"),
        ({"values": ["4"]}, "--map-value '4' is not a pair; write it as THEIRS=KIND, such as 4=purchase"),
        ({"constants": ["currency"]}, "--set 'currency' is not a pair"),
        ({"constants": ["colour=red"]}, "'colour' cannot be set to 'red'; the columns of events are event_id"),
        ({"constants": ["event=view"], "maps": ["A=event"]}, "or one is and it is set as well; choose one"),
        ({"encoding": "utf-16"}, "encoding 'utf-16' cannot be read"),
        ({"encoding": "klingon"}, "encoding 'klingon' cannot be read"),
        ({"date_format": "%H"}, "date format '%H' does not tell a day"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(arguments: dict[str, object], says: str) -> None:
    with pytest.raises(FormatError, match=says):
        Plan.parse(**arguments)  # type: ignore[arg-type]  # each case has its own words
