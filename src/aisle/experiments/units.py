"""What the units of an experiment did: from the shelves that were served to them and the events of the shop.

A unit counts from the moment at which it was first served a shelf of the experiment, with everything that it does in
the shop from then on: a holdout has no shelf to which an order could be owed. What does not fit is left out and told.
"""

from typing import Final, NamedTuple

import polars as pl

from aisle.experiments.experiment import Unit
from aisle.experiments.metrics import BEFORE, COUNTS
from aisle.experiments.timeline import BEFORE_PREFIX, KNOWN, UNIT, VARIANT
from aisle.shop.columns import (
    CURRENCY,
    DAY,
    EVENT,
    FALLBACK,
    ITEM_ID,
    PRICE,
    QUANTITY,
    RECOMMENDATION_ID,
    SESSION_ID,
    TIMESTAMP,
    TRANSACTION_ID,
    USER_ID,
)
from aisle.shop.events import EventKind
from aisle.shop.moments import DAY as ONE_DAY
from aisle.shop.moments import MINUTE
from aisle.shop.money import MICROS

PAST: Final = 28 * ONE_DAY
"""How long before the experiment counts as the past of a unit."""

SKEW: Final = 5 * MINUTE
"""How far a browser's clock may be off."""

MOST_CLICKS: Final = 50
BUSY: Final = 3.0
"""Whoever clicks more often than `MOST_CLICKS`, and more than so many items per shelf, is a machine."""

NEEDED: Final = (
    EVENT,
    USER_ID,
    SESSION_ID,
    ITEM_ID,
    QUANTITY,
    PRICE,
    CURRENCY,
    TIMESTAMP,
    TRANSACTION_ID,
    RECOMMENDATION_ID,
)
"""The columns of events that are read."""

TWO_VARIANTS: Final = "visitors who were served two variants"
MACHINES: Final = "visitors who click everything, as machines do"
FUTURE: Final = "events later than now: a clock is off"
EARLY_CLICKS: Final = "clicks before their shelf was served: a clock is off"
REPEATED: Final = "clicks that were reported twice"
OTHER_MONEY: Final = "lines of orders in another currency"

_SINCE: Final = "since"
_MONEY: Final = "money"
_PAID: Final = (EventKind.PURCHASE, EventKind.REFUND)


class Units(NamedTuple):
    """What the units did."""

    frame: pl.DataFrame
    """As of `timeline`."""
    doubts: dict[str, int]
    """What was left out, by the reason."""
    currency: str | None
    """What money is in; None if nobody paid."""


def units_of(shelves: pl.DataFrame, events: pl.LazyFrame, unit: Unit, start: int, now: int) -> Units:
    """Count what the units of an experiment did, by day.

    Parameters
    ----------
    shelves
        A row for each shelf: `recommendation_id`, `timestamp`, `user_id`, `session_id`, `fallback` and `variant`.
    events
        With the columns `NEEDED`.
    start
        When the experiment began; its first day is that of this moment.
    now
        What is later is not true.
    """
    doubts: dict[str, int] = {}
    ids = (USER_ID, SESSION_ID) if unit == "user" else (SESSION_ID, USER_ID)
    named = shelves.with_columns(pl.coalesce(ids).alias(UNIT)).drop_nulls(UNIT)
    people = _people(named, doubts)
    served = named.join(people.select(UNIT), on=UNIT)
    told = _true(_of_units(events, served, people, unit, start), now, doubts)
    since = told.filter(pl.col(TIMESTAMP) >= pl.col(_SINCE))
    counted = [_exposed(people), _shelves(served), _clicks(told, served, doubts), _bought(since)]
    by_day = _summed([part.with_columns(_day_of(start)) for part in counted], (UNIT, DAY), COUNTS)
    honest = by_day.join(_machines(by_day, doubts), on=UNIT, how="anti").join(people.drop(_SINCE), on=UNIT)
    before = _bought(told.filter(pl.col(TIMESTAMP) < start))
    past = _summed([before], (UNIT,), BEFORE).rename({name: BEFORE_PREFIX + name for name in BEFORE})
    frame = honest.join(past.with_columns(pl.lit(True).alias(KNOWN)), on=UNIT, how="left").with_columns(
        pl.col(KNOWN).fill_null(False), pl.col("^before_.*$").fill_null(0.0)
    )
    return Units(frame.sort(UNIT, DAY), {why: number for why, number in doubts.items() if number}, _currency(told))


def _people(shelves: pl.DataFrame, doubts: dict[str, int]) -> pl.DataFrame:
    """Return each unit with its variant and the moment since which it counts."""
    people = shelves.group_by(UNIT).agg(
        pl.col(VARIANT).first(), pl.col(VARIANT).n_unique().alias("variants"), pl.col(TIMESTAMP).min().alias(_SINCE)
    )
    doubts[TWO_VARIANTS] = people.filter(pl.col("variants") > 1).height
    return people.filter(pl.col("variants") == 1).drop("variants")


