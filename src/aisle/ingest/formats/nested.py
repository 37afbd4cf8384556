"""Logs of JSON events whose lines hold several items."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec
import polars as pl

from aisle.ingest.batch import REJECTED, ROW, Mapped, RawBatch
from aisle.ingest.formats.catalogue import Catalogue
from aisle.ingest.formats.format import Mapper
from aisle.ingest.json import cell_of
from aisle.ingest.readers.jsonl import cells_of
from aisle.shop import columns as c

Cells = dict[str, str | None]

_OBJECTS: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_ITEM: Final = (c.ITEM_ID, c.TITLE, c.CATEGORY, c.BRAND, c.PRICE, c.CURRENCY, c.IMAGE_URL)
_COLUMNS: Final = tuple(dict.fromkeys((*c.EVENTS, *_ITEM, REJECTED)))


def events_and_items(rows_of: Callable[[Cells], Iterable[Cells]]) -> Mapper:
    """Return a mapper for lines that each hold any number of events, with descriptions of their items.

    Parameters
    ----------
    rows_of
        Gives a line's events under our column names, with `title` and other columns of the item; none for a line that
        is no shop's event. A line for which it raises ValueError is rejected.
    """

    def mapper(batches: Iterator[RawBatch]) -> Iterator[Mapped]:
        catalogue = Catalogue()
        for raw in batches:
            rows = _exploded(raw.frame, rows_of)
            catalogue.add(rows.select(_ITEM))
            yield Mapped("events", rows.select(ROW, REJECTED, *c.EVENTS), raw)
        yield from catalogue.mapped(raw)

    return mapper


def objects(text: str | None) -> list[Cells]:
    """Return the objects of a JSON list, their values as text; raise ValueError if it is not one."""
    if text is None:
        return []
    try:
        return [{name: cell_of(raw) for name, raw in item.items()} for item in _OBJECTS.decode(text)]
    except RecursionError:
        raise ValueError("it nests too deeply") from None


def fields(text: str | None) -> Cells:
    """Return the values of a JSON object as text; raise ValueError if it is not one."""
    return {} if text is None else cells_of(text.encode())


def _exploded(frame: pl.DataFrame, rows_of: Callable[[Cells], Iterable[Cells]]) -> pl.DataFrame:
    origins: list[int] = []
    rows: list[Cells] = []
    for origin, cells in enumerate(frame.iter_rows(named=True)):
        for row in _rows_or_reject(cells, rows_of):
            origins.append(origin)
            rows.append(row)
    columns = [pl.Series(name, [row.get(name) for row in rows], pl.String) for name in _COLUMNS]
    return pl.DataFrame([pl.Series(ROW, origins, pl.Int64), *columns])


def _rows_or_reject(cells: Cells, rows_of: Callable[[Cells], Iterable[Cells]]) -> list[Cells]:
    try:
        return list(rows_of(cells))
    except ValueError as error:
        return [{REJECTED: f"is not shaped like an event of this format: {error}"}]
