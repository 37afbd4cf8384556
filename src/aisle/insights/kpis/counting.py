"""The counts of one day: by shelf, item, segment, and of the whole shop. They are kept, so that pages are quick.

Each thing counts on the day on which it happens: a shelf when it is served, a click when it is clicked, a return when
it comes back. All counts of days can be added up, but for people and orders: who comes on two days is counted on both,
and an order with items from two placements counts for each.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import polars as pl

from aisle.insights.kpis.attribution import BOUGHT, CARTED, CLICKED, DOUBT, OWED, RETURNED, SEEN, Doubt, attribute
from aisle.shop.columns import (
    AUDIENCE,
    CURRENCY,
    EVENT,
    FALLBACK,
    ITEM_DAYS,
    ITEM_ID,
    ITEMS_SHOWN,
    MODEL_VERSION,
    PLACEMENT,
    PRICE,
    QUANTITY,
    RECOMMENDATION_ID,
    SEGMENT,
    SEGMENT_DAYS,
    SESSION_ID,
    SHELF_DAYS,
    SHOP_DAYS,
    STRATEGY,
    TIMESTAMP,
    TRANSACTION_ID,
    USER_ID,
    VARIANT,
)
from aisle.shop.columns import DAY as DAY_COLUMN
from aisle.shop.moments import DAY

SHELF: Final = (PLACEMENT, STRATEGY, MODEL_VERSION, AUDIENCE, VARIANT)
"""What tells shelves apart: one that a fallback filled has that as its strategy; one without a model has version 0, and
one outside of experiments an empty variant."""

ANONYMOUS: Final = "anonymous"
NEW: Final = "new"
RETURNING: Final = "returning"
"""Whom a shelf was shown to: somebody without a user id, a user on the first day, a user who came before."""

NO_CURRENCY: Final = ""

EVERYWHERE: Final = ""
"""The placement of counts of shoppers, wherever they were shown something."""

_LOOKS: Final = {"seen": (SEEN, CLICKED), "clicks": (CLICKED,), "carts": (CARTED,)}
"""Whoever clicks an item has seen it, also within the second before a look counts."""

_ORDER: Final = "order"
_UNITS: Final = "pieces"
_MONEY: Final = "money"


MEMBERS: Final = pl.Schema({USER_ID: pl.String, SEGMENT: pl.Int64})
"""The columns of who belongs to which segment, by its number."""


class Log(NamedTuple):
    """What happened on a day, and what it takes to understand it."""

    day: int
    """The first moment of the day."""
    shelves: pl.DataFrame
    """Those that were served that day, and those that the events name; `items` are ids."""
    events: pl.DataFrame
    """The day's, and earlier ones to which they may belong: clicks and carts, and the orders of what came back."""
    first_seen: pl.DataFrame
    """`user_id` and `timestamp` of the first event of each user of a shelf."""
    first_bought: pl.DataFrame
    """`user_id` and `timestamp` of the first order of each user of the day."""
    segments: Sequence[int] = ()
    """The segments whose members are known."""
    members: pl.DataFrame = MEMBERS.to_frame()
    """Which users of the day belonged to which segments at its end, in the columns of `MEMBERS`."""


class DayCounts(NamedTuple):
    """The counts of a day, in the columns of `SHELF_DAYS`, `ITEM_DAYS`, `SHOP_DAYS` and `SEGMENT_DAYS`."""

    shelves: pl.DataFrame
    items: pl.DataFrame
    shop: pl.DataFrame
    segments: pl.DataFrame


def count_day(log: Log) -> DayCounts:
    """Count a day."""
    shelves = _described(log)
    served, lines = shelves.filter(_is_of(log.day)), _lines(log, shelves)
    owed = lines.join(shelves.select(pl.col(RECOMMENDATION_ID).alias(OWED), *SHELF), on=OWED)
    return DayCounts(
        _table(_by_shelf(served, owed), log.day, SHELF_DAYS),
        _table(_by_item(served, lines, owed), log.day, ITEM_DAYS),
        _table(_of_shop(lines, log), log.day, SHOP_DAYS),
        _table(_by_segment(shelves, lines, log), log.day, SEGMENT_DAYS),
    )


