"""A shop that is called while its database stands still, and what became of shelves and events."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import select

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.storage.connection import connect as connect_database
from aisle.storage.tables import events
from tests.faults.load import Answer, Call, ask, connect, load, until
from tests.faults.own_server import own_server
from tests.small_shop import TEAS, make_small_shop
from tests.web.serving import serving

BEFORE_SECONDS: Final = 2.0
"""How long the shop is called before its database stands still, so that it knows its shoppers."""

PATIENCE_SECONDS: Final = 60.0
SHOPPERS: Final = 40
READERS, WRITERS, PER_SECOND = 4, 2, 15.0

Hold = Callable[[], AbstractContextManager[None]]
"""Lets the database stand still while a block runs."""


class Outage(NamedTuple):
    """What the clients saw while the database stood still, and after."""

    shelves: int
    filled: int
    """How many shelves were answered and not empty."""
    p99_ms: float
    usual_p99_ms: float
    """The same before the outage."""
    fallbacks: Counter[str | None]
    refused: int
    """How many events were sent back with 503 and Retry-After."""
    acknowledged: int
    """How many events were acknowledged, before, meanwhile and after."""
    lost: int
    """How many of these are not in the database: false acknowledgements."""
    healthy_seconds: float
    """How long after the outage the first shelf without a fallback came and an event was stored."""


@contextmanager
def shop_that_stops(kind: str, folder: Path) -> Iterator[tuple[Path, Hold]]:
    """Lend a trained shop on a database of its own, and what stops that: for SQLite a lock, else SIGSTOP."""
    if kind == "sqlite":
        trained(folder)
        yield folder, partial(_locked, folder)
        return
    with own_server(kind) as server:
        trained(folder, server.url)
        yield folder, server.stopped


def trained(folder: Path, url: str | None = None) -> None:
    """Make a small shop, and train it."""
    make_small_shop(folder, SHOPPERS, url)
    with Shop.open(folder) as shop:
        shop.train("als")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with connect_database(Settings.read(folder).database_url) as db, db.write():
        yield


def measure(folder: Path, hold: Hold, seconds: float, workers: int = 1) -> Outage:
    """Call a shop's server while its database stands still for some seconds."""
    with serving(folder, workers) as (_, address):
        until(partial(_is_healthy, address), PATIENCE_SECONDS)
        with (
            load(address, _shelf_of, READERS, PER_SECOND) as shelves,
            load(address, _event, WRITERS, PER_SECOND) as posts,
        ):
            time.sleep(BEFORE_SECONDS)
            began = time.monotonic()
            with hold():
                time.sleep(seconds)
            ended = time.monotonic()
            healthy = until(partial(_is_healthy, address), PATIENCE_SECONDS)
            time.sleep(BEFORE_SECONDS)
    meanwhile = shelves.between(began, ended)
    acknowledged = [_event_id(answer) for answer in posts if _is_stored(answer)]
    return Outage(
        shelves=len(meanwhile),
        filled=sum(_is_filled(answer) for answer in meanwhile),
        p99_ms=meanwhile.quantile(0.99),
        usual_p99_ms=shelves.between(began - BEFORE_SECONDS, began).quantile(0.99),
        fallbacks=Counter(json.loads(answer.body).get("fallback") for answer in meanwhile if answer.status == 200),
        refused=sum(answer.status == 503 for answer in posts),
        acknowledged=len(acknowledged),
        lost=len(set(acknowledged) - _stored_ids(folder)),
        healthy_seconds=healthy,
    )


def _shelf_of(number: int) -> Call:
    return Call(f"/api/recommendations?user_id=user-{number % SHOPPERS}")


def _event(number: int) -> Call:
    event = {"event": "view_item", "event_id": f"outage-{number}", "user_id": "poster", "item_id": TEAS[number % 10]}
    return Call("/api/events", json.dumps(event).encode())


def _is_healthy(address: str) -> bool:
    connection = connect(address)
    shelf = ask(connection, _shelf_of(0))
    event = ask(connection, _event(-1))
    connection.close()
    return _is_filled(shelf) and json.loads(shelf.body)["fallback"] is None and event.status == 200


def _is_filled(answer: Answer) -> bool:
    return answer.status == 200 and bool(json.loads(answer.body)["items"])


def _is_stored(answer: Answer) -> bool:
    return answer.status == 200 and json.loads(answer.body)["stored"] == 1


def _event_id(answer: Answer) -> str:
    assert answer.call.body is not None
    return str(json.loads(answer.call.body)["event_id"])


def _stored_ids(folder: Path) -> set[str]:
    with connect_database(Settings.read(folder).database_url) as db, db.read() as connection:
        return set(connection.execute(select(events.c.event_id).where(events.c.user_id == "poster")).scalars())
