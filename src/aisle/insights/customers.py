"""Who buys, how often, and who stays away."""

from typing import Final

import numpy as np
import polars as pl

from aisle.insights.insight import Insight, percent, quantile, total
from aisle.insights.shop_log import MONTH, REVENUE, SHOPPER, ShopLog, first_day, months
from aisle.shop.moments import DAY

NO_BUYERS: Final = "No purchase names a shopper, so nobody is known to come back: send a user_id with each order."

MOST_ORDERS: Final = 10
"""Shoppers with so many orders or more are one row."""

COHORTS: Final = 24
"""How many cohorts are shown at most: the newest."""

LOST_AFTER: Final = 3
"""A customer is lost after so many months without an order."""

FIFTHS: Final = 5


def cohorts(log: ShopLog) -> Insight:
    """Return which share of the shoppers who bought first in a month buys again in each month after it."""
    name, title = "cohorts", "Who comes back: buyers by the month of their first order"
    active = log.orders.drop_nulls(SHOPPER).select(SHOPPER, months("day").alias(MONTH)).unique()
    born = active.with_columns(pl.col(MONTH).min().over(SHOPPER).alias("born"))
    counts = born.group_by("born", (pl.col(MONTH) - pl.col("born")).alias("months later")).agg(
        pl.len().cast(pl.Int64).alias("buyers")
    )
    sizes = counts.filter(pl.col("months later") == 0).select("born", pl.col("buyers").alias("size"))
    last = int(max(active[MONTH].to_list(), default=0))
    # In a month in which nobody came back the share is 0; later months are not known yet.
    later = pl.int_ranges(0, last + 1 - pl.col("born"), dtype=pl.Int32).alias("months later")
    every = sizes.with_columns(later).explode("months later")
    frame = every.join(counts, on=["born", "months later"], how="left").sort("born", "months later")
    share = (pl.col("buyers").fill_null(0) / pl.col("size")).alias("share")
    frame = frame.select(first_day("born").alias("first order"), "months later", pl.col("buyers").fill_null(0), share)
    frame = frame.filter(pl.col("first order").is_in(frame["first order"].unique().sort().tail(COHORTS).implode()))
    if frame.is_empty():
        return Insight(name=name, title=title, sentence=NO_BUYERS, frame=frame)
    whole = counts.join(sizes, on="born").filter(pl.col("born") < last - 1)
    next_month = total(whole.filter(pl.col("months later") == 1)["buyers"])
    of = total(sizes.filter(pl.col("born") < last - 1)["size"])
    sentence = (
        f"{percent(next_month / of)} of new buyers order again in the month after their first order."
        if of
        else "The log is too short to say who comes back: it takes orders of three months."
    )
    return Insight(name=name, title=title, sentence=sentence, frame=frame)


def repeat_purchases(log: ShopLog) -> Insight:
    """Return how many shoppers placed one order, two, three and so on."""
    name, title = "repeat_purchases", "Orders per buyer"
    counts = log.orders.drop_nulls(SHOPPER).group_by(SHOPPER).agg(pl.len().cast(pl.Int64).alias("orders"))
    capped = pl.col("orders").clip(upper_bound=MOST_ORDERS)
    frame = counts.group_by(capped.alias("number")).agg(pl.len().cast(pl.Int64).alias("buyers")).sort("number")
    written = (
        pl.when(pl.col("number") == MOST_ORDERS)
        .then(pl.lit(f"{MOST_ORDERS}+"))
        .otherwise(pl.col("number").cast(pl.String))
    )
    frame = frame.select(written.alias("orders"), "buyers", (pl.col("buyers") / counts.height).alias("share"))
    if frame.is_empty():
        return Insight(name=name, title=title, sentence=NO_BUYERS, frame=frame)
    again = counts.filter(pl.col("orders") > 1)
    sentence = (
        f"{percent(again.height / counts.height)} of {counts.height:,} buyers ordered more than once; they placed "
        f"{percent(total(again['orders']) / total(counts['orders']))} of the orders."
    )
    return Insight(name=name, title=title, sentence=sentence, frame=frame)


# --- RFM --------------------------------------------------------------------------------------------------------------

SEGMENTS: Final = ("champions", "loyal", "new", "cooling", "at risk", "lost")
"""The segments of buyers, best first."""