def count_items(log: Log) -> pl.DataFrame:
    """Count only the items of a day, in the columns of `ITEM_DAYS`."""
    shelves = _described(log)
    served, lines = shelves.filter(_is_of(log.day)), _lines(log, shelves)
    owed = lines.join(shelves.select(pl.col(RECOMMENDATION_ID).alias(OWED)), on=OWED)
    return _table(_by_item(served, lines, owed), log.day, ITEM_DAYS)


def _is_of(day: int) -> pl.Expr:
    return pl.col(TIMESTAMP).is_between(day, day + DAY, closed="left")


def _lines(log: Log, shelves: pl.DataFrame) -> pl.DataFrame:
    """Return the events of the day, and the shelf to which each is owed."""
    return (
        attribute(shelves, log.events)
        .filter(_is_of(log.day))
        .with_columns(
            pl.coalesce(TRANSACTION_ID, pl.format("{} {}", pl.coalesce(USER_ID, SESSION_ID), TIMESTAMP)).alias(_ORDER),
            pl.col(QUANTITY).fill_null(1).alias(_UNITS),
            (pl.col(PRICE).fill_null(0) * pl.col(QUANTITY).fill_null(1)).alias(_MONEY),
            pl.col(CURRENCY).fill_null(NO_CURRENCY),
        )
    )


def _described(log: Log) -> pl.DataFrame:
    """Say what filled each shelf and for whom."""
    first = log.first_seen.select(USER_ID, pl.col(TIMESTAMP).alias("first"))
    came_before = pl.col("first") < pl.col(TIMESTAMP) - pl.col(TIMESTAMP) % DAY
    known = pl.when(came_before).then(pl.lit(RETURNING)).otherwise(pl.lit(NEW))
    return log.shelves.join(first, on=USER_ID, how="left").select(
        RECOMMENDATION_ID,
        USER_ID,
        TIMESTAMP,
        ITEMS_SHOWN,
        PLACEMENT,
        pl.coalesce(FALLBACK, STRATEGY).alias(STRATEGY),
        pl.col(MODEL_VERSION).fill_null(0),
        pl.when(pl.col(USER_ID).is_null()).then(pl.lit(ANONYMOUS)).otherwise(known).alias(AUDIENCE),
        pl.col(VARIANT).fill_null(""),
    )


def _by_shelf(served: pl.DataFrame, owed: pl.DataFrame) -> list[pl.DataFrame]:
    shown = served.group_by(SHELF).agg(shelves=pl.len(), places=pl.col(ITEMS_SHOWN).list.len().sum())
    looked = owed.group_by(SHELF).agg(_looks(pl.struct(OWED, ITEM_ID)))
    paid = owed.group_by(*SHELF, CURRENCY).agg(_paid())
    return [shown, looked, paid]


def _by_item(served: pl.DataFrame, lines: pl.DataFrame, owed: pl.DataFrame) -> list[pl.DataFrame]:
    places = served.explode(ITEMS_SHOWN).drop_nulls(ITEMS_SHOWN)
    shown = places.group_by(pl.col(ITEMS_SHOWN).alias(ITEM_ID)).agg(places=pl.len())
    looked = owed.group_by(ITEM_ID).agg(_looks(pl.col(OWED)))
    sold = (
        lines.drop_nulls(ITEM_ID)
        .group_by(ITEM_ID)
        .agg(units=_sum(_UNITS, BOUGHT), returned_units=_sum(_UNITS, RETURNED))
    )
    return [shown, looked, sold]


def _of_shop(lines: pl.DataFrame, log: Log) -> list[pl.DataFrame]:
    buyers = lines.filter(pl.col(EVENT) == BOUGHT).drop_nulls(USER_ID).unique(USER_ID)
    people = lines.select(
        pl.coalesce(USER_ID, SESSION_ID).drop_nulls().n_unique().alias("visitors"),
        pl.lit(buyers.height).alias("buyers"),
        pl.lit(buyers.join(_bought_before(log), on=USER_ID, how="semi").height).alias("returning_buyers"),
        *((pl.col(DOUBT) == doubt.value).sum().alias(doubt.value) for doubt in Doubt),
        pl.lit(NO_CURRENCY).alias(CURRENCY),
    )
    return [people, lines.group_by(CURRENCY).agg(*_paid(), *_helped())]


