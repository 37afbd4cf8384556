"""Rows that passed all checks and that the database refuses: they are kept as rejects, and the others are stored."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from aisle.shop.columns import MONEY, TABLES
from aisle.shop.errors import Refused
from aisle.shop.money import from_micros
from aisle.shop.rejects import Reject
from aisle.storage.connection import Database
from aisle.storage.log import rejects

if TYPE_CHECKING:
    import polars as pl

SOURCE: Final = "database"
"""The source of such rejects."""

_T = TypeVar("_T")
_Rows = TypeVar("_Rows", "pl.DataFrame", Sequence[tuple[Any, ...]])


def around_refused(store: Callable[[_Rows], _T], rows: _Rows) -> Iterator[tuple[_Rows, _T | Refused]]:
    """Store rows together; if the database refuses them, by halves, until the rows at fault are alone.

    Yields
    ------
    Each part, in the order of the rows, with the result of `store`; of a single row that is refused, the error.
    """
    try:
        result: _T | Refused = store(rows)
    except Refused as error:
        if len(rows) > 1:
            half = len(rows) // 2
            yield from around_refused(store, rows[:half])
            yield from around_refused(store, rows[half:])
            return
        result = error
    yield rows, result


def keep(db: Database, table: str, rows: Sequence[tuple[tuple[Any, ...], str]]) -> None:
    """Keep rows that were refused as rejects, each with the reason."""
    raws = ((json.dumps(_readable(dict(zip(TABLES[table], row, strict=True)))), why) for row, why in rows)
    rejects.add(db, [Reject(SOURCE, None, table, why, raw) for raw, why in raws])


def _readable(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as `ingest` reads it: prices in currency units, and no empty fields."""
    given = {name: value for name, value in row.items() if value is not None}
    return given | {name: from_micros(given[name]) for name in MONEY if name in given}
