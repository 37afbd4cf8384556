"""What a shop tells Aisle of its visitors: events as rows of the HTTP API, prices in units and times in ISO 8601."""

from collections.abc import Iterator
from typing import Any, Final

import polars as pl

from aisle.client.answers import Recommendations
from aisle.shop.columns import CURRENCY, EVENT, EVENTS, ITEM_ID, PRICE, PROPERTIES, QUANTITY, TIMESTAMP, TRANSACTION_ID
from aisle.shop.events import EventKind
from aisle.shop.moments import SECOND, from_moment
from aisle.shop.money import MICROS
from aisle.simulator import vocabulary
from aisle.simulator.lines import Lines
from aisle.simulator.tables import events_table, named
from benchmarks.closed_loop.policies import SHELF
from benchmarks.closed_loop.town import TAG

Row = dict[str, Any]

_OF_ORDERS: Final = (EventKind.ADD_TO_CART, EventKind.PURCHASE)


def rows_of(lines: Lines, part: str) -> list[Row]:
    """Return simulated events as rows; `part` is a name of these lines, which their ids contain."""
    events = events_table(named(lines, TAG, 0), f"{TAG}-{part}").select(*EVENTS).drop(PROPERTIES)
    rows = events.with_columns(pl.col(PRICE) / MICROS).to_dicts()
    return [
        {name: value for name, value in row.items() if value is not None} | {TIMESTAMP: _iso(row[TIMESTAMP])}
        for row in rows
    ]


def after_click(who: Row, shelf: Recommendations, place: int, moment: int, order: str, steps: int) -> Iterator[Row]:
    """Yield the events that follow a click on a place of a shelf.

    Parameters
    ----------
    who
        The visitor and the session.
    order
        The id of the order, if it comes to one.
    steps
        2: the item is looked at only; 3: it is put into the cart; 4: it is bought.
    """
    item = shelf.items[place]
    follows = {"recommendation_id": shelf.recommendation_id, "placement": SHELF, "position": place + 1}
    for step, kind in enumerate((EventKind.SELECT_ITEM, EventKind.VIEW_ITEM, *_OF_ORDERS)[:steps]):
        row: Row = {EVENT: kind.value, ITEM_ID: item.item_id, TIMESTAMP: _iso(moment + step * SECOND)}
        if kind in _OF_ORDERS:
            row |= {PRICE: item.price, CURRENCY: vocabulary.CURRENCY, QUANTITY: 1}
        if kind == EventKind.PURCHASE:
            row[TRANSACTION_ID] = order
        yield who | follows | row


def _iso(moment: int) -> str:
    return from_moment(moment).isoformat()
