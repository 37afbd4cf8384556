"""What insights read: a shop's events, of which each sum is made once, in a stream, and its catalogue and reviews.

Shoppers and orders are told by 64-bit digests of their ids, so that sums over millions of them stay small.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl

from aisle.insights.insight import UNKNOWN, percent
from aisle.prepare.stray import SteadySpan, steady_span
from aisle.shop.columns import (
    BRAND,
    CATEGORY,
    CURRENCY,
    EVENT,
    ITEM_ID,
    ITEMS,
    PRICE,
    QUANTITY,
    RATING,
    REVIEWS,
    SESSION_ID,
    STOCK,
    TIMESTAMP,
    TITLE,
    TRANSACTION_ID,
    USER_ID,
)
from aisle.shop.events import EventKind
from aisle.shop.moments import DAY, HOUR
from aisle.shop.money import MICROS
from aisle.shop.schemas import schema_of

COLUMNS: Final = (
    EVENT, USER_ID, SESSION_ID, ITEM_ID, QUANTITY, PRICE, CURRENCY, RATING, TIMESTAMP, TRANSACTION_ID,
)  # fmt: skip
"""The columns of events that insights read."""

ITEM_COLUMNS: Final = (ITEM_ID, TITLE, CATEGORY, BRAND, PRICE, CURRENCY, STOCK)
"""The columns of the catalogue that insights read."""

ITEM_SCHEMA: Final = schema_of({name: ITEMS[name] for name in ITEM_COLUMNS})
REVIEW_SCHEMA: Final = schema_of(REVIEWS)

SHOPPER: Final = "shopper"
ORDER: Final = "order"
COUNT: Final = "count"
UNITS: Final = "units"
REVENUE: Final = "revenue"
MONTH: Final = "month"
DEPARTMENT: Final = "department"
"""The first level of a category."""

BOUGHT: Final = EventKind.PURCHASE.value
RETURNED: Final = EventKind.REFUND.value
VIEWED: Final = EventKind.VIEW_ITEM.value
CARTED: Final = EventKind.ADD_TO_CART.value
SEEN: Final = EventKind.VIEW_ITEM_LIST.value
RATED: Final = EventKind.RATE.value

NO_PLACES: Final = pl.DataFrame(schema={ITEM_ID: pl.String, COUNT: pl.Int64})

NO_CURRENCY: Final = "of money"
"""What stands for the currency of prices where neither they nor the settings name one."""


@dataclass(frozen=True)
class ShopLog:
    """A shop's data, and the sums that several insights rest on."""

    all_events: pl.LazyFrame
    """At least the columns `COLUMNS`."""
    catalogue: pl.DataFrame
    """The columns `ITEM_COLUMNS` of all items; there may be none."""
    reviews: pl.DataFrame
    now: int
    """Events from later than this are left out."""
    default_currency: str | None = None
    """The currency of prices that name none."""
    places: pl.DataFrame = field(default_factory=NO_PLACES.clone)
    """On how many places of shelves each item stood, where shelves are counted: `item_id` and `count`."""

    # --- Which events count -------------------------------------------------------------------------------------------

    @cached_property
    def _all_hours(self) -> pl.DataFrame:
        hour = (pl.col(TIMESTAMP) // HOUR).alias("hour")
        return _collected(self.all_events.group_by(hour, EVENT).agg(pl.len().cast(pl.Int64).alias(COUNT)))

    @cached_property
    def span(self) -> SteadySpan:
        """The time of the log, without the future and without events far from all others; empty without events."""
        past = self._all_hours.filter(pl.col("hour") * HOUR <= self.now)
        if past.is_empty():
            return SteadySpan(0, 0)
        days = past.group_by((pl.col("hour") * HOUR // DAY).alias("day")).agg(pl.col(COUNT).sum()).sort("day")
        span = steady_span(days["day"].to_numpy(), days[COUNT].to_numpy())
        return SteadySpan(span.start, min(span.end, self.now + 1))

    @cached_property
    def hours(self) -> pl.DataFrame:
        """The number of events of each kind by `hour` (hours since 1970)."""
        within = (pl.col("hour") * HOUR >= self.span.start) & (pl.col("hour") * HOUR < self.span.end)
        return self._all_hours.filter(within).with_columns((pl.col("hour") * HOUR).cast(pl.Datetime("us")).alias("at"))

    @property
    def left_out(self) -> int:
        """The number of events that do not count: from the future, or far from all others."""
        return int(self._all_hours[COUNT].sum()) - int(self.hours[COUNT].sum())

    @property
    def events(self) -> pl.LazyFrame:
        """The events that count."""
        return self.all_events.filter(pl.col(TIMESTAMP) >= self.span.start, pl.col(TIMESTAMP) < self.span.end)

    def count(self, kind: str) -> int:
        """Return how many events of a kind there are."""
        return int(self.hours.filter(pl.col(EVENT) == kind)[COUNT].sum())

    # --- Money --------------------------------------------------------------------------------------------------------

    @cached_property
    def _currencies(self) -> pl.DataFrame:
        priced = self.events.filter(pl.col(EVENT) == BOUGHT, pl.col(PRICE).is_not_null())
        counts = _collected(priced.group_by(self._currency_of()).agg(pl.len().cast(pl.Int64).alias(COUNT)))
        return counts.sort(COUNT, CURRENCY, descending=[True, False])

    @property
    def currency(self) -> str | None:
        """The currency in which most lines are sold, the only one whose money is summed up; None without prices."""
        return self._currencies[CURRENCY][0] if len(self._currencies) else None

    @property
    def money_note(self) -> str:
        """What to say of lines in other currencies; empty if there are none."""
        counts = self._currencies[COUNT]
        if len(counts) < 2:
            return ""
        return f" Lines in other currencies ({percent(1 - counts[0] / counts.sum())}) are left out."

    def _currency_of(self) -> pl.Expr:
        return pl.col(CURRENCY).fill_null(self.default_currency or NO_CURRENCY)

    def _revenue(self) -> pl.Expr:
        paid = pl.col(PRICE) * pl.col(QUANTITY).fill_null(1)
        return pl.when(self._currency_of() == (self.currency or NO_CURRENCY)).then(paid / MICROS)

    # --- Sums ---------------------------------------------------------------------------------------------------------

    @cached_property
    def orders(self) -> pl.DataFrame:
        """One row per order: `order`, `shopper` (null: nobody known), `day`, `lines`, `units`, `revenue`.

        Lines with one transaction id are an order; so are lines of one shopper at one moment without one.
        """
        shopper = _digest(pl.col(USER_ID))
        alone = pl.struct(pl.coalesce(USER_ID, SESSION_ID), TIMESTAMP).hash()
        order = pl.when(pl.col(TRANSACTION_ID).is_null()).then(alone).otherwise(pl.col(TRANSACTION_ID).hash(1))
        lines = self.events.filter(pl.col(EVENT) == BOUGHT).select(
            order.alias(ORDER), shopper.alias(SHOPPER), TIMESTAMP, pl.col(QUANTITY).fill_null(1),
            _digest(pl.col(ITEM_ID)).alias("item"), self._revenue().alias(REVENUE),
        )  # fmt: skip
        summed = lines.group_by(ORDER).agg(
            pl.col(SHOPPER).first(),
            (pl.col(TIMESTAMP).min() // DAY).cast(pl.Int32).alias("day"),
            pl.col("item").n_unique().cast(pl.Int64).alias("lines"),
            pl.col(QUANTITY).sum().alias(UNITS),
            pl.when(pl.col(REVENUE).count() > 0).then(pl.col(REVENUE).sum()).alias(REVENUE),
        )
        return _collected(summed)

    @cached_property
    def by_item(self) -> pl.DataFrame:
        """What happened to each item, by kind: `item_id`, `event`, `count`, `units`, `revenue`."""
        summed = (
            self.events.filter(pl.col(ITEM_ID).is_not_null())
            .with_columns(self._revenue().alias(REVENUE))
            .group_by(ITEM_ID, EVENT)
            .agg(
                pl.len().cast(pl.Int64).alias(COUNT),
                pl.col(QUANTITY).fill_null(1).sum().alias(UNITS),
                pl.col(REVENUE).sum(),
            )
        )
        return _collected(summed)

    @cached_property
    def ratings(self) -> pl.DataFrame:
        """The number and the sum of the stars by item and month: `item_id`, `month`, `ratings`, `sum`.

        A review counts unless the log has a rating of the same shopper and item at the same moment, as importers make
        one of each review with stars.
        """
        rated = self.events.filter(pl.col(EVENT) == RATED, pl.col(RATING).is_not_null())
        starred = self.reviews.filter(pl.col(RATING).is_not_null(), pl.col(TIMESTAMP).is_not_null())
        moment = [USER_ID, ITEM_ID, TIMESTAMP]
        twice = _collected(rated.join(starred.lazy().select(moment), on=moment, how="semi").select(moment))
        alone = starred.join(twice, on=moment, how="anti").lazy()
        return pl.concat([_collected(_by_month_and_item(part)) for part in (rated, alone)])

    @cached_property
    def items(self) -> pl.DataFrame:
        """The catalogue with `name` and `department`, and an item for each that only events know."""
        known = pl.concat([ITEM_SCHEMA.to_frame(), self.catalogue.select(ITEM_COLUMNS)])
        others = self.by_item.select(ITEM_ID).unique().join(known, on=ITEM_ID, how="anti")
        department = pl.col(CATEGORY).str.split(">").list.first().str.strip_chars()
        return pl.concat([known, others], how="diagonal").with_columns(
            pl.coalesce(TITLE, pl.format("{} ({})", department, ITEM_ID), ITEM_ID).str.strip_chars().alias("name"),
            department.replace("", None).fill_null(UNKNOWN).alias(DEPARTMENT),
            pl.col(BRAND).replace("", None).fill_null(UNKNOWN),
        )

    @cached_property
    def sold(self) -> pl.DataFrame:
        """The items that were bought, with `units` and `revenue`."""
        return self.items.join(self.by_item.filter(pl.col(EVENT) == BOUGHT).drop(EVENT), on=ITEM_ID)


def _by_month_and_item(rated: pl.LazyFrame) -> pl.LazyFrame:
    days = rated.select(ITEM_ID, (pl.col(TIMESTAMP) // DAY).alias("day"), RATING)
    return days.group_by(ITEM_ID, months("day").alias(MONTH)).agg(
        pl.len().cast(pl.Int64).alias("ratings"), pl.col(RATING).sum().alias("sum")
    )


def months(day: str) -> pl.Expr:
    """Return the months since year 0 of a column of days since 1970."""
    date = pl.col(day).cast(pl.Int32).cast(pl.Date)
    return date.dt.year().cast(pl.Int32) * 12 + date.dt.month().cast(pl.Int32) - 1


def first_day(month: str) -> pl.Expr:
    """Return the first day of a column of months since year 0."""
    return pl.date(pl.col(month) // 12, pl.col(month) % 12 + 1, 1)


def gini(values: pl.Series) -> float:
    """Return how unequal values are: 0 if all are equal, near 1 if one has everything."""
    ordered = np.sort(values.to_numpy().astype(np.float64))
    total = ordered.sum()
    if total == 0:
        return 0.0
    ranks = np.arange(1, len(ordered) + 1)
    return float(2 * (ranks * ordered).sum() / (len(ordered) * total) - (len(ordered) + 1) / len(ordered))


def _digest(column: pl.Expr) -> pl.Expr:
    return pl.when(column.is_not_null()).then(column.hash())


def _collected(frame: pl.LazyFrame) -> pl.DataFrame:
    return frame.collect(engine="streaming")
