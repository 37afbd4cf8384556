"""Import: files through the door, into the database, batch by batch.

Every batch is one transaction and every row has a stable id: an import that was cut off can simply be run again.
"""

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from aisle.app.progress import Progress, silent
from aisle.ingest.batch import Batch
from aisle.ingest.dates import ISO
from aisle.ingest.ingest import read_files, read_frame
from aisle.ingest.plan import OWN, Plan
from aisle.shop.errors import Refused
from aisle.storage import events, items, rejects, reviews, users
from aisle.storage.connection import Database
from aisle.storage.refused import around_refused, keep
from aisle.storage.rows import Rows, Stored

STORES: Final[dict[str, Callable[[Database, Rows], Stored]]] = {
    "events": events.store,
    "items": items.upsert,
    "users": users.upsert,
    "reviews": reviews.store,
}
"""Who stores the rows of each table."""


class Count(msgspec.Struct):
    """What became of the rows of one table: `read` is the sum of the others."""

    read: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0
    erased: int = 0
    """Rows of people who were erased: refused, and not kept."""


class Imported(msgspec.Struct):
    """What became of an import."""

    tables: dict[str, Count]
    seconds: float = 0.0
    linked: int = 0
    """Reviews whose order was found among the purchases."""

    @property
    def rejected(self) -> int:
        """How many rows were set aside, of all tables."""
        return sum(count.rejected for count in self.tables.values())


def import_files(db: Database, files: Sequence[Path], plan: Plan, progress: Progress = silent) -> Imported:
    """Read files as a plan says and store what they hold; nothing is stored twice.

    Raises
    ------
    FileError, FormatError
        If a file or its columns cannot be used; rows stored before that stay.
    StorageError
        If the database refuses.
    """
    return _import(db, [(files, plan)], progress)


def import_tables(db: Database, files: Mapping[str, Path], progress: Progress = silent) -> Imported:
    """Read a file of each table, with our own column names and ISO dates, and store what they hold.

    Raises
    ------
    FileError, FormatError, StorageError
        As `import_files` does.
    """
    return _import(
        db, [([file], Plan(table=table, format=OWN, date_format=ISO)) for table, file in files.items()], progress
    )


def _import(db: Database, planned: Sequence[tuple[Sequence[Path], Plan]], progress: Progress) -> Imported:
    started = time.perf_counter()
    total = sum(file.stat().st_size for files, _ in planned for file in files if file.is_file())
    imported, done, rows = Imported({}), 0, 0
    with _rarely_collected() as collect:
        for files, plan in planned:
            position = 0
            for batch in read_files(files, plan):
                _store(db, batch, imported)
                rows += batch.read
                position = batch.position
                progress("import", done + position, total, rows)
                collect()
            done += position
    progress("import", total, total, rows)
    _link(db, imported)
    imported.seconds = time.perf_counter() - started
    return imported


@contextmanager
def _rarely_collected() -> Iterator[Callable[[], int]]:
    """Let Python look for cycles once a batch: among a million tuples is none, and looking takes a fifth longer."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield lambda: gc.collect(0)
    finally:
        if enabled:
            gc.enable()


def import_frame(db: Database, frame: pl.DataFrame, table: str) -> Imported:
    """Check the rows of a frame as if it were a file, and store them: prices in currency units, times as text or dates.

    Raises
    ------
    FormatError
        If a column is missing.
    StorageError
        If the database refuses.
    """
    started = time.perf_counter()
    imported = Imported({})
    for batch in read_frame(frame, Plan(table=table)):
        _store(db, batch, imported)
    _link(db, imported)
    imported.seconds = time.perf_counter() - started
    return imported


def import_trusted(db: Database, frames: Iterable[tuple[str, pl.DataFrame]], progress: Progress = silent) -> Imported:
    """Store frames that are as `shop.columns` wants them, each beside the name of its table."""
    started = time.perf_counter()
    imported = Imported({})
    for table, frame in frames:
        _store(db, Batch(table, frame, [], frame.height, 0), imported)
        rows = sum(count.read for count in imported.tables.values())
        progress("store", rows, None, rows)
    imported.seconds = time.perf_counter() - started
    return imported


def _store(db: Database, batch: Batch, imported: Imported) -> None:
    """Store one batch and its rejects, and add it to the count."""
    count = imported.tables.setdefault(batch.table, Count())
    for part, stored in around_refused(partial(STORES[batch.table], db), batch.accepted):
        if isinstance(stored, Refused):
            keep(db, batch.table, part, stored)
            count.rejected += 1
        else:
            count.stored += stored.stored
            count.duplicate += stored.duplicate
            count.erased += stored.erased
    rejects.add(db, batch.rejects)
    count.rejected += len(batch.rejects)
    count.read += batch.read


def _link(db: Database, imported: Imported) -> None:
    """Look for the orders of reviews, if there are new reviews or new purchases."""
    if any(imported.tables[name].stored for name in ("reviews", "events") if name in imported.tables):
        imported.linked = reviews.link(db)
