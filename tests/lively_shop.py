"""A made-up log with every kind of event, long enough to learn from past windows, and a catalogue for it."""

import dataclasses
from typing import Final

import numpy as np
import polars as pl

from aisle.prepare.build import build
from aisle.prepare.catalogue import SCHEMA, aligned
from aisle.prepare.interactions import Interactions
from aisle.prepare.weigh import Weights
from aisle.shop.moments import DAY
from aisle.shop.money import MICROS

START: Final = 19_000 * DAY
DAYS: Final = 120
END: Final = START + DAYS * DAY
WEIGHTS: Final = Weights()

_KINDS: Final = ("view_item", "add_to_cart", "purchase", "rate", "refund", "remove_from_cart")
_SHARES: Final = (0.3, 0.1, 0.45, 0.08, 0.04, 0.03)


def lively_events(shoppers: int = 80, items: int = 24, count: int = 3000, seed: int = 5) -> pl.DataFrame:
    """Make events; a shopper's taste is one of three thirds of the items, and some lines belong to nobody."""
    draw = np.random.default_rng(seed)
    user = draw.integers(0, shoppers, count)
    item = (user % 3) * (items // 3) + (draw.random(count) ** 2 * (items // 3)).astype(int)
    item = np.where(draw.random(count) < 0.15, draw.integers(0, items, count), item)
    kind = draw.choice(_KINDS, count, p=_SHARES)
    stars = np.where(kind == "rate", draw.integers(1, 6, count), np.nan)
    nobody = draw.random(count) < 0.02
    price = np.where(kind == "purchase", (1 + item) * MICROS, -1)
    return pl.DataFrame(
        {
            "event": kind,
            "user_id": [None if gone else f"u{one}" for one, gone in zip(user, nobody, strict=True)],
            "item_id": [f"i{one:02}" for one in item],
            "timestamp": START + draw.choice(DAYS * DAY, count, replace=False),
            "rating": pl.Series(stars).fill_nan(None),
            "price": pl.Series(price).replace(-1, None),
            "quantity": draw.integers(1, 4, count),
            "transaction_id": [f"t{one}" for one in draw.integers(0, count // 2, count)],
        }
    )  # fmt: skip


def lively_catalogue(items: int = 24) -> pl.DataFrame:
    """Make a catalogue in which a few items lack something."""
    rows = [
        {
            "item_id": f"i{one:02}",
            "title": f"Item {one}",
            "category": None if one == 3 else f"{'Tea' if one % 2 else 'Tools'} > {one % 4}",
            "brand": None if one == 5 else f"brand-{one % 3}",
            "price": (1 + one) * MICROS,
            "stock": one,
        }
        for one in range(items)
    ]
    return pl.DataFrame(rows, schema_overrides={name: kind for name, kind in SCHEMA.items() if name in rows[0]})


def lively_data(events: pl.DataFrame | None = None, now: int = END) -> Interactions:
    """Return training data, with the catalogue."""
    data = build(lively_events() if events is None else events, WEIGHTS, now)
    return dataclasses.replace(data, catalogue=aligned(lively_catalogue(), data.items))


def other_future(events: pl.DataFrame, moment: int) -> pl.DataFrame:
    """Return events of which those from a moment on are all different: other items, kinds, stars and prices."""
    later = pl.col("timestamp") >= moment
    return events.with_columns(
        pl.when(later).then(pl.col("item_id").reverse()).otherwise("item_id").alias("item_id"),
        pl.when(later).then(pl.lit("view_item")).otherwise("event").alias("event"),
        pl.when(later).then(pl.lit(None, pl.Int64)).otherwise("price").alias("price"),
        pl.when(later).then(pl.lit(1)).otherwise("quantity").alias("quantity"),
    )
