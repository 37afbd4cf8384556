"""Items as a log of events describes them in passing."""

from collections.abc import Iterator

import polars as pl

from aisle.ingest.batch import Mapped, RawBatch
from aisle.ingest.formats.format import numbered
from aisle.shop.columns import ITEM_ID, PRICE
from aisle.shop.events import MAX_ID_BYTES, MAX_TEXT_BYTES


class Catalogue:
    """Collects what is said of items; the last word on each column counts.

    What could not be stored is left out in silence here: the event that says it is set aside for it.
    """

    def __init__(self) -> None:
        self._items: pl.DataFrame | None = None

    def add(self, said: pl.DataFrame) -> None:
        """Take rows with `item_id` and other String columns of an item."""
        usable = said.filter(
            pl.col(ITEM_ID).str.len_bytes().is_between(1, MAX_ID_BYTES) & ~pl.col(ITEM_ID).str.contains(r"\p{Cc}")
        ).with_columns(pl.when(_is_usable(name)).then(pl.col(name)) for name in said.columns if name != ITEM_ID)
        heard = usable if self._items is None else pl.concat([self._items, usable], how="diagonal")
        self._items = heard.group_by(ITEM_ID, maintain_order=True).agg(pl.all().drop_nulls().last())

    def mapped(self, last: RawBatch) -> Iterator[Mapped]:
        """Give the items, once the file is read; `last` is its last batch."""
        if self._items is not None and not self._items.is_empty():
            lines = pl.repeat(None, self._items.height, dtype=pl.Int64, eager=True)
            yield Mapped("items", numbered(self._items), RawBatch(last.source, self._items, lines, [], last.position))


def _is_usable(name: str) -> pl.Expr:
    if name == PRICE:
        return pl.col(name).str.contains(r"^[0-9]{1,9}(\.[0-9]+)?$")
    return (pl.col(name).str.len_bytes() <= MAX_TEXT_BYTES) & ~pl.col(name).str.contains("\x00", literal=True)
