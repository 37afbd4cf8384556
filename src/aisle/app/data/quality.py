"""The data quality of a shop: all events are counted in bounded memory, from the columnar copy.

Sessions and double lines are found among all events of one visitor. So events are first partitioned into temporary
files, by a hash of the visitor, and then counted one partition at a time: only one partition and the counts are in
memory.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from aisle.app.data.columnar import copy_of
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
from aisle.storage.catalogue import items
from aisle.storage.connection import Database
from aisle.storage.log import reviews

PART_EVENTS: Final = 500_000
"""About how many events a partition has."""

WAITING: Final = 20_000
"""How many rows of a partition are written at once."""

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
    FileError
        If the disk refuses.
    StorageError
        If the database refuses.
    """
    tally = Tally(moments.now())
    with copy_of(settings).current(db, progress) as log:
        total = int(log.select(pl.len()).collect().item())
        if total == 0:
            raise NotEnoughData("this shop has no events yet; run aisle import FILE…")
        for part in parts_of(log.select(COLUMNS), -(-total // part_events)):
            tally.add(part)
            progress("look at events", tally.events, total, tally.events)
    return assess(tally, _catalogue(db), _reviewed(db), Weights.parse(settings.weights))


def parts_of(log: pl.LazyFrame, count: int) -> Iterator[pl.DataFrame]:
    """Yield all events in partitions, each with all events of its visitors."""
    if count == 1:
        yield log.collect()
        return
    visitor = pl.coalesce(USER_ID, SESSION_ID, TRANSACTION_ID, ITEM_ID, EVENT)
    with tempfile.TemporaryDirectory(prefix="aisle-profile-") as folder:
        parts = pl.PartitionBy(folder, key=(visitor.hash() % count).alias(_PART), include_key=False)
        # As many rows of every partition wait in memory.
        log.sink_parquet(parts, compression="lz4", row_group_size=WAITING, mkdir=True)
        for part in sorted(Path(folder).iterdir()):
            yield pl.read_parquet(sorted(part.glob("*.parquet")), hive_partitioning=False)


def _catalogue(db: Database) -> pl.DataFrame:
    return pl.concat([SCHEMA.to_frame().select(OF_ITEMS), *items.stream(db, OF_ITEMS)])


def _reviewed(db: Database) -> pl.DataFrame:
    """Return how many reviews each item has."""
    counts = pl.DataFrame(schema={ITEM_ID: pl.String, COUNT: pl.Int64})
    for frame in reviews.stream(db, (ITEM_ID,)):
        counted = frame.group_by(ITEM_ID).agg(pl.len().cast(pl.Int64).alias(COUNT))
        counts = pl.concat([counts, counted]).group_by(ITEM_ID).agg(pl.col(COUNT).sum())
    return counts
