"""The shop's catalogue beside its events: one row per item, in the order of the items' numbers."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.shop.columns import CATEGORY, ITEM_ID, ITEMS, STOCK
from aisle.shop.ids import Vocabulary

_TYPES: Final = {"str": pl.String, "int64": pl.Int64, "bool": pl.Boolean}

SCHEMA: Final = pl.Schema({name: _TYPES[word] for name, word in ITEMS.items()})
"""The columns of a catalogue with their types."""


def aligned(catalogue: pl.DataFrame, items: Vocabulary) -> pl.DataFrame:
    """Return what a catalogue says of items, a row each, in their order; null where it says nothing.

    Parameters
    ----------
    catalogue
        Columns of `shop.columns.ITEMS`, each item once, in any order; columns that it lacks are null, and others stay.
    items
        The items that are asked about.
    """
    ids = pl.DataFrame({ITEM_ID: pl.Series(items.ids, dtype=pl.String)})
    known = ids.join(catalogue, on=ITEM_ID, how="left", maintain_order="left")
    others = [name for name in known.columns if name not in SCHEMA]
    named = [
        (pl.col(name) if name in known.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in SCHEMA.items()
    ]
    return known.select(*named, *others)


def without_stock(catalogue: pl.DataFrame) -> pl.DataFrame:
    """Return a catalogue that does not say what is in stock."""
    return catalogue.with_columns(pl.lit(None, SCHEMA[STOCK]).alias(STOCK))


def top_categories(catalogue: pl.DataFrame) -> NDArray[np.int32] | None:
    """Return the first step of each item's category path as a number, (items,), or None if no item has a category.

    Items without one share a number.
    """
    if catalogue[CATEGORY].null_count() == catalogue.height:
        return None
    top = pl.col(CATEGORY).fill_null("").str.split(">").list.first().str.strip_chars()
    return catalogue.select(top.rank("dense").cast(pl.Int32) - 1).to_series().to_numpy(writable=True)
