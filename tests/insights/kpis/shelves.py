"""Small shelves and what shoppers do with them, for the tests of KPIs."""

import polars as pl

from aisle.insights.kpis.counting import MEMBERS, Log
from aisle.shop.columns import EVENTS, IMPRESSIONS, ITEMS_SHOWN
from aisle.shop.moments import DAY, HOUR
from aisle.shop.schemas import schema_of
from aisle.storage.shelves.day_log import EVENT_COLUMNS

TODAY = 20_000 * DAY
NOON = TODAY + 12 * HOUR

EVENT_SCHEMA = schema_of({name: EVENTS[name] for name in EVENT_COLUMNS})
SHELF_SCHEMA = schema_of(IMPRESSIONS) | {ITEMS_SHOWN: pl.List(pl.String)}
FIRST_SCHEMA = {"user_id": pl.String, "timestamp": pl.Int64}


def shelf(name: str, *items: str, moment: int = NOON, user: str | None = "anna", **more: object) -> dict[str, object]:
    usual = {"placement": "home", "strategy": "personal", "model_version": 3}
    return {"recommendation_id": name, "timestamp": moment, "user_id": user, "items": list(items)} | usual | more


def shelves(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([dict.fromkeys(SHELF_SCHEMA) | row for row in rows], schema=SHELF_SCHEMA)


def event(
    name: str,
    kind: str,
    item: str | None,
    moment: int,
    shelf: str | None = None,
    user: str | None = "anna",
    **more: object,
) -> dict[str, object]:
    usual = {"event_id": name, "event": kind, "item_id": item, "timestamp": moment, "recommendation_id": shelf}
    return usual | {"user_id": user} | more


def events(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([dict.fromkeys(EVENT_SCHEMA) | row for row in rows], schema=EVENT_SCHEMA)


def log(
    served: pl.DataFrame,
    done: pl.DataFrame,
    first_seen: dict[str, int] | None = None,
    first_bought: dict[str, int] | None = None,
    segments: dict[int, list[str]] | None = None,
) -> Log:
    seen, bought = (
        pl.DataFrame(list((moments or {}).items()), schema=FIRST_SCHEMA, orient="row")
        for moments in (first_seen, first_bought)
    )
    members = [(user, number) for number, users in (segments or {}).items() for user in users]
    return Log(
        TODAY, served, done, seen, bought, list(segments or {}), pl.DataFrame(members, schema=MEMBERS, orient="row")
    )