def rfm_scores(log: ShopLog) -> pl.DataFrame:
    """Return the recency, frequency and money of each buyer, their scores from 1 to 5, and the segment.

    A score is the fifth of the buyers in which one is; equal values get the same, lower, score. Without prices, the
    number of pieces stands for the money.
    """
    last = (log.span.end - 1) // DAY
    spent = pl.coalesce(pl.col(REVENUE).sum(), pl.lit(0.0)) if log.currency else pl.col("units").sum().cast(pl.Float64)
    buyers = log.orders.drop_nulls(SHOPPER).group_by(SHOPPER).agg(
        (last - pl.col("day").max()).alias("recency"), pl.len().cast(pl.Int64).alias("frequency"), spent.alias("money")
    )  # fmt: skip
    scored = buyers.with_columns(
        _fifth(-pl.col("recency")).alias("r"),
        _fifth(pl.col("frequency")).alias("f"),
        _fifth(pl.col("money")).alias("m"),
    )
    value = (pl.col("f") + pl.col("m")) / 2
    segment = (
        pl.when((pl.col("r") >= 4) & (value >= 4)).then(pl.lit("champions"))
        .when((pl.col("r") >= 3) & (value >= 3)).then(pl.lit("loyal"))
        .when(pl.col("r") >= 4).then(pl.lit("new"))
        .when(pl.col("r") == 3).then(pl.lit("cooling"))
        .when(value >= 3).then(pl.lit("at risk"))
        .otherwise(pl.lit("lost"))
    )  # fmt: skip
    return scored.with_columns(segment.alias("segment"))


def rfm(log: ShopLog) -> Insight:
    """Return the segments of buyers by how lately and how often they bought, and how much they spent."""
    name, title = "rfm", "Buyers by recency, frequency and money"
    scored = rfm_scores(log)
    frame = (
        scored.group_by("segment")
        .agg(
            pl.len().cast(pl.Int64).alias("buyers"),
            pl.col("recency").median().alias("days since last order"),
            pl.col("frequency").mean().alias("orders per buyer"),
            pl.col("money").sum().alias("spent"),
        )
        .sort(pl.col("segment").replace_strict({segment: at for at, segment in enumerate(SEGMENTS)}, default=9))
    )
    if frame.is_empty():
        return Insight(name=name, title=title, sentence=NO_BUYERS, frame=frame)
    best = frame.filter(pl.col("segment") == "champions")
    risk = total(frame.filter(pl.col("segment") == "at risk")["buyers"])
    what = f"of the money ({log.currency})" if log.currency else "of the pieces"
    leading = (
        f"Champions are {percent(total(best['buyers']) / scored.height)} of the buyers and bring "
        f"{percent(total(best['spent']) / max(total(frame['spent']), 1e-9))} {what}"
        if best.height
        else "Nobody is both a frequent and a recent buyer"
    )
    sentence = (
        f"{leading}; {risk:,.0f} good customers are at risk: they used to buy and have not lately.{log.money_note}"
    )
    return Insight(name=name, title=title, sentence=sentence, frame=frame, currency=log.currency)


def _fifth(value: pl.Expr) -> pl.Expr:
    return (value.rank("min").cast(pl.Int64) - 1) * FIFTHS // pl.len() + 1


# --- Coming and going -------------------------------------------------------------------------------------------------


