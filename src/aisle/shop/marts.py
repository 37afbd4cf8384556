"""The marts: tables for Tableau, Power BI and Metabase, a star of facts by day and of what they are about.

Types are the words of `shop.columns`, and two more: `day`, a date, and `money`, a decimal in units of the currency that
stands beside it: money of two currencies is never in one row.
"""

from typing import Final, NamedTuple


class Mart(NamedTuple):
    """A table."""

    name: str
    what: str
    """What a row of it is."""
    columns: dict[str, tuple[str, str]]
    """The type and the meaning of each column."""


_DAY: Final = ("day", "the day, in UTC")
_ITEM: Final = ("str", "the item")
_USER: Final = ("str", "the shopper's id, all that a mart tells of a person")
_CURRENCY: Final = ("str", "the currency of the row's money; empty if the shop names none")
_SHELF: Final = {
    "day": _DAY,
    "placement": ("str", "where the shelf stood"),
    "strategy": ("str", "what filled it; if that was a fallback, the fallback"),
    "model_version": ("int64", "the model; 0 without one"),
    "audience": ("str", "`anonymous`, `new` or `returning`: whom it was shown to"),
}
_PAID: Final = {
    "orders": ("int64", "orders"),
    "units": ("int64", "pieces sold"),
    "revenue": ("money", "pieces × price of what was sold"),
    "returned_units": ("int64", "pieces sent back"),
    "returned_revenue": ("money", "pieces × price of what was sent back"),
}
_LOOKS: Final = {
    "places": ("int64", "places on shelves that were served"),
    "seen": ("int64", "places that were seen"),
    "clicks": ("int64", "places that were clicked"),
}

DATES: Final = Mart(
    "mart_dates",
    "a day, from the first to the last that any fact has",
    {
        "day": _DAY,
        "year": ("int64", "2026"),
        "quarter": ("int64", "1 to 4"),
        "month": ("int64", "1 to 12"),
        "week": ("int64", "the ISO week"),
        "weekday": ("int64", "1 is Monday"),
        "weekday_name": ("str", "Monday"),
        "is_weekend": ("bool", "Saturday or Sunday"),
    },
)
ITEMS: Final = Mart(
    "mart_items",
    "an item of the catalogue",
    {
        "item_id": _ITEM,
        "title": ("str", "its title"),
        "category": ("str", "its category, a path"),
        "department": ("str", "the first step of the category"),
        "brand": ("str", "its brand"),
        "price": ("money", "its price today"),
        "currency": ("str", "the currency of the price"),
    },
)
USERS: Final = Mart(
    "mart_users",
    "a shopper whom events name",
    {
        "user_id": _USER,
        "first_day": ("day", "the day of the first event"),
        "last_day": ("day", "the day of the last event"),
        "first_order_day": ("day", "the day of the first order"),
        "last_order_day": ("day", "the day of the last order"),
        "orders": ("int64", "how many orders"),
    },
)
PLACEMENTS: Final = Mart(
    "mart_placements",
    "a placement that was ever shown",
    {
        "placement": ("str", "its name"),
        "first_day": ("day", "the first day on which it was shown"),
        "last_day": ("day", "the last day on which it was shown"),
    },
)
MODELS: Final = Mart(
    "mart_models",
    "a trained model",
    {
        "model_version": ("int64", "its number"),
        "algorithm": ("str", "the model's name, such as `hybrid`"),
        "status": ("str", "`live`, `retired`, `candidate` or `refused`"),
        "trained_day": ("day", "when it was trained"),
        "promoted_day": ("day", "when it last went live"),
    },
)
VISITS: Final = Mart(
    "mart_daily_visits",
    "a day of the whole shop: its people",
    {
        "day": _DAY,
        "visitors": ("int64", "users and sessions that day; who comes on two days is counted on both"),
        "buyers": ("int64", "users who ordered"),
        "returning_buyers": ("int64", "users who ordered and had ordered on an earlier day"),
    },
)
SALES: Final = Mart(
    "mart_daily_sales",
    "a day of the whole shop in a currency: its money",
    {
        "day": _DAY,
        "currency": _CURRENCY,
        **_PAID,
        "helped_orders": ("int64", "orders that a shelf led to"),
        "helped_revenue": ("money", "revenue that a shelf led to"),
    },
)
SHELVES: Final = Mart(
    "mart_daily_shelves",
    "a day of the shelves of a kind: how they were looked at",
    {
        **_SHELF,
        "shelves": ("int64", "shelves that were served"),
        **_LOOKS,
        "carts": ("int64", "places put into the cart"),
    },
)
SHELF_SALES: Final = Mart(
    "mart_daily_shelf_sales",
    "a day of the shelves of a kind in a currency: what is owed to them",
    {**_SHELF, "currency": _CURRENCY, **_PAID},
)
DAILY_ITEMS: Final = Mart(
    "mart_daily_items",
    "a day of an item: how it was looked at",
    {
        "day": _DAY,
        "item_id": _ITEM,
        **_LOOKS,
        "views": ("int64", "views of its page"),
        "carts": ("int64", "how often it was put into a cart, anywhere"),
    },
)
ITEM_SALES: Final = Mart(
    "mart_daily_item_sales",
    "a day of an item in a currency: how it sold",
    {"day": _DAY, "item_id": _ITEM, "currency": _CURRENCY, **_PAID},
)
USER_SEGMENTS: Final = Mart(
    "mart_user_segments",
    "a shopper in a segment, as of its last update",
    {"segment": ("str", "the segment's name"), "user_id": _USER, "since_day": ("day", "since when")},
)
RECOMMENDATIONS: Final = Mart(
    "mart_recommendations",
    "a place on a shopper's shelf, as `aisle recommend --all` last computed it",
    {
        "user_id": _USER,
        "placement": ("str", "where the shelf stands"),
        "place": ("int64", "the place on it, from 1"),
        "item_id": _ITEM,
        "score": ("float64", "the model's score; null for an item that only fills the shelf up"),
        "model_version": ("int64", "the model"),
        "computed_day": ("day", "when it was computed"),
    },
)

DAILY: Final = (VISITS, SALES, SHELVES, SHELF_SALES, DAILY_ITEMS, ITEM_SALES)
"""The facts by day, of which only days that changed are built again."""

WHOLE: Final = (ITEMS, USERS, MODELS, USER_SEGMENTS, RECOMMENDATIONS, PLACEMENTS, DATES)
"""What is built anew as a whole."""

MARTS: Final = (*DAILY, *WHOLE)
