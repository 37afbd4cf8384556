"""Which shelf a look, a click, an order or a return is owed to.

An event that names a shelf by its `recommendation_id`, and an item on it, is owed to that shelf. A cart or an order
that names none is owed to the shelf on which the same visitor last clicked or carted the same item, if that was within
`WINDOW`. A return is owed to the shelf of its order. What does not fit is owed to none, and the doubt is told.
"""

from enum import StrEnum
from typing import Final

import polars as pl

from aisle.shop.columns import (
    EVENT,
    EVENT_ID,
    ITEM_ID,
    ITEMS_SHOWN,
    RECOMMENDATION_ID,
    SESSION_ID,
    TIMESTAMP,
    TRANSACTION_ID,
    USER_ID,
)
from aisle.shop.events import EventKind
from aisle.shop.moments import DAY, MINUTE

WINDOW: Final = DAY
"""How long after a click an order that names no shelf is owed to it, in microseconds."""

SKEW: Final = 5 * MINUTE
"""How far a browser's clock may be behind before its events count as earlier than their shelf."""

OWED: Final = "owed"
DOUBT: Final = "doubt"

SEEN: Final = EventKind.VIEW_ITEM_LIST.value
CLICKED: Final = EventKind.SELECT_ITEM.value
CARTED: Final = EventKind.ADD_TO_CART.value
BOUGHT: Final = EventKind.PURCHASE.value
RETURNED: Final = EventKind.REFUND.value

_SERVED: Final = "served"
_PLACE: Final = (RECOMMENDATION_ID, ITEM_ID)


class Doubt(StrEnum):
    """Why an event that names a shelf is owed to none."""

    UNKNOWN_SHELF = "unknown_shelf"
    """No shelf of that id is stored: it was shed under pressure, or the id is invented."""
    NOT_ON_SHELF = "not_on_shelf"
    """The item did not stand on the shelf."""
    BEFORE_SHELF = "before_shelf"
    """It happened before the shelf was served: a clock is off."""
    BEFORE_CLICK = "before_click"
    """An order that happened before the item was clicked."""
    REPEATED = "repeated"
    """The same item on the same shelf was reported as seen before."""


