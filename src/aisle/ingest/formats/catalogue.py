"""Items as the events of a log describe them."""

from collections.abc import Iterator

import polars as pl

from aisle.ingest.batch import Mapped, RawBatch
from aisle.ingest.formats.format import numbered
from aisle.shop.columns import ITEM_ID, MONEY
from aisle.shop.events import MAX_ID_BYTES, MAX_TEXT_BYTES


class Catalogue:
    """Collects descriptions of items; of each column the last value counts.

    Values that cannot be stored are skipped here, as the event that holds them is rejected for them.
    """

    def __init__(self) -> None:
        self._items: pl.DataFrame | None = None

    def add(self, rows: pl.DataFrame) -> None:
        """Take rows with `item_id` and other String columns of an item."""
        usable = rows.filter(
            pl.col(ITEM_ID).str.len_bytes().is_between(1, MAX_ID_BYTES) & ~pl.col(ITEM_ID).str.contains(r"\p{Cc}")
        ).with_columns(pl.when(_is_usable(name)).then(pl.col(name)) for name in rows.columns if name != ITEM_ID)
        known = usable if self._items is None else pl.concat([self._items, usable], how="diagonal")
        self._items = known.group_by(ITEM_ID, maintain_order=True).agg(pl.all().drop_nulls().last())

    def mapped(self, last: RawBatch) -> Iterator[Mapped]:
        """Give the items once the file is read; `last` is its last batch."""
        if self._items is not None and not self._items.is_empty():
            lines = pl.repeat(None, self._items.height, dtype=pl.Int64, eager=True)
            yield Mapped("items", numbered(self._items), RawBatch(last.source, self._items, lines, [], last.position))


def _is_usable(name: str) -> pl.Expr:
    if name in MONEY:
        return pl.col(name).str.contains(r"^[0-9]{1,9}(\.[0-9]+)?$")
    return (pl.col(name).str.len_bytes() <= MAX_TEXT_BYTES) & ~pl.col(name).str.contains("\x00", literal=True)
