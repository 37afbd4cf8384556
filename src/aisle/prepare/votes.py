"""How much one voter counts: whoever acts again and again, a script above all, must not make a favourite of an item.

A voter is a shopper, or a session of which no shopper is known. What an item owes to one voter is capped in every count
that others see: popular and trending items, what goes together, what follows what, and the facts of items that the
ranker looks at. A shopper's own history is not touched: whatever somebody buys every day is theirs to see.

The caps look only back, so that they are the same for a log that is cut off at an earlier moment.
"""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import EventLog
from aisle.shop.columns import EVENT, ITEM_ID, OVER_CAP, SESSION_ID, TIMESTAMP, TRANSACTION_ID, USER_ID
from aisle.shop.ids import UNKNOWN
from aisle.shop.moments import DAY

if TYPE_CHECKING:
    import narwhals as nw

OF_ONE_ITEM: Final = 3
"""So many events of one kind with one item count in a week of a voter."""

OF_ALL_ITEMS: Final = 500
"""So many events count in a week of a voter."""

WEIGHT_OF_ITEM: Final = 10.0
"""A shopper's liking for an item counts as that of so many purchases at most, where models learn what goes together."""

NEW_DAYS: Final = 28
"""For so many days a shopper is new."""

RISE: Final = 2.0
"""What new shoppers do with an item counts at most so many times as what they usually do beside the others."""

_WEEK: Final = 7 * DAY


def counted(log: EventLog, of_one_item: int = OF_ONE_ITEM) -> NDArray[np.bool_]:
    """Return which events count, (events,).

    Of a voter's events in a week (of the calendar, UTC) the first ones do, up to `of_one_item` of one kind with
    one item, and `OF_ALL_ITEMS` in all.
    Events with neither shopper nor session may come from anybody, as often as they like: in a week they count for an
    item as often as those of voters have counted by then, and `of_one_item` times more. Where a log has no voters at
    all, such as one of receipts, there is nobody to compare them with, and all count.
    """
    voter = _voters(log)
    known = np.asarray(voter != UNKNOWN)
    if not known.any():
        return np.ones(len(log), np.bool_)
    act = _numbered(log.timestamp // _WEEK, log.kind, log.item)
    counts = np.asarray(known & (_place(_numbered(voter, act)) < of_one_item))
    among = np.flatnonzero(counts)
    counts[among] = _place(_numbered(voter[among], log.timestamp[among] // _WEEK)) < OF_ALL_ITEMS
    nobodys = np.flatnonzero(~known)
    if len(nobodys):
        allowed = of_one_item + _so_far(act, counts)[nobodys]
        counts[nobodys] = _place(act[nobodys]) < allowed
    return counts


def of_new_shoppers(log: EventLog) -> NDArray[np.bool_]:
    """Return which events are of a shopper's first `NEW_DAYS` days in the log, (events,)."""
    first = np.full(log.user.max(initial=UNKNOWN) + 2, np.iinfo(np.int64).max)
    np.minimum.at(first, log.user, log.timestamp)
    return np.asarray((log.user != UNKNOWN) & (log.timestamp - first[log.user] < NEW_DAYS * DAY))


def with_new_shoppers(others: NDArray[np.integer], new: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the counts of items, bounded in what a crowd of new shoppers, who may all be one person, adds to them.

    Let n be the events of new shoppers with an item, o those of all others, and N and O the sums over all items. Then
    n counts up to `OF_ONE_ITEM` + `RISE` · o · N / O. In a shop with new shoppers only there is nobody to compare them
    with, and all count.

    Parameters
    ----------
    others, new
        o and n, (items,).
    """
    if not others.any():
        return new.astype(np.float64)
    usual = others * (new.sum() / others.sum())
    bounded: NDArray[np.float64] = others + np.minimum(new, OF_ONE_ITEM + RISE * usual)
    return bounded


def counted_of(events: "nw.LazyFrame[Any]") -> "nw.LazyFrame[Any]":
    """Return the events of a table that count, as `counted` finds them in a log that has voters.

    For counts that are made on Spark. What is over the cap of an address is left out too.

    Parameters
    ----------
    events
        Columns `event`, `user_id`, `session_id`, `item_id`, `timestamp`, `transaction_id` and `over_cap`.
    """
    import narwhals as nw  # training only: a live process starts without it

    in_order = [TIMESTAMP, TRANSACTION_ID]

    def so_far(counts: "nw.Expr", *group: str) -> "nw.Expr":
        return counts.cast(nw.Int64).cum_sum().over(*group, order_by=in_order)

    is_users, known = ~nw.col(USER_ID).is_null(), ~nw.col("voter").is_null()
    voter = nw.when(is_users).then(nw.concat_str(nw.lit("user "), USER_ID))
    act = (ITEM_ID, EVENT, "week")
    place = nw.col(TIMESTAMP).cum_count().over("voter", *act, order_by=in_order)
    return (
        events.filter(nw.col(OVER_CAP).is_null())
        .with_columns(
            (nw.col(TIMESTAMP) // _WEEK).alias("week"),
            voter.otherwise(nw.concat_str(nw.lit("session "), SESSION_ID)).alias("voter"),
        )
        .with_columns((known & (place <= OF_ONE_ITEM)).alias("counts"))
        .with_columns((nw.col("counts") & (so_far(nw.col("counts"), "voter", "week") <= OF_ALL_ITEMS)).alias("counts"))
        .with_columns(so_far(nw.col("counts"), *act).alias("of_voters"), so_far(~known, *act).alias("of_nobody"))
        .filter(nw.col("counts") | (~known & (nw.col("of_nobody") <= OF_ONE_ITEM + nw.col("of_voters"))))
        .drop("week", "voter", "counts", "of_voters", "of_nobody")
    )


def _voters(log: EventLog) -> NDArray[np.int64]:
    """Return the voter of each event, or `UNKNOWN`, (events,)."""
    of_session = log.session.astype(np.int64) + log.user.max(initial=UNKNOWN) + 1
    return np.where(log.user != UNKNOWN, log.user, np.where(log.session != UNKNOWN, of_session, UNKNOWN))


def _numbered(*labels: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return one number for each combination of labels, (events,)."""
    number = np.zeros(len(labels[0]), np.int64)
    for label in labels:
        least = label.min(initial=0)
        number = number * (label.max(initial=0) - least + 1) + (label - least)
    return number


def _place(group: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return how many events of its group stand before each event, (events,)."""
    return _so_far(group, np.ones(len(group), np.bool_))


def _so_far(group: NDArray[np.int64], counts: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return how many events of its group that count stand before each event, (events,)."""
    order = np.argsort(group, kind="stable")
    in_order, counting = group[order], counts[order]
    begins = np.flatnonzero(np.append(True, in_order[1:] != in_order[:-1])[: len(order)])
    before = np.cumsum(counting, dtype=np.int32)
    before -= counting
    before -= np.repeat(before[begins], np.diff(begins, append=len(order)))
    so_far = np.empty(len(order), np.int32)
    so_far[order] = before
    return so_far
