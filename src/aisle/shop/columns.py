"""The columns of every table with their types: the only place where a column's name is written out.

Types are words, which Polars, Spark and the database each translate in one place: `str`, `int64`, `int32`, `float64`,
`bool`. Times are microseconds since 1970 UTC, money is in millionths of the currency unit (`shop.money`).
"""

from typing import Final

EVENT_ID: Final = "event_id"
EVENT: Final = "event"
USER_ID: Final = "user_id"
SESSION_ID: Final = "session_id"
ITEM_ID: Final = "item_id"
QUANTITY: Final = "quantity"
PRICE: Final = "price"
COST: Final = "cost"
CURRENCY: Final = "currency"
RATING: Final = "rating"
TIMESTAMP: Final = "timestamp"
TRANSACTION_ID: Final = "transaction_id"
RECOMMENDATION_ID: Final = "recommendation_id"
PLACEMENT: Final = "placement"
POSITION: Final = "position"
PROPERTIES: Final = "properties"

ITEM_GROUP_ID: Final = "item_group_id"
TITLE: Final = "title"
DESCRIPTION: Final = "description"
CATEGORY: Final = "category"
BRAND: Final = "brand"
IMAGE_URL: Final = "image_url"
URL: Final = "url"
TAGS: Final = "tags"
STOCK: Final = "stock"
IN_STOCK: Final = "in_stock"
AVAILABLE_FROM: Final = "available_from"
HIDDEN: Final = "hidden"
ATTRIBUTES: Final = "attributes"

REVIEW_ID: Final = "review_id"
TEXT: Final = "text"

RANK: Final = "rank"
SCORE: Final = "score"
MODEL_VERSION: Final = "model_version"
CREATED: Final = "created"
STRATEGY: Final = "strategy"
FALLBACK: Final = "fallback"
VARIANT: Final = "variant"
ITEMS_SHOWN: Final = "items"
WEIGHT: Final = "weight"
EVENTS_COUNT: Final = "events"
OVER_CAP: Final = "over_cap"
DAY: Final = "day"
AUDIENCE: Final = "audience"

MONEY: Final = (PRICE, COST)
"""The columns of amounts of money."""

EVENTS: Final[dict[str, str]] = {
    EVENT_ID: "str",
    EVENT: "str",
    USER_ID: "str",
    SESSION_ID: "str",
    ITEM_ID: "str",
    QUANTITY: "int64",
    PRICE: "int64",
    CURRENCY: "str",
    RATING: "float64",
    TIMESTAMP: "int64",
    TRANSACTION_ID: "str",
    RECOMMENDATION_ID: "str",
    PLACEMENT: "str",
    POSITION: "int32",
    PROPERTIES: "str",
}
"""An event. `event_id`, `event` and `timestamp` are never null; `price` is per piece; `properties` is a JSON object."""

STORED_EVENTS: Final[dict[str, str]] = EVENTS | {OVER_CAP: "int32"}
"""An event as it is stored and learnt from. `over_cap` is 1 if it came by a browser key after its network address had
sent as many that day as count; else null. No file or request can say so."""

ITEMS: Final[dict[str, str]] = {
    ITEM_ID: "str",
    ITEM_GROUP_ID: "str",
    TITLE: "str",
    DESCRIPTION: "str",
    CATEGORY: "str",
    BRAND: "str",
    PRICE: "int64",
    CURRENCY: "str",
    IMAGE_URL: "str",
    TAGS: "str",
    STOCK: "int64",
    IN_STOCK: "bool",
    AVAILABLE_FROM: "int64",
    HIDDEN: "bool",
    ATTRIBUTES: "str",
    URL: "str",
    COST: "int64",
}
"""A product. Only `item_id` is required. Variants of one product share an `item_group_id`; `category` is a path,
`A > B > C`; `tags` are joined by `|`; `attributes` is a JSON object; `url` is its page in the
shop; `cost` is what the shop pays for a piece, which no shopper is told; `in_stock` says whether it can be ordered, for
shops that do not count their stock."""

USERS: Final[dict[str, str]] = {USER_ID: "str", ATTRIBUTES: "str"}
"""A shopper, with a JSON object of whatever the shop wants to keep beside the id."""

REVIEWS: Final[dict[str, str]] = {
    REVIEW_ID: "str",
    USER_ID: "str",
    ITEM_ID: "str",
    RATING: "float64",
    TITLE: "str",
    TEXT: "str",
    TIMESTAMP: "int64",
    TRANSACTION_ID: "str",
}
"""A review. `rating` may be null: a comment without stars."""

