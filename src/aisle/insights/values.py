"""Findings about single values: prices, stars, moments, and lines that come twice."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from aisle.insights.finding import Finding, Severity, graded
from aisle.insights.tally import COUNT, Cases, Tally
from aisle.prepare.outliers import FAR, LEAST_SPREAD, TO_SIGMA, robust_scores
from aisle.prepare.weigh import Weights
from aisle.shop.columns import CURRENCY, ITEM_ID, PRICE, RATING
from aisle.shop.money import format_money

LEAST_SOLD: Final = 5
"""An item that was sold less often has no usual price."""

PRICE_SPREAD: Final = 0.25
"""The spread of an item's prices, at least, in logarithms: with `FAR`, a price is odd from 4.5 times the usual on."""


def value_findings(tally: Tally, weights: Weights) -> Iterator[Finding]:
    """Yield the findings about values of events; `weights` has the shop's scale of stars."""
    yield from _doubled(tally)
    yield from _moments(tally)
    yield from _orders(tally)
    yield from _odd_prices(tally)
    yield from _off_scale(tally, weights)


def _doubled(tally: Tally) -> Iterator[Finding]:
    events = tally.events
    yield from _counted(
        tally, "doubled_clicks", events, (0.01, 0.2), "Events that agree with another in everything but their id",
        "The tracker or the export repeats itself. Give each event its own event_id once, where it happens.",
    )  # fmt: skip
    yield from _counted(
        tally, "fired_twice", events, (0.01, 0.2), "Events that came twice within a second, on the same item",
        "Look whether two trackers are on the page, or a button fires twice.",
    )  # fmt: skip
    yield from _counted(
        tally, "doubled_lines", tally.cases["bought"].number + tally.cases["refunded"].number, (0.1, 0.5),
        "Order lines that agree with another in everything but their id",
        "Usual where a shop writes one line per piece or per scan; otherwise look whether orders were exported twice.",
    )  # fmt: skip


def _moments(tally: Tally) -> Iterator[Finding]:
    yield from _counted(
        tally, "clock_ahead", tally.events, (0.0, 0.001), "Events from the future",
        "A clock or a time zone is wrong: import again with --timezone, or set the clock of what sends events.",
    )  # fmt: skip
    on_the_hour = int(tally.days["on_the_hour"].sum())
    if on_the_hour >= 0.9 * tally.events:
        yield Finding(
            name="no_time_of_day",
            severity=Severity.WARNING,
            what="Events at full hours: the log tells days, not moments",
            count=on_the_hour,
            of=tally.events,
            advice="Sessions and the order of clicks cannot be told from it; export the time of day, too.",
        )


def _orders(tally: Tally) -> Iterator[Finding]:
    bought = tally.cases["bought"].number
    yield from _counted(
        tally, "scattered_orders", bought, (0.0, 0.05), "Orders whose lines are more than an hour apart",
        "Clocks differ, or a transaction_id was used again; baskets are then mixed up.",
    )  # fmt: skip
    yield from _counted(
        tally, "free_lines", bought, (0.05,), "Lines sold at a price of 0",
        "Gifts, samples or mistakes. They count as purchases; leave out what nobody chose.",
    )  # fmt: skip
    yield from _counted(
        tally, "unpriced_lines", bought, (0.05,), "Lines sold without a price",
        "Revenue and price filters cannot count them; send price and currency with each purchase.",
    )  # fmt: skip
    yield from _counted(
        tally, "refunds_without_purchase", tally.cases["refunded"].number, (0.3,),
        "Refunds of what their shopper had not bought before in this log",
        "Usual at the beginning of a log; otherwise import older orders, or look for purchases without a user.",
    )  # fmt: skip


def _counted(tally: Tally, name: str, of: int, shares: tuple[float, ...], what: str, advice: str) -> Iterator[Finding]:
    """Yield the finding about cases that a tally searched, if there are any; `shares` are those of `graded`."""
    cases = tally.cases.get(name, Cases())
    if cases.number:
        yield Finding(
            name=name,
            severity=graded(cases.number / of, *shares),
            what=what,
            count=cases.number,
            of=of,
            example=cases.example,
            advice=advice,
        )


