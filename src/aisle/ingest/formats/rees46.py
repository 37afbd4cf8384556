"""REES46: sessions of an electronics or cosmetics shop; each event also describes its item."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from aisle.ingest.batch import Mapped, RawBatch
from aisle.ingest.formats.catalogue import Catalogue
from aisle.ingest.formats.format import Format, Sheet, numbered, renamed
from aisle.shop import columns as c

_EVENT: Final = renamed(
    {
        "event_time": c.TIMESTAMP,
        "event_type": c.EVENT,
        "product_id": c.ITEM_ID,
        "price": c.PRICE,
        "user_id": c.USER_ID,
        "user_session": c.SESSION_ID,
    }
)


def _lines(batches: Iterator[RawBatch]) -> Iterator[Mapped]:
    catalogue = Catalogue()
    for raw in batches:
        catalogue.add(
            raw.frame.select(
                pl.col("product_id").alias(c.ITEM_ID),
                pl.coalesce(pl.col("category_code").str.replace_all(".", " > ", literal=True), "category_id").alias(
                    c.CATEGORY
                ),
                pl.col("brand").alias(c.BRAND),
                pl.col("price").alias(c.PRICE),
            )
        )
        yield Mapped("events", _EVENT(numbered(raw.frame)), raw)
    yield from catalogue.mapped(raw)


REES46: Final = Format(
    name="rees46",
    about="REES46 multi-category store: event_time, event_type, product_id, category, brand, price, user, session",
    tables=("events", "items"),
    sheets=(
        Sheet(
            header=frozenset(
                {"event_time", "event_type", "product_id", "category_id", "category_code", "brand", "price", "user_id"}
            ),
            map=_lines,
        ),
    ),
)
