"""Small logs and catalogues for the tests of insights."""

import numpy as np
import polars as pl

from aisle.insights import catalogue as of_items
from aisle.insights.finding import Finding
from aisle.insights.quality import Quality, assess
from aisle.insights.tally import COLUMNS, Tally
from aisle.prepare.catalogue import SCHEMA as CATALOGUE
from aisle.prepare.weigh import Weights
from aisle.shop.columns import EVENTS
from aisle.shop.moments import DAY, HOUR, SECOND
from aisle.shop.schemas import schema_of

START = 20_000 * DAY + 9 * HOUR + 123_456
NOW = START + 1000 * DAY

SCHEMA = schema_of({name: EVENTS[name] for name in COLUMNS})


def event(
    moment: int, user: str | None = "anna", item: str | None = "mug", kind: str = "purchase", **more: object
) -> dict[str, object]:
    usual = {"event": kind, "user_id": user, "item_id": item, "timestamp": moment, "quantity": 1, "price": 5_000_000}
    return dict.fromkeys(COLUMNS) | usual | {"currency": "GBP"} | more


def log(*events: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(events, schema=SCHEMA, orient="row")


def tally(*events: dict[str, object], now: int = NOW) -> Tally:
    return Tally(now).add(log(*events))


REVIEWED = pl.DataFrame(schema={"item_id": pl.String, "count": pl.Int64})


def item(item_id: str, **more: object) -> dict[str, object]:
    known = {"title": f"The {item_id}", "price": 5_000_000, "category": "Kitchen", "image_url": f"/{item_id}.jpg"}
    return dict.fromkeys(of_items.COLUMNS) | {"item_id": item_id, "currency": "GBP"} | known | more


def catalogue(*items: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(items, schema={name: CATALOGUE[name] for name in of_items.COLUMNS}, orient="row")


def quality(counted: Tally, *items: dict[str, object], reviewed: pl.DataFrame = REVIEWED) -> Quality:
    return assess(counted, catalogue(*items), reviewed, Weights())


def findings(counted: Tally, *items: dict[str, object], reviewed: pl.DataFrame = REVIEWED) -> dict[str, Finding]:
    return {finding.name: finding for finding in quality(counted, *items, reviewed=reviewed).findings}


def healthy() -> list[dict[str, object]]:
    """Six weeks in which thirty shoppers view and buy, on two days each."""
    rng = np.random.default_rng(1)
    events = []
    for number in range(30):
        for day in rng.choice(42, 2, replace=False):
            moment = START + int(day) * DAY + int(rng.integers(10 * HOUR))
            events.append(event(moment, f"user-{number}", "mug", "view_item", price=None))
            events.append(
                event(moment + 40 * SECOND + number, f"user-{number}", "mug", transaction_id=f"{number}-{day}")
            )
    return events