def _by_segment(shelves: pl.DataFrame, lines: pl.DataFrame, log: Log) -> list[pl.DataFrame]:
    """Count what the members of each segment did.

    Shelves, and what was done with them, count for the segments of whom they were shown to; orders and returns, whether
    a shelf led to them or not, for those of whose they are. Whoever is in two segments counts for both.
    """
    theirs = shelves.join(log.members, on=USER_ID)
    shown = theirs.filter(_is_of(log.day))
    owed = lines.join(theirs.select(pl.col(RECOMMENDATION_ID).alias(OWED), PLACEMENT, SEGMENT), on=OWED)
    own = lines.join(log.members, on=USER_ID)
    buyer = pl.col(USER_ID).filter(pl.col(EVENT) == BOUGHT)
    came_back = buyer.filter(buyer.is_in(_bought_before(log)[USER_ID].implode()))
    people = own.group_by(SEGMENT).agg(
        visitors=pl.col(USER_ID).n_unique(), buyers=buyer.n_unique(), returning_buyers=came_back.n_unique()
    )
    counts = [
        pl.DataFrame({SEGMENT: log.segments}, schema={SEGMENT: pl.Int64}),
        people,
        own.group_by(SEGMENT, CURRENCY).agg(*_paid(), *_helped()),
    ]
    for by in ((SEGMENT,), (SEGMENT, PLACEMENT)):
        counts.append(shown.group_by(by).agg(shelves=pl.len(), places=pl.col(ITEMS_SHOWN).list.len().sum()))
        counts.append(owed.group_by(by).agg(_looks(pl.struct(OWED, ITEM_ID))))
    return [*counts, owed.group_by(SEGMENT, PLACEMENT, CURRENCY).agg(_paid())]


def _bought_before(log: Log) -> pl.DataFrame:
    return log.first_bought.filter(pl.col(TIMESTAMP) < log.day)


def _looks(place: pl.Expr) -> list[pl.Expr]:
    """Count places on shelves, each once."""
    return [place.filter(pl.col(EVENT).is_in(kinds)).n_unique().alias(name) for name, kinds in _LOOKS.items()]


def _paid() -> list[pl.Expr]:
    return [
        pl.col(_ORDER).filter(pl.col(EVENT) == BOUGHT).n_unique().alias("orders"),
        _sum(_UNITS, BOUGHT).alias("units"),
        _sum(_MONEY, BOUGHT).alias("revenue"),
        _sum(_UNITS, RETURNED).alias("returned_units"),
        _sum(_MONEY, RETURNED).alias("returned_revenue"),
    ]


def _helped() -> list[pl.Expr]:
    """Count orders that a shelf led to."""
    helped = pl.col(OWED).is_not_null() & (pl.col(EVENT) == BOUGHT)
    return [
        pl.col(_ORDER).filter(helped).n_unique().alias("helped_orders"),
        pl.col(_MONEY).filter(helped).sum().alias("helped_revenue"),
    ]


def _sum(column: str, kind: str) -> pl.Expr:
    return pl.col(column).filter(pl.col(EVENT) == kind).sum()


def _table(counts: Sequence[pl.DataFrame], day: int, columns: dict[str, str]) -> pl.DataFrame:
    """Put counts of the same things into one row; what was not counted is 0, and rows of zeros are left out."""
    usual = {name: NO_CURRENCY if word == "str" else 0 for name, word in columns.items()}
    named = [name for name, word in columns.items() if word == "str" or name in (MODEL_VERSION, SEGMENT)]
    numbers = [name for name in columns if name not in (DAY_COLUMN, *named)]
    long = pl.concat(
        frame.select(
            (pl.col(name) if name in frame.columns else pl.lit(value).alias(name)).cast(
                pl.String if columns[name] == "str" else pl.Int64
            )
            for name, value in usual.items()
        )
        for frame in counts
    )
    added = long.group_by(named).agg(pl.col(numbers).sum(), pl.lit(day).alias(DAY_COLUMN)).sort(named)
    is_needed = pl.any_horizontal(pl.col(numbers) != 0)
    if columns is SHOP_DAYS:
        is_needed |= pl.col(CURRENCY) == NO_CURRENCY
    if columns is SEGMENT_DAYS:
        is_needed |= (pl.col(PLACEMENT) == EVERYWHERE) & (pl.col(CURRENCY) == NO_CURRENCY)
    return added.filter(is_needed).select(*columns)