ITEM_HISTORY: Final[dict[str, str]] = {
    ITEM_ID: "str",
    TIMESTAMP: "int64",
    PRICE: "int64",
    CURRENCY: "str",
    STOCK: "int64",
    IN_STOCK: "bool",
}
"""The price and the stock of an item, from `timestamp` until its next row."""

RECOMMENDATIONS: Final[dict[str, str]] = {
    USER_ID: "str",
    PLACEMENT: "str",
    RANK: "int32",
    ITEM_ID: "str",
    SCORE: "float64",
    MODEL_VERSION: "int64",
    CREATED: "int64",
}
"""A place on a shopper's shelf, as a batch computed it for all shoppers. Ranks count from 1; an item that only fills
the shelf up has no score."""

INTERACTIONS: Final[dict[str, str]] = {
    USER_ID: "str",
    ITEM_ID: "str",
    WEIGHT: "float64",
    TIMESTAMP: "int64",
    EVENTS_COUNT: "int64",
    CREATED: "int64",
}
"""A user–item pair that models learn from: its weight as of the training that ended at `created`, the moment of its
last event, and the number of its events."""

IMPRESSIONS: Final[dict[str, str]] = {
    RECOMMENDATION_ID: "str",
    TIMESTAMP: "int64",
    USER_ID: "str",
    SESSION_ID: "str",
    PLACEMENT: "str",
    STRATEGY: "str",
    FALLBACK: "str",
    MODEL_VERSION: "int64",
    ITEMS_SHOWN: "str",
    VARIANT: "str",
}
"""A shelf that was served. `items` is JSON: a list of `[item_id, position, score, propensity]`; `variant` is
`experiment.version:variant` of each experiment that it is part of, with spaces between them, or null."""

_LOOKS: Final[dict[str, str]] = {"places": "int64", "seen": "int64", "clicks": "int64", "carts": "int64"}
_PAID: Final[dict[str, str]] = {
    "orders": "int64",
    "units": "int64",
    "revenue": "int64",
    "returned_units": "int64",
    "returned_revenue": "int64",
}

SHELF_DAYS: Final[dict[str, str]] = {
    DAY: "int64",
    PLACEMENT: "str",
    STRATEGY: "str",
    MODEL_VERSION: "int64",
    AUDIENCE: "str",
    VARIANT: "str",
    CURRENCY: "str",
    "shelves": "int64",
    **_LOOKS,
    **_PAID,
}
"""What the shelves of one kind brought on a day, whose first moment is `day`. `variant` is empty outside of
experiments. `places` are the items on them; looks, clicks and carts are counted under an empty currency, orders under
theirs; money is in millionths."""

ITEM_DAYS: Final[dict[str, str]] = {
    DAY: "int64",
    ITEM_ID: "str",
    **_LOOKS,
    "units": "int64",
    "returned_units": "int64",
}
"""How often an item stood on shelves on a day, was seen, clicked and carted there, and was sold and returned at all."""

SHOP_DAYS: Final[dict[str, str]] = {
    DAY: "int64",
    CURRENCY: "str",
    "visitors": "int64",
    "buyers": "int64",
    "returning_buyers": "int64",
    **_PAID,
    "helped_orders": "int64",
    "helped_revenue": "int64",
    "unknown_shelf": "int64",
    "not_on_shelf": "int64",
    "before_shelf": "int64",
    "before_click": "int64",
    "repeated": "int64",
}
"""A day of the whole shop. People, and events that fit no shelf by the reason, are counted under an empty currency."""

SEGMENT: Final = "segment"

SEGMENT_DAYS: Final[dict[str, str]] = {
    DAY: "int64",
    SEGMENT: "int64",
    PLACEMENT: "str",
    CURRENCY: "str",
    "visitors": "int64",
    "buyers": "int64",
    "returning_buyers": "int64",
    "shelves": "int64",
    **_LOOKS,
    **_PAID,
    "helped_orders": "int64",
    "helped_revenue": "int64",
}
"""A day of the shoppers of a segment, by its number: under an empty placement what was shown to them, and all that they
bought; under a placement what they were shown there, and bought by it."""

TABLES: Final[dict[str, dict[str, str]]] = {"events": EVENTS, "items": ITEMS, "users": USERS, "reviews": REVIEWS}
"""The tables that a file can be imported as."""

STORED: Final[dict[str, dict[str, str]]] = TABLES | {"events": STORED_EVENTS}
"""What can be read of them in the database."""

ALIASES: Final[dict[str, str]] = {
    "product_id": ITEM_ID,
    "name": TITLE,
    "customer_id": USER_ID,
    "visitor_id": USER_ID,
    "availability": IN_STOCK,
}
"""Other names by which files and requests may call a column."""
