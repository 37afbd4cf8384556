"""A made-up shop of any size: shoppers with a few tastes each, a catalogue with categories and brands, one year."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.app.data.setup import make_shop
from aisle.app.settings import FILE, Settings
from aisle.app.shop import Shop
from aisle.shop import columns, moments
from aisle.shop.money import MICROS
from aisle.shop.schemas import conform
from benchmarks.shared.commands import aisle

EVENTS_OF_SHOPPER: Final = 50
"""The mean length of a history."""
ITEMS_OF_LEAF: Final = 40
"""How many items a category of the lowest level has."""
TASTES: Final = 3
"""How many of these categories a shopper likes."""
DAYS: Final = 364
BRANDS: Final = 400
BLOCK: Final = 200_000

KINDS: Final = ("view_item", "add_to_cart", "purchase")
SHARES: Final = (0.76, 0.11, 0.13)

FEW_WINDOWS: Final = "\n[models.hybrid]\nwindows = 1\nquestions = 500\n"
"""The ranker's trees are as many as ever, and cost as much to walk; they learn from less, so that training is short."""


def make(folder: Path, items: int, events: int, seed: int = 1) -> None:
    """Make a shop of so many items and events, and train its default model."""
    make_shop(folder, f"{items:,} items", simulated=True)
    with (folder / FILE).open("a") as settings:
        settings.write(FEW_WINDOWS)
    with Shop(Settings.read(folder)) as shop:
        shop.import_trusted(tables(items, events, seed))
    aisle("train", ("-C", str(folder), "train"))


def tables(items: int, events: int, seed: int) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield the catalogue, and the events in parts."""
    draw = np.random.default_rng(seed)
    yield "items", catalogue(items, draw)
    today = moments.now() // moments.DAY * moments.DAY
    for first in range(0, events, BLOCK):
        yield "events", log(first, min(BLOCK, events - first), items, today, draw)


def catalogue(items: int, draw: np.random.Generator) -> pl.DataFrame:
    """Return the items: 40 to a leaf of the category tree, ten leaves to a branch, ten branches to a department."""
    number = np.arange(items)
    leaf = number // ITEMS_OF_LEAF
    frame = pl.DataFrame({"number": number, "leaf": leaf, "brand": draw.integers(BRANDS, size=items)})
    price = np.round(draw.lognormal(2.5, 0.8, items), 2)
    described = frame.select(
        pl.format("i{}", "number").alias(columns.ITEM_ID),
        pl.format("thing {} of kind {} by maker {}", "number", "leaf", "brand").alias(columns.TITLE),
        pl.format(
            "department {} > branch {} > kind {}", pl.col("leaf") // 100, pl.col("leaf") // 10, pl.col("leaf")
        ).alias(columns.CATEGORY),
        pl.format("maker {}", "brand").alias(columns.BRAND),
        pl.Series(columns.PRICE, (price * MICROS).astype(np.int64)),
        pl.lit("EUR").alias(columns.CURRENCY),
        pl.Series(columns.STOCK, draw.integers(0, 60, items)),
    )
    return conform(described, columns.ITEMS)


def log(first: int, events: int, items: int, today: int, draw: np.random.Generator) -> pl.DataFrame:
    """Return events number first, first + 1, …; each of a shopper on one of their days."""
    number = np.arange(first, first + events)
    user = number // EVENTS_OF_SHOPPER
    day = draw.integers(DAYS, size=events)
    item = _liked(user, items, draw)
    timestamp = today - (day + 1) * moments.DAY + draw.integers(moments.DAY, size=events)
    frame = pl.DataFrame(
        {"number": number, "user": user, "day": day, "item": item, "kind": draw.choice(3, size=events, p=SHARES)}
    )
    happened = frame.select(
        pl.format("e{}", "number").alias(columns.EVENT_ID),
        pl.Series(columns.EVENT, np.array(KINDS)[frame["kind"].to_numpy()]),
        pl.format("u{}", "user").alias(columns.USER_ID),
        pl.format("u{}-{}", "user", "day").alias(columns.SESSION_ID),
        pl.format("i{}", "item").alias(columns.ITEM_ID),
        pl.Series(columns.TIMESTAMP, timestamp),
    )
    return conform(happened, columns.EVENTS)


def _liked(user: NDArray[np.int64], items: int, draw: np.random.Generator) -> NDArray[np.int64]:
    """Return an item of each event: of one of the shopper's tastes, early numbers more often."""
    leaves = max(1, items // ITEMS_OF_LEAF)
    taste = (user * 2_654_435_761 + draw.integers(TASTES, size=len(user)) * 40_503) % leaves
    place = (ITEMS_OF_LEAF * draw.random(len(user)) ** 2).astype(np.int64)
    item: NDArray[np.int64] = np.minimum(taste * ITEMS_OF_LEAF + place, items - 1)
    return item
