"""Small logs whose insights can be worked out by hand."""

from datetime import UTC, datetime

import polars as pl

from aisle.insights.shop_log import COLUMNS, ITEM_COLUMNS, ITEM_SCHEMA, NO_PLACES, REVIEW_SCHEMA, ShopLog
from aisle.shop.columns import EVENTS
from aisle.shop.money import MICROS
from aisle.shop.schemas import schema_of

SCHEMA = schema_of({name: EVENTS[name] for name in COLUMNS})


def moment(day: str, hour: int = 12) -> int:
    return int(datetime.fromisoformat(f"{day}T{hour:02d}:00:00").replace(tzinfo=UTC).timestamp()) * MICROS


Row = dict[str, object]


def event(
    kind: str, day: str, user: str | None = "anna", item: str | None = "mug", hour: int = 12, **more: object
) -> Row:
    known: Row = {"event": kind, "user_id": user, "item_id": item, "timestamp": moment(day, hour)}
    return dict.fromkeys(COLUMNS) | known | more


def buy(
    day: str, user: str | None = "anna", item: str = "mug", price: float | None = 10.0, quantity: int = 1,
    currency: str | None = "GBP", hour: int = 12, transaction_id: str | None = None,
) -> Row:  # fmt: skip
    paid = None if price is None else round(price * MICROS)
    return event(
        "purchase", day, user, item, hour,
        price=paid, quantity=quantity, currency=currency, transaction_id=transaction_id,
    )  # fmt: skip


def item(item_id: str, **more: object) -> Row:
    return dict.fromkeys(ITEM_COLUMNS) | {"item_id": item_id, "title": item_id.title()} | more


def shop(
    *events: Row, items: tuple[Row, ...] = (), reviews: pl.DataFrame | None = None,
    now: str = "2030-01-01", currency: str | None = None, places: pl.DataFrame = NO_PLACES,
) -> ShopLog:  # fmt: skip
    return ShopLog(
        pl.DataFrame(events, schema=SCHEMA, orient="row").lazy(),
        pl.DataFrame(items, schema=ITEM_SCHEMA, orient="row"),
        REVIEW_SCHEMA.to_frame() if reviews is None else reviews,
        moment(now),
        currency,
        places,
    )
