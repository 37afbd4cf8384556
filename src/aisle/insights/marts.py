"""The rows of the marts, from the counts of days and the log; `shop.marts` describes them.

Here days are the moments at which they begin, and money is in millionths.
"""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Final

import polars as pl

from aisle.insights.shop_log import BOUGHT, CARTED, RETURNED, VIEWED
from aisle.shop.columns import (
    CATEGORY,
    CURRENCY,
    DAY,
    EVENT,
    ITEM_ID,
    PRICE,
    QUANTITY,
    SESSION_ID,
    TIMESTAMP,
    TRANSACTION_ID,
    USER_ID,
)
from aisle.shop.marts import DAILY_ITEMS, DATES, ITEM_SALES, ITEMS, SALES, SHELF_SALES, SHELVES, USERS, VISITS, Mart
from aisle.shop.moments import DAY as ONE_DAY

_WHEN: Final = (pl.col(TIMESTAMP) // ONE_DAY * ONE_DAY).alias(DAY)
_KEYS: Final = (DAY, ITEM_ID, CURRENCY, "placement", "strategy", "model_version", "audience")


def of_shop(counts: pl.DataFrame, currency: str) -> dict[str, pl.DataFrame]:
    """Return the facts of the whole shop.

    Parameters
    ----------
    counts
        With the columns of `SHOP_DAYS`.
    currency
        Of prices that name none.
    """
    return {SALES.name: _facts(_priced(counts, currency), SALES), VISITS.name: _facts(counts, VISITS)}


def of_shelves(counts: pl.DataFrame, currency: str) -> dict[str, pl.DataFrame]:
    """Return the facts of shelves, as `of_shop` does; `counts` has the columns of `SHELF_DAYS`."""
    return {SHELVES.name: _facts(counts, SHELVES), SHELF_SALES.name: _facts(_priced(counts, currency), SHELF_SALES)}


def of_items(
    counts: pl.DataFrame, events: pl.LazyFrame, days: Collection[int], currency: str
) -> dict[str, pl.DataFrame]:
    """Return the facts of items on some days.

    Parameters
    ----------
    counts
        With the columns of `ITEM_DAYS`, of these days.
    events
        The log.
    currency
        Of prices that name none.
    """
    some = events.filter(pl.col(ITEM_ID).is_not_null(), pl.col(EVENT).is_in([VIEWED, CARTED, BOUGHT, RETURNED]))
    if days:
        some = some.filter(pl.col(TIMESTAMP).is_between(min(days), max(days) + ONE_DAY, closed="left"))
    some = some.with_columns(_WHEN).filter(pl.col(DAY).is_in(list(days)))
    looks = some.group_by(DAY, ITEM_ID).agg(
        (pl.col(EVENT) == VIEWED).sum().cast(pl.Int64).alias("views"),
        (pl.col(EVENT) == CARTED).sum().cast(pl.Int64).alias("carts"),
    )
    alone = pl.struct(pl.coalesce(USER_ID, SESSION_ID), TIMESTAMP).hash()
    order = pl.when(pl.col(TRANSACTION_ID).is_null()).then(alone).otherwise(pl.col(TRANSACTION_ID).hash(1))
    units = pl.col(QUANTITY).fill_null(1)
    money = pl.col(PRICE).fill_null(0) * units
    bought, back = pl.col(EVENT) == BOUGHT, pl.col(EVENT) == RETURNED
    sales = (
        some.filter(bought | back)
        .with_columns(order.alias("order"), units.alias("pieces"), money.alias("money"))
        .group_by(DAY, ITEM_ID, pl.col(CURRENCY).fill_null(currency))
        .agg(
            pl.col("order").filter(bought).n_unique().cast(pl.Int64).alias("orders"),
            pl.col("pieces").filter(bought).sum().alias("units"),
            pl.col("money").filter(bought).sum().alias("revenue"),
            pl.col("pieces").filter(back).sum().alias("returned_units"),
            pl.col("money").filter(back).sum().alias("returned_revenue"),
        )
    )
    found, sold = pl.collect_all([looks, sales], engine="streaming")
    shown = counts.drop("carts").with_columns(pl.lit(0).alias("views"), pl.lit(0).alias("carts"))
    both = pl.concat([shown, found], how="diagonal_relaxed").fill_null(0)
    return {DAILY_ITEMS.name: _facts(both, DAILY_ITEMS), ITEM_SALES.name: _facts(sold, ITEM_SALES)}


def users(events: pl.LazyFrame) -> pl.DataFrame:
    """Return the shoppers whom events name."""
    bought = pl.col(EVENT) == BOUGHT
    order = pl.coalesce(TRANSACTION_ID, pl.col(TIMESTAMP).cast(pl.String))
    return (
        events.filter(pl.col(USER_ID).is_not_null())
        .with_columns(_WHEN)
        .group_by(USER_ID)
        .agg(
            pl.col(DAY).min().alias("first_day"),
            pl.col(DAY).max().alias("last_day"),
            pl.col(DAY).filter(bought).min().alias("first_order_day"),
            pl.col(DAY).filter(bought).max().alias("last_order_day"),
            order.filter(bought).n_unique().cast(pl.Int64).alias("orders"),
        )
        .select(*USERS.columns)
        .collect(engine="streaming")
        .sort(USER_ID)
    )


def items(catalogue: pl.DataFrame) -> pl.DataFrame:
    """Return the items of the catalogue."""
    department = pl.col(CATEGORY).str.split(">").list.first().str.strip_chars().alias("department")
    return catalogue.with_columns(department).select(*ITEMS.columns).sort(ITEM_ID)


def dates(first: date, last: date) -> pl.DataFrame:
    """Return all days from the first to the last; `day` is a date."""
    day = pl.col(DAY)
    days = pl.DataFrame({DAY: [first + timedelta(n) for n in range((last - first).days + 1)]}, schema={DAY: pl.Date})
    return days.select(
        day,
        *(
            part.cast(pl.Int64).alias(name)
            for name, part in {
                "year": day.dt.year(),
                "quarter": day.dt.quarter(),
                "month": day.dt.month(),
                "week": day.dt.week(),
                "weekday": day.dt.weekday(),
            }.items()
        ),
        day.dt.to_string("%A").alias("weekday_name"),
        (day.dt.weekday() > 5).alias("is_weekend"),
    ).select(*DATES.columns)


def _priced(counts: pl.DataFrame, currency: str) -> pl.DataFrame:
    return counts.with_columns(pl.col(CURRENCY).replace("", currency))


def _facts(counts: pl.DataFrame, mart: Mart) -> pl.DataFrame:
    """Add up counts of the same thing; rows of zeros are left out."""
    keys = [name for name in mart.columns if name in _KEYS]
    numbers = [name for name in mart.columns if name not in _KEYS]
    summed = counts.group_by(keys).agg(pl.col(numbers).sum())
    return summed.filter(pl.any_horizontal(pl.col(numbers) != 0)).select(*mart.columns).sort(keys)
