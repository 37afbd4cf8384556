"""The shop's catalogue beside its events: a row per item, in the order of the items' numbers."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.shop.columns import CATEGORY, ITEM_ID, ITEMS, STOCK
from aisle.shop.ids import Vocabulary
from aisle.shop.schemas import conform, schema_of

SCHEMA: Final = schema_of(ITEMS)
"""The columns of a catalogue with their types."""


def aligned(catalogue: pl.DataFrame, items: Vocabulary) -> pl.DataFrame:
    """Return the rows of some items, in their order; an item that is not in the catalogue is null but for its id.

    Parameters
    ----------
    catalogue
        Columns of `shop.columns.ITEMS`, each item once, in any order; missing columns become null, others are kept.
    items
        The items wanted.
    """
    ids = pl.DataFrame({ITEM_ID: pl.Series(items.ids, dtype=pl.String)})
    known = ids.join(catalogue, on=ITEM_ID, how="left", maintain_order="left")
    return conform(known, ITEMS).hstack(known.select(pl.exclude(*SCHEMA)))


def without_stock(catalogue: pl.DataFrame) -> pl.DataFrame:
    """Return a catalogue without its numbers of pieces in stock."""
    return catalogue.with_columns(pl.lit(None, SCHEMA[STOCK]).alias(STOCK))


def top_categories(catalogue: pl.DataFrame) -> NDArray[np.int32] | None:
    """Return the first step of each item's category path as a number, (items,), or None if no item has a category.

    Items without a category share a number.
    """
    if catalogue[CATEGORY].null_count() == catalogue.height:
        return None
    top = pl.col(CATEGORY).fill_null("").str.split(">").list.first().str.strip_chars()
    return catalogue.select(top.rank("dense").cast(pl.Int32) - 1).to_series().to_numpy(writable=True)