def _of_units(events: pl.LazyFrame, served: pl.DataFrame, people: pl.DataFrame, unit: Unit, start: int) -> pl.DataFrame:
    """Return the events that count, of the units and of their past.

    Who was served as a user and goes on without an id is known by the session.
    """
    own = USER_ID if unit == "user" else SESSION_ID
    kinds = [EventKind.SELECT_ITEM, EventKind.ADD_TO_CART, EventKind.PURCHASE, EventKind.REFUND]
    told = events.select(NEEDED).filter(pl.col(TIMESTAMP) >= start - PAST, pl.col(EVENT).is_in(kinds))
    told = told.join(people.lazy().select(pl.col(UNIT).alias(own), _own=UNIT), on=own, how="left")
    if unit == "user":
        sessions = served.drop_nulls(SESSION_ID).unique(SESSION_ID, keep="first", maintain_order=True)
        told = told.join(sessions.lazy().select(SESSION_ID, _by_session=UNIT), on=SESSION_ID, how="left")
        told = told.with_columns(pl.coalesce("_own", "_by_session").alias("_own")).drop("_by_session")
    return told.drop_nulls("_own").rename({"_own": UNIT}).join(people.lazy().drop(VARIANT), on=UNIT).collect()


def _true(told: pl.DataFrame, now: int, doubts: dict[str, int]) -> pl.DataFrame:
    """Leave out what cannot be, and money that cannot be added up; prices become amounts of money."""
    is_late = pl.col(TIMESTAMP) > now + SKEW
    currency = _currency(told)
    is_other = pl.col(EVENT).is_in(_PAID) & (pl.col(CURRENCY) != pl.lit(currency, pl.String))
    doubts[FUTURE] = told.filter(is_late).height
    doubts[OTHER_MONEY] = told.filter(is_other).height
    amount = pl.col(PRICE).fill_null(0) * pl.col(QUANTITY).fill_null(1) / MICROS
    return told.filter(~is_late, ~is_other.fill_null(False)).with_columns(amount.alias(_MONEY))


def _currency(told: pl.DataFrame) -> str | None:
    """Return the currency in which most is paid."""
    paid = told.filter(pl.col(EVENT).is_in(_PAID))[CURRENCY].drop_nulls()
    return None if paid.is_empty() else str(paid.value_counts(sort=True)[CURRENCY][0])


def _exposed(people: pl.DataFrame) -> pl.DataFrame:
    """Return a row for each unit at the moment since which it counts, as it may do nothing else."""
    return people.select(UNIT, pl.col(_SINCE).alias(TIMESTAMP))


def _shelves(served: pl.DataFrame) -> pl.DataFrame:
    return served.select(UNIT, TIMESTAMP, shelves=1, fallbacks=pl.col(FALLBACK).is_not_null())


def _clicks(told: pl.DataFrame, served: pl.DataFrame, doubts: dict[str, int]) -> pl.DataFrame:
    """Return the clicks on shelves of the experiment, an item of a shelf once."""
    of_shelf = served.select(RECOMMENDATION_ID, pl.col(TIMESTAMP).alias("_served"))
    clicks = told.filter(pl.col(EVENT) == EventKind.SELECT_ITEM).join(of_shelf, on=RECOMMENDATION_ID)
    on_time = clicks.filter(pl.col(TIMESTAMP) + SKEW >= pl.col("_served")).sort(TIMESTAMP)
    once = on_time.unique([RECOMMENDATION_ID, ITEM_ID], keep="first", maintain_order=True)
    doubts[EARLY_CLICKS] = clicks.height - on_time.height
    doubts[REPEATED] = on_time.height - once.height
    return once.select(UNIT, pl.max_horizontal(TIMESTAMP, "_served"), clicks=1)


def _bought(told: pl.DataFrame) -> pl.DataFrame:
    """Return what was put into carts, ordered and sent back."""
    order = pl.coalesce(TRANSACTION_ID, pl.col(TIMESTAMP).cast(pl.String))
    is_bought, is_returned = pl.col(EVENT) == EventKind.PURCHASE, pl.col(EVENT) == EventKind.REFUND
    units = pl.col(QUANTITY).fill_null(1)
    return told.select(
        UNIT,
        TIMESTAMP,
        carts=pl.col(EVENT) == EventKind.ADD_TO_CART,
        # An order of many lines is one: its first line counts for it.
        orders=is_bought & pl.struct(UNIT, order.alias("order"), is_bought.alias("bought")).is_first_distinct(),
        units=units * is_bought,
        revenue=pl.col(_MONEY) * is_bought,
        returned_units=units * is_returned,
        returned_revenue=pl.col(_MONEY) * is_returned,
    )


def _summed(parts: list[pl.DataFrame], by: tuple[str, ...], counts: tuple[str, ...]) -> pl.DataFrame:
    whole = pl.concat(
        [
            part.select(
                *by, *(pl.col(name) if name in part.columns else pl.lit(0.0).alias(name) for name in counts)
            ).with_columns(pl.col(counts).cast(pl.Float64))
            for part in parts
        ]
    )
    return whole.group_by(by).agg(pl.col(counts).sum())


def _day_of(start: int) -> pl.Expr:
    return (pl.col(TIMESTAMP) // ONE_DAY - start // ONE_DAY).clip(lower_bound=0).alias(DAY)


def _machines(by_day: pl.DataFrame, doubts: dict[str, int]) -> pl.DataFrame:
    """Return the units that click as nobody does."""
    whole = by_day.group_by(UNIT).agg(pl.col("clicks", "shelves").sum())
    busy = (pl.col("clicks") > MOST_CLICKS) & (pl.col("clicks") > BUSY * pl.col("shelves"))
    machines = whole.filter(busy).select(UNIT)
    doubts[MACHINES] = machines.height
    return machines
