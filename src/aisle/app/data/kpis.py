"""The KPIs of a shop: the counts of days brought up to date, and what follows from them."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import polars as pl

from aisle.app.data.day_counts import count_days
from aisle.app.progress import Progress, silent
from aisle.insights.kpis import rates
from aisle.insights.kpis.attribution import Doubt
from aisle.insights.kpis.counting import EVERYWHERE
from aisle.shop.columns import (
    AUDIENCE,
    DAY,
    MODEL_VERSION,
    PLACEMENT,
    SEGMENT,
    SEGMENT_DAYS,
    SHELF_DAYS,
    SHOP_DAYS,
    STRATEGY,
    VARIANT,
)
from aisle.shop.errors import InputError
from aisle.shop.moments import DAY as ONE_DAY
from aisle.shop.moments import format_day, now
from aisle.shop.money import MICROS
from aisle.shop.schemas import conform, schema_of
from aisle.storage.catalogue import items
from aisle.storage.connection import Database
from aisle.storage.shelves import days
from aisle.storage.shoppers import segments

BY: Final = (PLACEMENT, STRATEGY, MODEL_VERSION, VARIANT, AUDIENCE, DAY)
"""By what shelves can be told apart."""

_MONEY: Final = (
    "revenue",
    "returned_revenue",
    "helped_revenue",
    "order_value",
    "revenue_per_thousand",
    "revenue_per_visitor",
)


class Kpis(NamedTuple):
    """What the shelves brought in some days. Money is in currency units, a row of its own for each currency."""

    since: str
    """The first day."""
    until: str
    """The last day."""
    shop: pl.DataFrame
    """The whole shop: counts, and the rates of `insights.kpis.rates.OF_SHOP`."""
    shelves: pl.DataFrame
    """The shelves: counts, and the rates of `insights.kpis.rates.OF_SHELVES`."""
    coverage: float | None
    """The share of the catalogue that stood on a shelf; None without a catalogue."""
    doubts: dict[str, int]
    """The events that name a shelf and are owed to none, by the reason."""


def kpis(
    db: Database,
    days_back: int,
    by: Sequence[str] = (PLACEMENT,),
    progress: Progress = silent,
    moment: int | None = None,
) -> Kpis:
    """Return the KPIs of the last days, today included.

    Parameters
    ----------
    by
        Of `BY`: how shelves are told apart.
    moment
        Now, if it is not the clock's.

    Raises
    ------
    InputError
        If `by` holds something else.
    StorageError
        If the database refuses.
    """
    unknown = [name for name in by if name not in BY]
    if unknown:
        raise InputError(f"shelves cannot be told apart by {unknown[0]!r}; choose from {', '.join(BY)}")
    today = now() if moment is None else moment
    count_days(db, progress, today)
    until = today - today % ONE_DAY + ONE_DAY
    since = until - days_back * ONE_DAY
    return counted(db, since, until, by)._replace(coverage=coverage(db, since, until))


def counted(
    db: Database,
    since: int,
    until: int,
    by: Sequence[str] = (),
    placement: str | None = None,
    segment: int | None = None,
    *,
    daily: bool = False,
) -> Kpis:
    """Return the KPIs of the days from `since` up to, not including, `until`, as they are counted by now.

    The coverage, which takes longer, is not among them.

    Parameters
    ----------
    placement
        The only placement whose shelves count; those of all by default.
    segment
        The number of the only segment whose members count; everybody by default. Its shelves can be told apart by
        placement and day only.
    daily
        Whether the whole shop is told day by day.

    Raises
    ------
    StorageError
        If the database refuses.
    """
    if segment is None:
        shop = _counts(db, days.SHOP, SHOP_DAYS, since, until)
        shelves = _counts(db, days.SHELVES, SHELF_DAYS, since, until)
    else:
        theirs = _counts(db, days.SEGMENTS, SEGMENT_DAYS, since, until, segment=segment)
        shop = conform(theirs.filter(pl.col(PLACEMENT) == EVERYWHERE), SHOP_DAYS)
        shelves = conform(theirs.filter(pl.col(PLACEMENT) != EVERYWHERE), SHELF_DAYS)
    if placement is not None:
        shelves = shelves.filter(pl.col(PLACEMENT) == placement)
    return Kpis(
        since=format_day(since),
        until=format_day(until - ONE_DAY),
        shop=_in_units(rates.of_shop(shop, (DAY,) if daily else ())),
        shelves=_in_units(rates.of_shelves(shelves, by)),
        coverage=None,
        doubts={doubt.value: int(shop[doubt.value].sum()) for doubt in Doubt},
    )


def counted_by_segment(db: Database, since: int, until: int) -> pl.DataFrame:
    """Return the KPIs of the segments of whom somebody came from the day `since` up to, not including, `until`.

    They are as they are counted by now: a row for each `segment`, by its name, and currency.
    """
    counts = _counts(db, days.SEGMENTS, SEGMENT_DAYS, since, until, placement=EVERYWHERE)
    names = {row.number: row.name for row in segments.list_(db)}
    named = counts.with_columns(pl.col(SEGMENT).replace_strict(names, default=None, return_dtype=pl.String))
    found = rates.of_segments(named.drop_nulls(SEGMENT))
    return _in_units(found.filter(pl.col("visitors") + pl.col("shelves") > 0))


def coverage(db: Database, since: int, until: int) -> float | None:
    """Return the share of the catalogue that stood on a shelf on some days; None without a catalogue."""
    shown = sum(of_item.places > 0 for of_item in days.sums_of_items(db, since, until))
    catalogue = items.count(db)
    return shown / catalogue if catalogue else None


def _counts(
    db: Database, table: str, columns: dict[str, str], since: int, until: int, **values: str | int
) -> pl.DataFrame:
    return pl.DataFrame(days.rows(db, table, since, until, **values), schema=schema_of(columns), orient="row")


def _in_units(frame: pl.DataFrame) -> pl.DataFrame:
    """Return money in currency units, and days as dates."""
    money = [pl.col(name) / MICROS for name in _MONEY if name in frame.columns]
    dated = [pl.from_epoch(pl.col(DAY), "us").dt.date()] if DAY in frame.columns else []
    return frame.with_columns(*money, *dated)
