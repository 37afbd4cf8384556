"""Import of files and frames into the database, batch by batch.

Every batch is one transaction and every row has a stable id, so that an interrupted import can be run again.
"""

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import msgspec
import polars as pl

from aisle.app.data.import_log import ImportLog, earlier_imports
from aisle.app.progress import Progress, silent
from aisle.ingest.batch import Batch
from aisle.ingest.ingest import FRAME, Source, read_source
from aisle.ingest.plan import OWN, Plan
from aisle.ingest.written import ISO
from aisle.shop.errors import Refused
from aisle.storage.catalogue import items
from aisle.storage.connection import Database
from aisle.storage.log import events, rejects, reviews
from aisle.storage.log.imports import Origin
from aisle.storage.log.refused import around_refused, keep
from aisle.storage.rows import Rows, Stored, as_tuples
from aisle.storage.shoppers import users


class Store(Protocol):
    """Stores the rows of a table."""

    def __call__(self, db: Database, rows: Rows, origin: Origin = ...) -> Stored:
        """Store rows in one transaction."""


STORES: Final[dict[str, Store]] = {
    "events": events.store,
    "items": items.upsert,
    "users": users.upsert,
    "reviews": reviews.store,
}
"""Stores the rows of each table."""


class Count(msgspec.Struct):
    """What became of the rows of one table: `read` is the sum of the others."""

    read: int = 0
    stored: int = 0
    repaired: int = 0
    """Rows that were stored before, and are better known now."""
    duplicate: int = 0
    rejected: int = 0
    erased: int = 0
    """Rows of people who were erased: neither stored nor kept as rejects."""


class Imported(msgspec.Struct):
    """The result of an import."""

    tables: dict[str, Count]
    number: int | None = None
    """The number of the import, for `aisle imports`; null if there was nothing to read."""
    seconds: float = 0.0
    linked: int = 0
    """Reviews that were linked to the order that they are about."""
    notes: list[str] = []
    """What was guessed and should be known."""

    def __repr__(self) -> str:
        lines = [f"{table}: {_counted(count)}" for table, count in self.tables.items()]
        return "\n".join([*lines, *self.notes])

    @property
    def read(self) -> int:
        """How many rows were read, over all tables."""
        return sum(count.read for count in self.tables.values())

    @property
    def changed(self) -> int:
        """How many rows changed what is stored, over all tables."""
        return sum(count.read - count.duplicate - count.rejected - count.erased for count in self.tables.values())

    @property
    def rejected(self) -> int:
        """How many rows were rejected, over all tables."""
        return sum(count.rejected for count in self.tables.values())


def _counted(count: Count) -> str:
    return ", ".join(f"{rows:,} {what}" for what, rows in msgspec.structs.asdict(count).items() if rows)


def import_rows(db: Database, source: Source, plan: Plan, progress: Progress = silent) -> Imported:
    """Read files, or a frame as if it were a file, by a plan, and store their rows; no row is stored twice.

    Raises
    ------
    FileError, FormatError
        If a file or its columns cannot be used; the rows stored before stay.
    StorageError
        If the database refuses.
    """
    return _import(db, [(source, plan)], progress)


def import_tables(db: Database, files: Mapping[str, Path], progress: Progress = silent) -> Imported:
    """Read a file of each table, with the columns of `shop.columns` and ISO dates, and store their rows.

    Raises
    ------
    FileError, FormatError, StorageError
        As `import_rows` does.
    """
    return _import(
        db, [([file], Plan(table=table, format=OWN, date_format=ISO)) for table, file in files.items()], progress
    )


def _import(db: Database, planned: Sequence[tuple[Source, Plan]], progress: Progress) -> Imported:
    started = time.perf_counter()
    names = [name for source, _ in planned for name in _names(source)]
    log = ImportLog(db, names, planned[0][1].arguments() if len(planned) == 1 else ())
    total = sum(_size(source) for source, _ in planned)
    imported, finished, rows = Imported({}), 0, 0
    earlier = earlier_imports(db)
    with _collect_per_batch() as collect:
        for source, plan in planned:
            position = 0
            for batch in read_source(source, plan, earlier=earlier):
                _store(db, batch, imported, log)
                rows += batch.read
                position = batch.position
                progress("import", finished + position, total, rows)
                collect()
            finished += position
    progress("import", total, total, rows)
    return _finished(db, imported, log, started)


def _finished(db: Database, imported: Imported, log: ImportLog, started: float) -> Imported:
    """Return what an import came to, once all its rows are stored."""
    _link(db, imported)
    log.finish(imported.tables)
    imported.number = log.number
    imported.seconds = time.perf_counter() - started
    return imported


def _names(source: Source) -> list[str]:
    return [FRAME] if isinstance(source, pl.DataFrame) else [str(file) for file in source]


def _size(source: Source) -> int:
    """Return what `position` of the last batch will be: bytes of files, rows of a frame."""
    if isinstance(source, pl.DataFrame):
        return source.height
    return sum(file.stat().st_size for file in source if file.is_file())


@contextmanager
def _collect_per_batch() -> Iterator[Callable[[], int]]:
    """Switch automatic garbage collection off and lend a function that collects: rows have no cycles to look for."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield lambda: gc.collect(0)
    finally:
        if enabled:
            gc.enable()


def import_trusted(db: Database, frames: Iterable[tuple[str, pl.DataFrame]], progress: Progress = silent) -> Imported:
    """Store frames without checks: pairs of a table's name and a frame with the columns and types of `shop.columns`."""
    started = time.perf_counter()
    imported, log = Imported({}), ImportLog(db, ["frames"])
    for table, frame in frames:
        _store(db, Batch(table, frame, [], frame.height, 0), imported, log)
        rows = sum(count.read for count in imported.tables.values())
        progress("store", rows, None, rows)
    return _finished(db, imported, log, started)


def _store(db: Database, batch: Batch, imported: Imported, log: ImportLog) -> None:
    """Store one batch and its rejects, and count them."""
    count = imported.tables.setdefault(batch.table, Count())
    store = partial(STORES[batch.table], db, origin=log.origin(batch.reading, says_kind=batch.says_kind))
    for rows, outcome in around_refused(store, batch.accepted.hstack(batch.aliases)):
        if isinstance(outcome, Refused):
            keep(db, batch.table, [(row, str(outcome)) for row in as_tuples(batch.table, rows)])
            count.rejected += 1
        else:
            count.stored += outcome.stored
            count.repaired += outcome.repaired
            count.duplicate += outcome.duplicate
            count.erased += outcome.erased
            count.rejected += len(outcome.unclear)
            keep(db, batch.table, [(one.row, one.reason) for one in outcome.unclear])
    rejects.add(db, batch.rejects)
    count.rejected += len(batch.rejects)
    count.read += batch.read


def _link(db: Database, imported: Imported) -> None:
    """Link reviews to their orders, if there are new reviews or new purchases."""
    if any(imported.tables[name].stored for name in ("reviews", "events") if name in imported.tables):
        imported.linked = reviews.link(db)
