"""When shoppers come, and how many of their looks become purchases."""

from datetime import timedelta
from typing import Final

import polars as pl

from aisle.insights.insight import Insight, percent, top, total
from aisle.insights.shop_log import BOUGHT, CARTED, COUNT, DEPARTMENT, MONTH, VIEWED, ShopLog
from aisle.shop.columns import EVENT, ITEM_ID
from aisle.shop.moments import from_moment

STEPS: Final = {VIEWED: "views", CARTED: "carts", BOUGHT: "purchases"}
"""The steps of the funnel, and what they are called."""

TOP: Final = 15
"""How many categories are shown."""

WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_NO_VIEWS: Final = "No views are known, so there is no funnel: send view_item and add_to_cart events."


def funnel_by_category(log: ShopLog) -> Insight:
    """Return the views, carts and purchases of each category, and what share of views is bought."""
    steps = log.by_item.filter(pl.col(EVENT).is_in(list(STEPS))).join(log.items, on=ITEM_ID)
    counts = steps.group_by(DEPARTMENT).agg(
        pl.col(COUNT).filter(pl.col(EVENT) == kind).sum().alias(name) for kind, name in STEPS.items()
    )
    frame = _rates(top(counts, DEPARTMENT, "views", TOP)).rename({DEPARTMENT: "category"})
    name, title = "funnel_by_category", "From a look to a purchase, by category"
    if not log.count(VIEWED) or frame.is_empty():
        return Insight(name=name, title=title, sentence=_NO_VIEWS, frame=frame.clear())
    usual = log.count(BOUGHT) / log.count(VIEWED)
    # Small categories are best and worst by chance.
    many = frame.filter(pl.col("views") >= 0.01 * total(frame["views"]))
    best = many.sort("purchases per view", descending=True).row(0, named=True)
    sentence = (
        f"{percent(usual)} as many purchases as views; among categories with at least 1 % of the views, "
        f"{best['category']} does best with {percent(best['purchases per view'])}."
    )
    return Insight(name=name, title=title, sentence=sentence, frame=frame)


def funnel_by_week(log: ShopLog) -> Insight:
    """Return the views, carts and purchases of each week, without a first and a last one that are not whole."""
    week = pl.col("at").dt.truncate("1w").dt.date().alias("week")
    counts = log.hours.filter(pl.col(EVENT).is_in(list(STEPS))).group_by(week).agg(
        pl.col(COUNT).filter(pl.col(EVENT) == kind).sum().alias(name) for kind, name in STEPS.items()
    )  # fmt: skip
    frame = _whole_weeks(_rates(counts.sort("week")), log)
    name, title = "funnel_by_week", "From a look to a purchase, week by week"
    if not log.count(VIEWED):
        return Insight(name=name, title=title, sentence=_NO_VIEWS, frame=frame.clear())
    views, carts, bought = (int(frame[name].sum()) for name in STEPS.values())
    sentence = (
        f"{views:,} views led to {carts:,} carts ({percent(carts / views)}) and {bought:,} purchases "
        f"({percent(bought / views)}) in {frame.height:,} {'week' if frame.height == 1 else 'weeks'}."
    )
    return Insight(name=name, title=title, sentence=sentence, frame=frame)


def _whole_weeks(weeks: pl.DataFrame, log: ShopLog) -> pl.DataFrame:
    """Return the weeks that lie within the log; all, if those would be fewer than two."""
    first, end = from_moment(log.span.start).date(), from_moment(log.span.end).date()
    whole = weeks.filter(pl.col("week") >= first, pl.col("week") + timedelta(days=7) <= end)
    return whole if whole.height > 1 else weeks


