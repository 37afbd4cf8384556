"""Export of a shop as Parquet files, for analysts and for another shop: prices in currency units, times as dates.

`aisle import` reads the tables back. `interactions.parquet` holds the cleaned and weighted pairs that models learn
from. It is not imported, as each training derives it from the events.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import narwhals as nw
import polars as pl
from polars.io.plugins import register_io_source

from aisle.app.data.atomic_write import atomic_write, check_new
from aisle.app.progress import Progress, silent
from aisle.app.settings import Settings
from aisle.kernels.histories_numpy import BILLION
from aisle.prepare.aggregate import EVENTS_COUNT, aggregate
from aisle.prepare.build import weighed_events
from aisle.prepare.outliers import without_bots
from aisle.prepare.weigh import WEIGHT, Weights
from aisle.shop.columns import AVAILABLE_FROM, ITEM_ID, MONEY, STORED, TIMESTAMP, USER_ID
from aisle.shop.errors import FileError
from aisle.shop.money import MICROS
from aisle.shop.schemas import schema_of
from aisle.storage.catalogue import items
from aisle.storage.connection import Database
from aisle.storage.log import events, reviews
from aisle.storage.shoppers import users

INTERACTIONS: Final = "interactions"
"""The file of cleaned user–item pairs."""

_MONEY: Final = pl.Decimal(18, 6)
_WIDE_MONEY: Final = pl.Decimal(38, 6)
_MOMENT: Final = pl.Datetime("us", "UTC")

_STREAMS: Final[dict[str, Callable[..., Iterator[pl.DataFrame]]]] = {
    "events": events.stream,
    "items": items.stream,
    "users": users.stream,
    "reviews": reviews.stream,
}
"""Reads the rows of each table."""


class Exported(msgspec.Struct, frozen=True):
    """What was written."""

    rows: dict[str, int]
    """How many rows each file has."""
    bytes: int
    seconds: float


def export(db: Database, settings: Settings, folder: Path, progress: Progress = silent) -> Exported:
    """Write every table, and the cleaned interactions, into a folder that appears when it is complete.

    Rows stream from the database into the files. Unlike a backup, an export is not of one moment: rows that are stored
    meanwhile may be in it or not.

    Raises
    ------
    FileError
        If the folder exists or cannot be written.
    StorageError
        If the database refuses.
    """
    started = time.perf_counter()
    check_new(folder)
    with atomic_write(folder) as partial:
        partial.mkdir(mode=0o700)
        rows = {table: _write_table(db, table, _file(partial, table), progress) for table in _STREAMS}
        rows[INTERACTIONS] = _write_interactions(_file(partial, "events"), _file(partial, INTERACTIONS), settings)
        size = sum(file.stat().st_size for file in partial.iterdir())
    return Exported(rows, size, time.perf_counter() - started)


def exported_files(folder: Path) -> dict[str, Path]:
    """Return the files of an export that have rows, by table, in the order in which to import them.

    Raises
    ------
    FileError
        If one is missing or damaged.
    """
    files = {table: _file(folder, table) for table in ("items", "users", "events", "reviews")}
    for file in files.values():
        if not file.is_file():
            raise FileError(f"{folder} has no {file.name}; name files, or a folder that aisle export wrote")
    return {table: file for table, file in files.items() if _rows(file)}


def _rows(file: Path) -> int:
    try:
        return int(pl.scan_parquet(file).select(pl.len()).collect().item())
    except pl.exceptions.PolarsError:
        raise FileError(f"{file} is damaged; run aisle export again") from None


def _file(folder: Path, table: str) -> Path:
    return folder / f"{table}.parquet"


def _write_table(db: Database, table: str, file: Path, progress: Progress) -> int:
    rows = 0

    def frames(*_: object) -> Iterator[pl.DataFrame]:
        nonlocal rows
        for frame in _STREAMS[table](db, tuple(STORED[table])):
            rows += frame.height
            progress(f"export {table}", rows, None, rows)
            yield frame

    schema = schema_of(STORED[table])
    register_io_source(frames, schema=schema).with_columns(_readable(schema)).sink_parquet(file)
    return rows


def _readable(schema: pl.Schema) -> list[pl.Expr]:
    """Return the expressions that turn millionths into money and microseconds into dates, exactly."""
    money = [(pl.col(name).cast(_WIDE_MONEY) / MICROS).cast(_MONEY) for name in MONEY if name in schema]
    return money + [pl.col(name).cast(_MOMENT) for name in (TIMESTAMP, AVAILABLE_FROM) if name in schema]


def _write_interactions(source: Path, file: Path, settings: Settings) -> int:
    """Write the user–item pairs that models learn from, as of the last event."""
    events = pl.scan_parquet(source).with_columns(pl.col(TIMESTAMP).cast(pl.Int64))
    if settings.train.leave_out_bots:
        events = without_bots(events.collect()).lazy()
    last = events.select(pl.col(TIMESTAMP).max()).collect().item() or 0
    weighed = weighed_events(nw.from_native(events), Weights.parse(settings.weights), last + 1)
    pairs = aggregate(weighed.filter(~nw.col(USER_ID).is_null())).filter(nw.col(WEIGHT) > 0).to_native()
    pairs.select(USER_ID, ITEM_ID, pl.col(WEIGHT) / BILLION, pl.col(TIMESTAMP).cast(_MOMENT), EVENTS_COUNT).sort(
        USER_ID, ITEM_ID
    ).sink_parquet(file)
    return _rows(file)
