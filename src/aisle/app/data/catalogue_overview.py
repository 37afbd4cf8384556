"""The catalogue as its keepers look at it: what items lack, how much they are shown and sold, and on which shelves."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import polars as pl

from aisle.app.data.day_counts import items_of
from aisle.shop.columns import (
    BRAND,
    CATEGORY,
    CURRENCY,
    HIDDEN,
    IMAGE_URL,
    IN_STOCK,
    ITEM_ID,
    ITEMS,
    PRICE,
    STOCK,
    TITLE,
)
from aisle.shop.moments import DAY
from aisle.shop.schemas import schema_of
from aisle.storage.catalogue import items
from aisle.storage.catalogue.coverage import FIELDS
from aisle.storage.connection import Database
from aisle.storage.shelves import days, impressions
from aisle.storage.shelves.days import ItemSums
from aisle.storage.shoppers import segments

COLUMNS: Final = (ITEM_ID, TITLE, CATEGORY, BRAND, PRICE, CURRENCY, IMAGE_URL, STOCK, IN_STOCK, HIDDEN)

DAYS: Final = 28
"""Exposure and sales are those of so many days up to the newest one that was counted."""

NEWEST_SHELVES: Final = 2_000
"""On which shelves an item stands is told from so many of the newest ones."""

MISSING: Final = "missing"
SHELVES: Final = "shelves"

_SUMS: Final = pl.Schema({name: pl.String if name == ITEM_ID else pl.Int64 for name in ItemSums._fields})


class Wanted(NamedTuple):
    """Which items; None does not filter."""

    text: str | None = None
    """Letters of the id or the title, in any case."""
    category: str | None = None
    """The path of a category: the items there and below."""
    brand: str | None = None
    missing: str | None = None
    """A field that they lack."""
    placement: str | None = None
    """A placement on which they stood lately."""


def catalogue_overview(db: Database, segment: int | None = None) -> pl.DataFrame:
    """Return a row for each item of the catalogue.

    Parameters
    ----------
    segment
        The number of a segment, of whose members alone it is told what they were shown, clicked and bought.

    Returns
    -------
        The columns of `COLUMNS`; `missing`, the fields that it lacks; `places`, `seen`, `clicks` and `units` of the
        last `DAYS` days; and `shelves`, the placements on which it stood lately.
    """
    schema = schema_of({name: ITEMS[name] for name in COLUMNS})
    catalogue = pl.concat([schema.to_frame(), *items.stream(db, COLUMNS)])
    ends = days.ends(db)
    sums = _sums(db, ends[1] - (DAYS - 1) * DAY, ends[1] + DAY, segment) if ends else _SUMS.to_frame()
    shown = impressions.newest_places(db, NEWEST_SHELVES, segment)
    shelves = pl.DataFrame(
        {ITEM_ID: list(shown), SHELVES: [sorted(placements) for placements in shown.values()]},
        schema={ITEM_ID: pl.String, SHELVES: pl.List(pl.String)},
    )
    lacks = [pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in FIELDS]
    return (
        catalogue.with_columns(pl.concat_list(lacks).list.drop_nulls().alias(MISSING))
        .join(sums, on=ITEM_ID, how="left")
        .join(shelves, on=ITEM_ID, how="left")
        .with_columns(pl.col(*ItemSums._fields[1:]).fill_null(0))
    )


def _sums(db: Database, since: int, until: int, segment: int | None) -> pl.DataFrame:
    if segment is None:
        return pl.DataFrame(days.sums_of_items(db, since, until), schema=_SUMS, orient="row")
    members = [user_id for user_id, _ in segments.members(db, segment)]
    return items_of(db, pl.Series(members, dtype=pl.String), since, until)


def chosen(overview: pl.DataFrame, wanted: Wanted, by: Sequence[str] = (), *, descending: bool = True) -> pl.DataFrame:
    """Return the items that are wanted, in the order of some columns, and then of their ids."""
    found = overview
    if wanted.text:
        letters = wanted.text.lower()
        names = pl.concat_str(ITEM_ID, pl.lit(" "), TITLE, ignore_nulls=True).str.to_lowercase()
        found = found.filter(names.str.contains(letters, literal=True))
    if wanted.category:
        path = pl.col(CATEGORY)
        found = found.filter((path == wanted.category) | path.str.starts_with(wanted.category + " > "))
    if wanted.brand:
        found = found.filter(pl.col(BRAND) == wanted.brand)
    if wanted.missing:
        found = found.filter(pl.col(MISSING).list.contains(wanted.missing))
    if wanted.placement:
        found = found.filter(pl.col(SHELVES).list.contains(wanted.placement).fill_null(value=False))
    return found.sort(*by, ITEM_ID, descending=[*(descending for _ in by), False], nulls_last=True)
