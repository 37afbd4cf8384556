"""Small logs for the tests of insights."""

import polars as pl

from aisle.insights.tally import COLUMNS, Tally
from aisle.shop.columns import EVENTS
from aisle.shop.moments import DAY, HOUR
from aisle.shop.schemas import schema_of

START = 20_000 * DAY + 9 * HOUR + 123_456
NOW = START + 1000 * DAY

SCHEMA = schema_of({name: EVENTS[name] for name in COLUMNS})


def event(
    moment: int, user: str | None = "anna", item: str | None = "mug", kind: str = "purchase", **more: object
) -> dict[str, object]:
    said = {"event": kind, "user_id": user, "item_id": item, "timestamp": moment, "quantity": 1, "price": 5_000_000}
    return dict.fromkeys(COLUMNS) | said | {"currency": "GBP"} | more


def log(*events: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(events, schema=SCHEMA, orient="row")


def tally(*events: dict[str, object], now: int = NOW) -> Tally:
    return Tally(now).add(log(*events))
