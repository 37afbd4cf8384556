"""Rows that the shop's server keeps up to date, checked and stored: of items, users and reviews."""

from collections.abc import Callable

from aisle.app.serve import Live
from aisle.storage.catalogue import items
from aisle.storage.connection import Database
from aisle.storage.log import reviews
from aisle.storage.rows import Rows, Stored
from aisle.storage.shoppers import users
from aisle.web.access.caller import Caller
from aisle.web.api.events import EventProblem, Received

Store = Callable[[Database, Rows], Stored]


def put_items(live: Live, _caller: Caller, body: bytes) -> Received:
    """Add items or change them; what is not given stays as it is."""
    return _store(live, "items", body, items.upsert)


def put_users(live: Live, _caller: Caller, body: bytes) -> Received:
    """Add users or change their attributes."""
    return _store(live, "users", body, users.upsert)


def add_reviews(live: Live, _caller: Caller, body: bytes) -> Received:
    """Store reviews, each once."""
    return _store(live, "reviews", body, reviews.store)


def _store(live: Live, table: str, body: bytes, store: Store) -> Received:
    from aisle.ingest.objects import parse_objects  # brings Polars, which a server starts without

    accepted, reasons = parse_objects(table, body)
    done = store(live.db, accepted)
    errors = [EventProblem(index, reason) for index, reason in enumerate(reasons) if reason is not None]
    return Received(len(reasons), done.stored, done.duplicate, len(errors) + done.erased, errors)
