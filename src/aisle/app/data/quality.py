"""The data quality of a shop: every table is streamed once, in bounded memory.

The database returns events in any order, but sessions and double lines are found among all events of one visitor. So
events are first partitioned into temporary files, by a hash of the visitor, and then counted one partition at a time:
only one partition and the counts are in memory.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from aisle.app.progress import Progress, silent
from aisle.app.settings import Settings
from aisle.insights.catalogue import COLUMNS as OF_ITEMS
from aisle.insights.quality import Quality, assess
from aisle.insights.tally import COLUMNS, COUNT, Tally
from aisle.prepare.catalogue import SCHEMA
from aisle.prepare.weigh import Weights
from aisle.shop import moments
from aisle.shop.columns import EVENT, ITEM_ID, SESSION_ID, TRANSACTION_ID, USER_ID
from aisle.shop.errors import NotEnoughData
from aisle.storage import events, items, reviews
from aisle.storage.connection import Database

PART_EVENTS: Final = 500_000
"""About how many events a partition has."""

_PART: Final = "part"


def profile(db: Database, settings: Settings, progress: Progress = silent, part_events: int = PART_EVENTS) -> Quality:
    """Examine all data of a shop.

    Parameters
    ----------
    part_events
        About how many events a partition has.

    Raises
    ------
    NotEnoughData
        If there are no events.
    StorageError
        If the database refuses.
    """
    total = events.count(db)
    if total == 0:
        raise NotEnoughData("this shop has no events yet; run aisle import FILE…")
    tally = Tally(moments.now())
    for part in _parts(db, total, -(-total // part_events), progress):
        tally.add(part)
        progress("look at events", tally.events, total, tally.events)
    return assess(tally, _catalogue(db), _reviewed(db), Weights.parse(settings.weights))


def _parts(db: Database, total: int, count: int, progress: Progress) -> Iterator[pl.DataFrame]:
    """Yield all events in partitions, each with all events of its visitors."""
    stream = _read(db, total, progress)
    if count == 1:
        yield pl.concat(stream)
        return
    visitor = pl.coalesce(USER_ID, SESSION_ID, TRANSACTION_ID, ITEM_ID, EVENT)
    with tempfile.TemporaryDirectory(prefix="aisle-profile-") as folder:
        for number, frame in enumerate(stream):
            parted = frame.with_columns((visitor.hash() % count).alias(_PART))
            for (part,), rows in parted.partition_by(_PART, include_key=False, as_dict=True).items():
                rows.write_parquet(_folder(folder, part) / f"{number}.parquet", compression="lz4")
        for part in range(count):
            files = sorted(_folder(folder, part).glob("*.parquet"))
            if files:
                yield pl.concat(map(pl.read_parquet, files))


def _folder(parent: str, part: object) -> Path:
    folder = Path(parent, str(part))
    folder.mkdir(exist_ok=True)
    return folder


def _read(db: Database, total: int, progress: Progress) -> Iterator[pl.DataFrame]:
    rows = 0
    for frame in events.stream(db, COLUMNS):
        rows += frame.height
        progress("read events", rows, total, rows)
        yield frame


def _catalogue(db: Database) -> pl.DataFrame:
    return pl.concat([SCHEMA.to_frame().select(OF_ITEMS), *items.stream(db, OF_ITEMS)])


def _reviewed(db: Database) -> pl.DataFrame:
    """Return how many reviews each item has."""
    counts = pl.DataFrame(schema={ITEM_ID: pl.String, COUNT: pl.Int64})
    for frame in reviews.stream(db, (ITEM_ID,)):
        counted = frame.group_by(ITEM_ID).agg(pl.len().cast(pl.Int64).alias(COUNT))
        counts = pl.concat([counts, counted]).group_by(ITEM_ID).agg(pl.col(COUNT).sum())
    return counts