def _odd_prices(tally: Tally) -> Iterator[Finding]:
    odd = odd_prices(tally.prices)
    if odd.is_empty():
        return
    first = odd.row(0, named=True)
    lines, sold = int(odd[COUNT].sum()), int(tally.prices[COUNT].sum())
    paid, usual = (format_money(round(first[name]), first[CURRENCY]) for name in (PRICE, "usual"))
    yield Finding(
        name="odd_prices",
        severity=graded(lines / sold, 0.01),
        what="Lines sold far from the usual price of their item",
        count=lines,
        of=sold,
        example=f"{first[ITEM_ID]} for {paid}, usually {usual}",
        advice="Look for typing errors, prices per pack beside prices per piece, or one item_id for two products.",
    )


def odd_prices(prices: pl.DataFrame) -> pl.DataFrame:
    """Return the prices that are far from the usual price of their item, farthest first.

    Parameters
    ----------
    prices
        Columns `item_id`, `currency`, `price` and `count`; prices are positive.

    Returns
    -------
    The same with `usual`, the item's median price.
    """
    if prices.is_empty():
        return prices.with_columns(pl.lit(None, pl.Int64).alias("usual"))
    of_item = [ITEM_ID, CURRENCY]
    sold = prices.filter(pl.col(COUNT).sum().over(of_item) >= LEAST_SOLD, pl.len().over(of_item) > 1)
    usual = _weighted_median(sold, PRICE, "usual")
    far = usual.with_columns((pl.col(PRICE) / pl.col("usual")).log().abs().alias("off"))
    spread = (TO_SIGMA * pl.col("mad")).clip(PRICE_SPREAD)
    scored = _weighted_median(far, "off", "mad").with_columns((pl.col("off") / spread).alias("score"))
    odd = scored.filter(pl.col("score") >= FAR).sort("off", ITEM_ID, PRICE, descending=[True, False, False])
    return odd.select(*prices.columns, "usual")


def _weighted_median(prices: pl.DataFrame, column: str, name: str) -> pl.DataFrame:
    """Add the median of a column over the lines of each item: the least value that half of them do not exceed."""
    of_item = [ITEM_ID, CURRENCY]
    ordered = prices.sort(*of_item, column, nulls_last=True)
    below = pl.col(COUNT).cum_sum().over(of_item)
    half = below * 2 >= pl.col(COUNT).sum().over(of_item)
    return ordered.with_columns(pl.col(column).filter(half).min().over(of_item).alias(name))


def _off_scale(tally: Tally, weights: Weights) -> Iterator[Finding]:
    if tally.stars.is_empty():
        return
    low, high = weights.lowest_rating, weights.highest_rating
    off = tally.stars.filter(~pl.col(RATING).is_between(low, high))
    if off.is_empty():
        return
    yield Finding(
        name="stars_off_scale",
        severity=Severity.SERIOUS,
        what=f"Ratings outside {low:g} to {high:g}, the scale that aisle.toml gives",
        count=int(off[COUNT].sum()),
        of=int(tally.stars[COUNT].sum()),
        example=f"{off.sort(COUNT, RATING)[RATING][-1]:g} stars",
        advice="Set [weights] lowest_rating and highest_rating to the shop's scale.",
    )


def odd_catalogue_prices(catalogue: pl.DataFrame) -> Iterator[Finding]:
    """Yield the finding about items that cost far more or less than the others."""
    priced = catalogue.filter(pl.col(PRICE) > 0)
    if priced.is_empty():
        return
    score = robust_scores(np.log(priced[PRICE].to_numpy()), LEAST_SPREAD)
    odd = priced.with_columns(pl.Series("score", np.abs(score))).filter(pl.col("score") >= FAR)
    if odd.is_empty():
        return
    first = odd.sort("score", ITEM_ID, descending=[True, False]).row(0, named=True)
    yield Finding(
        name="odd_catalogue_prices",
        severity=Severity.INFO,
        what="Items that cost far more or far less than the others",
        count=odd.height,
        of=priced.height,
        example=f"{first[ITEM_ID]} for {format_money(first[PRICE], first[CURRENCY])}",
        advice="Look for fees, vouchers and deposits among the items: set hidden = true for what is no product.",
    )