def weekday_hours(log: ShopLog) -> Insight:
    """Return how many events there are at each hour of each weekday."""
    what, kind = _what(log)
    counts = log.hours.filter(pl.col(EVENT) == kind).group_by(
        pl.col("at").dt.weekday().cast(pl.Int64).alias("number"), pl.col("at").dt.hour().cast(pl.Int64).alias("hour")
    ).agg(pl.col(COUNT).sum().alias(what))  # fmt: skip
    every = pl.DataFrame({"number": range(1, 8)}).join(pl.DataFrame({"hour": range(24)}), how="cross")
    frame = every.join(counts, on=["number", "hour"], how="left").fill_null(0).sort("number", "hour")
    days = pl.col("number").replace_strict(list(range(1, 8)), list(WEEKDAYS), return_dtype=pl.String)
    frame = frame.select(days.alias("weekday"), "hour", what)
    name, title = "weekday_hours", f"When shoppers come: {what} by weekday and hour (UTC)"
    every_one = total(frame[what])
    if not every_one:
        return Insight(name=name, title=title, sentence="No events yet: run aisle import FILE…", frame=frame.clear())
    best = frame.sort(what, descending=True, maintain_order=True).row(0, named=True)
    weekend = int(frame.filter(pl.col("weekday").is_in(WEEKDAYS[5:]))[what].sum())
    sentence = (
        f"Most {what} come on {best['weekday']} at {best['hour']}:00 UTC ({percent(best[what] / every_one)} of all); "
        f"Saturday and Sunday bring {percent(weekend / every_one)}, where an even week would bring {percent(2 / 7)}."
    )
    return Insight(name=name, title=title, sentence=sentence, frame=frame)


def seasons(log: ShopLog) -> Insight:
    """Return how many events a day there are in each month of each year."""
    what, kind = _what(log)
    first, end = log.span.start, log.span.end
    name, title = "seasons", f"The seasons: {what} per day, by month"
    schema = {"year": pl.Int32, MONTH: pl.String, f"{what} per day": pl.Float64}
    counts = log.hours.filter(pl.col(EVENT) == kind)
    if counts.is_empty():
        empty = pl.DataFrame(schema=schema)
        return Insight(name=name, title=title, sentence="No events yet: run aisle import FILE…", frame=empty)
    day = pl.datetime_range(
        pl.lit(first).cast(pl.Datetime("us")).dt.truncate("1d"), pl.lit(end - 1).cast(pl.Datetime("us")), "1d"
    )
    month = (pl.col("at").dt.year().alias("year"), pl.col("at").dt.month().cast(pl.Int32).alias("number"))
    days = pl.select(day.alias("at")).group_by(month).agg(pl.len().alias("days"))
    frame = days.join(counts.group_by(month).agg(pl.col(COUNT).sum()), on=["year", "number"], how="left")
    per_day = (pl.col(COUNT).fill_null(0) / pl.col("days")).alias(f"{what} per day")
    named = pl.col("number").replace_strict(list(range(1, 13)), list(MONTHS), return_dtype=pl.String)
    frame = frame.sort("year", "number").select("year", named.alias(MONTH), per_day, "days")
    long = frame.filter(pl.col("days") >= 7)
    if long.height < 2:
        sentence = f"The log has {days['days'].sum():,} days: too few to compare months."
    else:
        best = long.sort(f"{what} per day", descending=True).row(0, named=True)
        worst = long.sort(f"{what} per day").row(0, named=True)
        sentence = (
            f"{best[MONTH]} {best['year']} was busiest with {best[f'{what} per day']:,.0f} {what} a day, "
            f"{worst[MONTH]} {worst['year']} quietest with {worst[f'{what} per day']:,.0f}."
        )
    return Insight(name=name, title=title, sentence=sentence, frame=frame.drop("days"))


def _what(log: ShopLog) -> tuple[str, str]:
    """Return what tells best when shoppers come: views where there are more of them, otherwise purchases."""
    kind = VIEWED if log.count(VIEWED) > log.count(BOUGHT) else BOUGHT
    return STEPS[kind], kind


def _rates(counts: pl.DataFrame) -> pl.DataFrame:
    views = pl.when(pl.col("views") > 0).then(pl.col("views"))
    return counts.with_columns(
        (pl.col("carts") / views).alias("carts per view"), (pl.col("purchases") / views).alias("purchases per view")
    )
