"""Simulated events, shoppers and truth as tables with exactly the columns of `shop.columns`."""

from dataclasses import fields
from typing import Final

import numpy as np
import polars as pl

from aisle.shop.columns import (
    ATTRIBUTES,
    CURRENCY,
    EVENT,
    EVENT_ID,
    EVENTS,
    ITEM_ID,
    PRICE,
    PROPERTIES,
    QUANTITY,
    RATING,
    SESSION_ID,
    TIMESTAMP,
    TRANSACTION_ID,
    USER_ID,
    USERS,
)
from aisle.shop.events import KINDS, EventKind
from aisle.shop.schemas import conform
from aisle.simulator import vocabulary
from aisle.simulator.lines import NONE, Lines
from aisle.simulator.shoppers import Shoppers
from aisle.simulator.visits import NOUNS

SATISFACTION: Final = "satisfaction"

_KIND_NAMES: Final = pl.Series([kind.value for kind in KINDS])
_SEARCHES: Final = pl.Series(
    [
        '{"query": "' + leaf.nouns[noun % len(leaf.nouns)].lower() + '"}'
        for leaf in vocabulary.LEAVES
        for noun in range(NOUNS)
    ]
)


def named(lines: Lines, tag: str, first_shopper: int) -> pl.DataFrame:
    """Return lines as a table, with ids instead of numbers and null instead of `NONE`.

    Parameters
    ----------
    lines
        Events of one block.
    tag
        A name of this block of this simulation; session and order ids contain it.
    first_shopper
        The number of shoppers in the blocks before this one.
    """
    numbers = pl.DataFrame({column.name: getattr(lines, column.name) for column in fields(lines)})
    session = pl.col("session").cast(pl.String)
    return numbers.select(
        pl.lit(_KIND_NAMES).gather("kind").alias(EVENT),
        pl.format("shopper-{}", _known("user") + first_shopper + 1).alias(USER_ID),
        (f"visit-{tag}-" + session).alias(SESSION_ID),
        item_ids(_known("item")).alias(ITEM_ID),
        _known("quantity").alias(QUANTITY),
        _known("price").alias(PRICE),
        pl.col("rating").fill_nan(None).alias(RATING),
        pl.col("moment").alias(TIMESTAMP),
        (f"order-{tag}-" + session).alias(TRANSACTION_ID),
        pl.col("satisfaction").cast(pl.Float64).alias(SATISFACTION),
        pl.lit(_SEARCHES).gather(_known("words")).alias(PROPERTIES),
    )


def item_ids(numbers: pl.Expr) -> pl.Expr:
    """Return the ids of items by their numbers, from `sim-0000`."""
    return pl.format("sim-{}", numbers.cast(pl.String).str.zfill(4))


def events_table(rows: pl.DataFrame, tag: str) -> pl.DataFrame:
    """Return a table of `named` with the columns of `shop.columns.EVENTS`; event ids number its rows."""
    events = rows.with_columns(
        pl.format("sim-{}-{}", pl.lit(tag), pl.int_range(pl.len()).cast(pl.String).str.zfill(6)).alias(EVENT_ID),
        # Refunds and ratings happen outside of the shop's sessions.
        pl.when(~_is(EventKind.REFUND, EventKind.RATE)).then(SESSION_ID).alias(SESSION_ID),
        pl.when(_is(EventKind.PURCHASE, EventKind.REFUND)).then(TRANSACTION_ID).alias(TRANSACTION_ID),
        pl.when(pl.col(PRICE).is_not_null()).then(pl.lit(vocabulary.CURRENCY)).alias(CURRENCY),
    )
    return conform(events, EVENTS)


def truth_table(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the true satisfaction with each purchase, from 0 to 1, which only a simulation knows."""
    return rows.filter(_is(EventKind.PURCHASE)).select(USER_ID, ITEM_ID, TRANSACTION_ID, TIMESTAMP, SATISFACTION)


def users_table(shoppers: Shoppers, first_shopper: int) -> pl.DataFrame:
    """Return shoppers with the columns of `shop.columns.USERS`; their tastes stay hidden."""
    ids = pl.DataFrame({USER_ID: _shopper_ids(shoppers, first_shopper)})
    return conform(ids.with_columns(pl.lit('{"simulated": true}').alias(ATTRIBUTES)), USERS)


def tastes_table(shoppers: Shoppers, first_shopper: int) -> pl.DataFrame:
    """Return the true tastes: a column for each style axis (`classic_modern` is positive for modern), and `thrift`."""
    axes = {f"{low.name}_{high.name}": shoppers.style[:, axis] for axis, (low, high) in enumerate(vocabulary.STYLES)}
    leaves = pl.Series([leaf.path for leaf in vocabulary.LEAVES])
    return pl.DataFrame(
        {
            USER_ID: _shopper_ids(shoppers, first_shopper),
            **axes,
            "thrift": shoppers.thrift,
            "favourite_category": leaves.gather(shoppers.leaves.argmax(axis=1)),
        }
    )


def _shopper_ids(shoppers: Shoppers, first: int) -> pl.Series:
    return pl.Series("shopper-" + (pl.Series(np.arange(len(shoppers))) + first + 1).cast(pl.String))


def _known(column: str) -> pl.Expr:
    return pl.when(pl.col(column) != NONE).then(pl.col(column))


def _is(*kinds: EventKind) -> pl.Expr:
    return pl.col(EVENT).is_in([kind.value for kind in kinds])
