"""Raw events become events to learn from: they name an item, say whether it is liked, and come once."""

from typing import Any

import narwhals as nw

from aisle.prepare.weigh import SILENT
from aisle.shop.columns import EVENT, EVENT_ID, ITEM_ID, RATING, TIMESTAMP, USER_ID
from aisle.shop.events import KINDS, EventKind


def clean(events: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Return the events to learn from; those without a user stay, as they count for items.

    Skipped are events without an item, the `SILENT` and unknown kinds, ratings without stars, and repetitions of an
    `event_id`.

    Parameters
    ----------
    events
        Columns of `shop.columns.EVENTS`: at least `event`, `user_id`, `item_id`, `rating` and `timestamp`.
        Without `event_id`, every row is an event of its own.
    """
    telling = [kind.value for kind in KINDS if kind not in SILENT]
    unstarred = (nw.col(EVENT) == EventKind.RATE.value) & nw.col(RATING).is_null()
    kept = events.filter(~nw.col(ITEM_ID).is_null(), nw.col(EVENT).is_in(telling), ~unstarred)
    if EVENT_ID in kept.collect_schema().names():
        kept = kept.unique([EVENT_ID], keep="first", order_by=[TIMESTAMP, EVENT, ITEM_ID, USER_ID])
    return kept


def as_rated_last(events: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Skip ratings that their shopper has revised since."""
    newest = nw.col(TIMESTAMP).max().over(USER_ID, ITEM_ID, EVENT)
    rated = (nw.col(EVENT) == EventKind.RATE.value) & ~nw.col(USER_ID).is_null()
    return events.filter(~(rated & (nw.col(TIMESTAMP) < newest)))
