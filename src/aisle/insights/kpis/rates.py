"""Rates from the counts of days: what a merchandiser reads."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import polars as pl

from aisle.shop.columns import CURRENCY, DAY, MODEL_VERSION, SEGMENT, SEGMENT_DAYS, SHELF_DAYS, SHOP_DAYS


class Rate(NamedTuple):
    """One count over another."""

    name: str
    over: str
    under: str
    what: str
    """What it says, in words."""
    per: int = 1
    """Of how many of the lower count it is."""


OF_SHELVES: Final = (
    Rate("ctr", "clicks", "seen", "clicks per item seen"),
    Rate("ctr_served", "clicks", "places", "clicks per item served"),
    Rate("cart_rate", "carts", "seen", "put into the cart per item seen"),
    Rate("conversion", "orders", "clicks", "orders per click"),
    Rate("order_value", "revenue", "orders", "revenue per order"),
    Rate("revenue_per_thousand", "revenue", "places", "revenue per thousand items served", per=1000),
    Rate("return_rate", "returned_units", "units", "pieces sent back per piece sold"),
)

OF_SHOP: Final = (
    Rate("order_value", "revenue", "orders", "revenue per order"),
    Rate("revenue_per_visitor", "revenue", "visitors", "revenue per visitor and day"),
    Rate("repeat_rate", "returning_buyers", "buyers", "buyers who had bought on an earlier day"),
    Rate("return_rate", "returned_units", "units", "pieces sent back per piece sold"),
    Rate("helped_share", "helped_revenue", "revenue", "revenue that a shelf led to"),
)

OF_SEGMENTS: Final = (
    Rate("ctr", "clicks", "seen", "clicks per item seen"),
    Rate("ctr_served", "clicks", "places", "clicks per item served"),
    Rate("cart_rate", "carts", "seen", "put into the cart per item seen"),
    Rate("order_value", "revenue", "orders", "revenue per order"),
    Rate("revenue_per_visitor", "revenue", "visitors", "revenue per visitor and day"),
    Rate("return_rate", "returned_units", "units", "pieces sent back per piece sold"),
    Rate("helped_share", "helped_revenue", "revenue", "revenue that a shelf led to"),
)

_PAID: Final = ("orders", "units", "revenue", "returned_units", "returned_revenue", "helped_orders", "helped_revenue")


def of_shelves(counts: pl.DataFrame, by: Sequence[str] = ()) -> pl.DataFrame:
    """Return counts and rates of shelves, by some of what tells them apart, what was served most first.

    Parameters
    ----------
    counts
        With the columns of `SHELF_DAYS`.
    by
        Of `day`, `placement`, `strategy`, `model_version`, `variant` and `audience`.

    Returns
    -------
        A row for each currency in which was paid; the counts that have no currency are the same in each of them.
    """
    return _rated(counts, by, SHELF_DAYS, OF_SHELVES).sort("places", *by, descending=[True, *(False for _ in by)])


def of_shop(counts: pl.DataFrame, by: Sequence[str] = ()) -> pl.DataFrame:
    """Return counts and rates of the whole shop, as `of_shelves` does; `counts` has the columns of `SHOP_DAYS`."""
    return _rated(counts, by, SHOP_DAYS, OF_SHOP).sort(*by, "revenue", descending=[*(False for _ in by), True])


def of_segments(counts: pl.DataFrame) -> pl.DataFrame:
    """Return counts and rates by segment, as `of_shelves` does, of `SEGMENT_DAYS` with the names of the segments."""
    return _rated(counts, [SEGMENT], SEGMENT_DAYS, OF_SEGMENTS).sort("visitors", SEGMENT, descending=[True, False])


def _rated(counts: pl.DataFrame, by: Sequence[str], columns: dict[str, str], rates: Sequence[Rate]) -> pl.DataFrame:
    keys = (DAY, MODEL_VERSION, SEGMENT)
    numbers = [name for name, word in columns.items() if word == "int64" and name not in keys]
    paid = [name for name in numbers if name in _PAID]
    rest = [name for name in numbers if name not in _PAID]
    # Grouping by a constant, too, as a frame cannot be grouped by nothing.
    whole = counts.with_columns(pl.lit(0).alias("all"))
    base = whole.group_by("all", *by).agg(pl.col(rest).sum())
    money = whole.filter(pl.any_horizontal(pl.col(paid) != 0)).group_by("all", *by, CURRENCY).agg(pl.col(paid).sum())
    joined = base.join(money, on=["all", *by], how="left").with_columns(
        pl.col(CURRENCY).fill_null(""), pl.col(paid).fill_null(0)
    )
    return joined.select(*by, CURRENCY, *numbers, *(_rate(rate) for rate in rates))


def _rate(rate: Rate) -> pl.Expr:
    """Return a rate; null where there is nothing to divide by."""
    under = pl.col(rate.under)
    return pl.when(under > 0).then(pl.col(rate.over) * rate.per / under).alias(rate.name)
