"""A part of a shop's log: some days, one category, one brand, some shoppers. It is cut out once, for all insights."""

from dataclasses import replace
from typing import NamedTuple

import polars as pl

from aisle.insights.shop_log import ShopLog
from aisle.shop.columns import BRAND, CATEGORY, ITEM_ID, TIMESTAMP, USER_ID
from aisle.shop.moments import DAY


class Selection(NamedTuple):
    """Which part of a log; None does not select."""

    last_days: int | None = None
    """So many days up to the day of the newest event that counts."""
    since: int | None = None
    until: int | None = None
    """The first moment, and the first one after."""
    category: str | None = None
    """The path of a category: its items, and those below."""
    brand: str | None = None
    shoppers: pl.Series | None = None
    """The ids of users."""

    @property
    def is_everything(self) -> bool:
        """Whether it selects nothing."""
        return all(value is None for value in self)


def select(log: ShopLog, selection: Selection) -> ShopLog:
    """Return a part of a log as a log of its own, with the items and the reviews that belong to it."""
    if selection.is_everything:
        return log
    events, reviews = log.all_events, log.reviews
    since, until = _days(log, selection)
    within = (pl.col(TIMESTAMP) >= since) & (pl.col(TIMESTAMP) < until)
    events, reviews = events.filter(within), reviews.filter(within)
    if selection.shoppers is not None:
        shoppers = pl.DataFrame({USER_ID: selection.shoppers}, schema={USER_ID: pl.String})
        events = events.join(shoppers.lazy(), on=USER_ID, how="semi")
        reviews = reviews.join(shoppers, on=USER_ID, how="semi")
    part = replace(log, all_events=events, reviews=reviews)
    if selection.category is None and selection.brand is None:
        return part
    items = log.catalogue.filter(_belongs(selection))
    ids = items.select(ITEM_ID)
    return replace(
        part,
        all_events=events.join(ids.lazy(), on=ITEM_ID, how="semi"),
        catalogue=items,
        reviews=reviews.join(ids, on=ITEM_ID, how="semi"),
        places=log.places.join(ids, on=ITEM_ID, how="semi"),
    )


def _days(log: ShopLog, selection: Selection) -> tuple[int, int]:
    """Return the moments between which events count, among those of the log that do."""
    since, until = log.span.start, log.span.end
    if selection.last_days is not None and until:
        since = max(since, (until - 1) // DAY * DAY - (selection.last_days - 1) * DAY)
    if selection.since is not None:
        since = max(since, selection.since)
    return since, until if selection.until is None else min(until, selection.until)


def _belongs(selection: Selection) -> pl.Expr:
    belongs = pl.lit(value=True)
    if selection.category is not None:
        path = pl.col(CATEGORY).str.replace_all(r"\s*>\s*", ">").str.strip_chars()
        wanted = ">".join(step.strip() for step in selection.category.split(">"))
        belongs &= (path == wanted) | path.str.starts_with(wanted + ">")
    if selection.brand is not None:
        belongs &= pl.col(BRAND) == selection.brand
    return belongs