def customers_by_month(log: ShopLog) -> Insight:
    """Return how many buyers of each month were new, how many came back, and how many were lost by then.

    Somebody is lost in the third month after their last order; the rate is of those who were customers before.
    """
    name, title = "customers_by_month", "New, returning and lost customers, month by month"
    active = log.orders.drop_nulls(SHOPPER).select(SHOPPER, months("day").alias(MONTH)).unique()
    spans = active.group_by(SHOPPER).agg(pl.col(MONTH).min().alias("born"), pl.col(MONTH).max().alias("last"))
    schema = {MONTH: pl.Date, "new": pl.Int64, "returning": pl.Int64, "lost": pl.Int64, "churn": pl.Float64}
    if active.is_empty():
        return Insight(name=name, title=title, sentence=NO_BUYERS, frame=pl.DataFrame(schema=schema))
    # Pauses end within a log too: whoever comes back after three months was lost meanwhile, and returns.
    away = active.sort(SHOPPER, MONTH).with_columns(pl.col(MONTH).shift(-1).over(SHOPPER).alias("next"))
    gone = away.filter((pl.col("next") - pl.col(MONTH)).fill_null(LOST_AFTER + 1) > LOST_AFTER)
    first, last = int(active[MONTH].min()), int(active[MONTH].max())  # type: ignore[arg-type]  # there are buyers
    every = pl.DataFrame({MONTH: range(first, last + 1)}, schema={MONTH: pl.Int32})
    bought = active.group_by(MONTH).agg(pl.len().cast(pl.Int64).alias("bought"))
    new = spans.group_by(pl.col("born").alias(MONTH)).agg(pl.len().cast(pl.Int64).alias("new"))
    lost = gone.group_by((pl.col(MONTH) + LOST_AFTER).alias(MONTH)).agg(pl.len().cast(pl.Int64).alias("lost"))
    back = away.filter(pl.col("next") - pl.col(MONTH) > LOST_AFTER).group_by(pl.col("next").alias(MONTH)).agg(
        pl.len().cast(pl.Int64).alias("back")
    )  # fmt: skip
    frame = every
    for counts in (bought, new, lost, back):
        frame = frame.join(counts, on=MONTH, how="left")
    change = pl.col("new") + pl.col("back") - pl.col("lost")
    frame = frame.fill_null(0).sort(MONTH).with_columns(change.cum_sum().alias("customers"))
    before = pl.col("customers").shift(1)
    frame = frame.select(
        first_day(MONTH).alias(MONTH),
        "new",
        (pl.col("bought") - pl.col("new")).alias("returning"),
        "lost",
        pl.when(before > 0).then(pl.col("lost") / before).alias("churn"),
    )
    if frame.height <= LOST_AFTER:
        sentence = (
            f"{total(frame['new']):,.0f} buyers so far; nobody is called lost before {LOST_AFTER} months have passed."
        )
    else:
        lately = frame.slice(LOST_AFTER)
        sentence = (
            f"In a usual month {quantile(lately['new']):,.0f} customers are new, {quantile(lately['returning']):,.0f} "
            f"return and {quantile(lately['lost']):,.0f} are lost, having ordered nothing for {LOST_AFTER} months: "
            f"{percent(quantile(lately['churn']))} of the customers."
        )
    return Insight(name=name, title=title, sentence=sentence, frame=frame)


INTERVALS: Final = (1, 7, 14, 30, 60, 90, 180, 365)
"""Where the steps end by which intervals are counted, in days."""


def repurchase_intervals(log: ShopLog) -> Insight:
    """Return how long after an order the next one of the same shopper comes."""
    name, title = "repurchase_intervals", "Days until the next order of the same shopper"
    days = log.orders.drop_nulls(SHOPPER).select(SHOPPER, "day").unique().sort(SHOPPER, "day")
    gaps = days.with_columns(pl.col("day").diff().over(SHOPPER).alias("days")).drop_nulls("days")["days"]
    labels = _steps(INTERVALS)
    schema = {"days": pl.String, "orders": pl.Int64, "share": pl.Float64}
    if gaps.is_empty():
        alone = "Nobody ordered on two days so far, so nothing says when shoppers buy again."
        return Insight(name=name, title=title, sentence=alone, frame=pl.DataFrame(schema=schema))
    orders = np.bincount(np.searchsorted(INTERVALS, gaps.to_numpy()), minlength=len(labels))
    frame = pl.DataFrame({"days": labels, "orders": orders, "share": orders / len(gaps)}, schema=schema)
    low, middle, high = (quantile(gaps, at) for at in (0.25, 0.5, 0.75))
    sentence = (
        f"Half of the {len(gaps):,} repeat orders come within {middle:,.0f} days of the one before, "
        f"the middle half after {low:,.0f} to {high:,.0f} days."
    )
    return Insight(name=name, title=title, sentence=sentence, frame=frame)


def _steps(ends: tuple[int, ...]) -> list[str]:
    starts = [1, *(end + 1 for end in ends)]
    within = [f"{start}" if start == end else f"{start}–{end}" for start, end in zip(starts[:-1], ends, strict=True)]
    return [*within, f"more than {ends[-1]}"]
