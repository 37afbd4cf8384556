"""Events become interactions: one row per user–item pair.

Like the weights, this is written twice: `aggregate` for tables, in training; `kernels.histories_numpy` for histories,
also live. Both add up weights as whole billionths, so that a sum depends neither on the order of the events nor on the
engine, and a purchase and its refund add up to exactly 0.
"""

from typing import TYPE_CHECKING, Any, Final

from aisle.kernels.histories_numpy import BILLION
from aisle.prepare.weigh import WEIGHT
from aisle.shop import columns
from aisle.shop.columns import ITEM_ID, TIMESTAMP, USER_ID

if TYPE_CHECKING:
    import narwhals as nw

EVENTS_COUNT: Final = columns.EVENTS_COUNT
"""The column that holds how many events a pair has."""


def aggregate(events: "nw.LazyFrame[Any]") -> "nw.LazyFrame[Any]":
    """Return one row per user–item pair, in no particular order.

    Beside the ids it has `weight`, the sum in billionths (int64), `timestamp`, the last moment, and `events`, their
    number.

    Parameters
    ----------
    events
        Columns `user_id` and `item_id` of any types, `weight` and `timestamp`; every row has a user.
    """
    import narwhals as nw

    billionths = (nw.col(WEIGHT) * BILLION).round().cast(nw.Int64)
    return (
        events.with_columns(billionths.alias(WEIGHT))
        .group_by(USER_ID, ITEM_ID)
        .agg(nw.col(WEIGHT).sum(), nw.col(TIMESTAMP).max(), nw.len().cast(nw.Int64).alias(EVENTS_COUNT))
    )