def attribute(shelves: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Return events with the shelf that each is owed to.

    Parameters
    ----------
    shelves
        A row each: `recommendation_id`, `timestamp`, and in `items` the ids of what stood on it.
    events
        With the columns of an event. Those that name a shelf and no item were about all of its items.

    Returns
    -------
        The events, with `owed`, a recommendation_id or null, and `doubt`, a `Doubt` or null. An event about all items
        of a shelf is there once for each.
    """
    named = _about_items(shelves, events)
    doubted = _doubted(shelves, named).with_columns(
        pl.when(pl.col(DOUBT).is_null()).then(RECOMMENDATION_ID).alias(OWED)
    )
    carted = _by_last_touch(doubted, CARTED)
    bought = _by_last_touch(carted, BOUGHT)
    return _returns(bought).drop(_SERVED)


def _about_items(shelves: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Name the items of events about whole shelves."""
    whole = pl.col(ITEM_ID).is_null() & (pl.col(EVENT) == SEEN)
    items = shelves.select(RECOMMENDATION_ID, pl.col(ITEMS_SHOWN).alias("_all"))
    each = events.filter(whole).join(items, on=RECOMMENDATION_ID, how="left").explode("_all")
    each = each.with_columns(pl.col("_all").alias(ITEM_ID)).drop("_all")
    return pl.concat([events.filter(~whole), each])


def _doubted(shelves: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Add when the place was served, and what is doubtful about an event that names a shelf."""
    served = shelves.select(RECOMMENDATION_ID, pl.col(ITEMS_SHOWN).alias(ITEM_ID), pl.col(TIMESTAMP).alias(_SERVED))
    places = served.explode(ITEM_ID).drop_nulls(ITEM_ID)
    clicks = events.filter(pl.col(EVENT) == CLICKED).group_by(_PLACE).agg(pl.col(TIMESTAMP).min().alias("_clicked"))
    placed = events.join(places, on=_PLACE, how="left").join(clicks, on=_PLACE, how="left")
    place = (pl.col(EVENT) == SEEN) & pl.col(RECOMMENDATION_ID).is_not_null()
    number = pl.col(TIMESTAMP).rank("ordinal").over(EVENT, *_PLACE)
    first_reason = (
        pl.when(pl.col(RECOMMENDATION_ID).is_null())
        .then(None)
        .when(~pl.col(RECOMMENDATION_ID).is_in(shelves[RECOMMENDATION_ID].implode()))
        .then(pl.lit(Doubt.UNKNOWN_SHELF.value))
        .when(pl.col(_SERVED).is_null())
        .then(pl.lit(Doubt.NOT_ON_SHELF.value))
        .when(pl.col(TIMESTAMP) + SKEW < pl.col(_SERVED))
        .then(pl.lit(Doubt.BEFORE_SHELF.value))
        .when((pl.col(EVENT) == BOUGHT) & (pl.col(TIMESTAMP) + SKEW < pl.col("_clicked")))
        .then(pl.lit(Doubt.BEFORE_CLICK.value))
        .when(place & (number > 1))
        .then(pl.lit(Doubt.REPEATED.value))
    )
    return placed.with_columns(first_reason.alias(DOUBT)).drop("_clicked")


def _by_last_touch(events: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Give events of a kind that name no shelf the one on which their visitor last clicked or carted the item."""
    touches = events.filter(pl.col(OWED).is_not_null() & pl.col(EVENT).is_in([CLICKED, CARTED]))
    open_ = events.filter(pl.col(RECOMMENDATION_ID).is_null() & (pl.col(EVENT) == kind))
    return _given(events, _last_of_visitor(open_, touches, WINDOW))


def _returns(events: pl.DataFrame) -> pl.DataFrame:
    """Give returns that name no shelf that of their order: by its number, or else the visitor's last of the item."""
    orders = events.filter(pl.col(EVENT) == BOUGHT)
    open_ = events.filter(pl.col(RECOMMENDATION_ID).is_null() & (pl.col(EVENT) == RETURNED))
    line = (TRANSACTION_ID, ITEM_ID)
    by_number = orders.drop_nulls(line).unique(line, keep="first", maintain_order=True).select(*line, OWED)
    numbered = open_.drop(OWED).join(by_number.with_columns(_is_known=True), on=line, how="left")
    known = numbered.filter(pl.col("_is_known")).select(EVENT_ID, ITEM_ID, OWED)
    others = numbered.filter(pl.col("_is_known").is_null()).drop("_is_known", OWED)
    return _given(events, pl.concat([known, _last_of_visitor(others, orders)]))


def _last_of_visitor(events: pl.DataFrame, earlier: pl.DataFrame, window: int | None = None) -> pl.DataFrame:
    """Return for each event to which shelf the last earlier one of its user, or else its session, and item is owed."""
    found = [_last_of(events, earlier, of, window) for of in (USER_ID, SESSION_ID)]
    return pl.concat(found).unique([EVENT_ID, ITEM_ID], keep="first", maintain_order=True)


def _last_of(events: pl.DataFrame, earlier: pl.DataFrame, visitor: str, window: int | None) -> pl.DataFrame:
    by = [visitor, ITEM_ID]
    left = events.drop_nulls(by).select(EVENT_ID, TIMESTAMP, *by).sort(TIMESTAMP)
    right = earlier.drop_nulls(by).select(TIMESTAMP, OWED, *by, _is_found=True).sort(TIMESTAMP)
    joined = left.join_asof(right, on=TIMESTAMP, by=by, tolerance=window, check_sortedness=False)
    return joined.filter(pl.col("_is_found")).select(EVENT_ID, ITEM_ID, OWED)


def _given(events: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Fill in the shelves that were found."""
    later = found.rename({OWED: "_found"})
    joined = events.join(later, on=[EVENT_ID, ITEM_ID], how="left")
    return joined.with_columns(pl.coalesce(OWED, "_found").alias(OWED)).drop("_found")
