"""A columnar copy of the shop's events, for what reads all of them: Parquet files beside the shop.

Only what is new or changed is read from the database. The copy holds nothing that the database does not: it is made
again where it is missing, damaged, or of another database, and may be deleted at any time. A file is written under
another name, synced and renamed, and `manifest.json` names the files that count: whoever dies at work leaves at most
files that nobody names, which the next one removes.

Events are kept by blocks of their numbers. A block that changed (`storage.log.event_changes`) is read again as a whole;
the last one grows by small files, which become one when there are many. Numbers may become visible late, as a writer
commits after one with greater numbers: a block is counted again until it has been full for an hour, or a million
numbers lie beyond it.
"""

import fcntl
import os
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from aisle.app.progress import Progress, silent
from aisle.app.settings import Settings
from aisle.shop import columns as c
from aisle.shop.errors import FileError
from aisle.shop.moments import HOUR, now
from aisle.shop.schemas import schema_of
from aisle.storage.connection import Database, Transaction
from aisle.storage.log import event_changes
from aisle.storage.log.event_changes import State

COLUMNS: Final = tuple(name for name in c.STORED_EVENTS if name not in (c.EVENT_ID, c.PROPERTIES))
"""The columns that are copied."""

SCHEMA: Final = schema_of({name: c.STORED_EVENTS[name] for name in COLUMNS})

FORMAT: Final = 2
"""The layout that this code writes; another one is made again."""

MOST_PIECES: Final = 8
"""A block of more files than this is written anew as one."""

SETTLING: Final = HOUR
"""No writer takes longer than this from its first number until they all are visible."""

SETTLED_BLOCKS: Final = 10
"""Nor do others take so many blocks of numbers meanwhile."""

_MANIFEST: Final = "manifest.json"
_LOCK: Final = "lock"


class Piece(msgspec.Struct, frozen=True):
    """A file."""

    name: str
    bytes: int
    crc: int


class Block(msgspec.Struct):
    """The events of a block."""

    pieces: list[Piece]
    rows: int
    last: int
    """The greatest number."""
    event_id: str | None
    """The id of the event with that number."""
    full: int | None = None
    """When numbers beyond the block were first seen."""
    settled: bool = False
    """Whether nothing can come to it any more."""


class Manifest(msgspec.Struct):
    """What the copy consists of."""

    format: int
    columns: list[str]
    epoch: int
    version: int
    blocks: dict[int, Block]

    @property
    def rows(self) -> int:
        """The number of events."""
        return sum(block.rows for block in self.blocks.values())


class Copy:
    """The copy of a shop's events, as of when it was last brought up to date."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def current(self, db: Database, progress: Progress = silent) -> Iterator[pl.LazyFrame]:
        """Bring the copy up to date and lend it; it stays as it is until the end of the block.

        Raises
        ------
        FileError
            If the disk refuses.
        StorageError
            If the database refuses.
        """
        with self._locked(fcntl.LOCK_EX):
            manifest = self._refresh(db, progress)
        with self._locked(fcntl.LOCK_SH):
            # Another process may have brought it further meanwhile.
            yield self._scan(self._read() or manifest)

    def forget(self, db: Database) -> None:
        """Remove the files of blocks that changed, such as those with events of an erased person.

        Where another process is at work on the copy, this waits for nobody: whoever uses the copy next removes them.
        """
        if not (self._folder / _MANIFEST).is_file():
            return
        with suppress(BlockingIOError), self._locked(fcntl.LOCK_EX | fcntl.LOCK_NB), db.snapshot() as connection:
            self._write(self._kept(connection, event_changes.state(connection)))

    # --- Refreshing ---------------------------------------------------------------------------------------------------

    def _refresh(self, db: Database, progress: Progress) -> Manifest:
        with db.snapshot() as connection:
            state = event_changes.state(connection)
            manifest = self._kept(connection, state)
            self._write(manifest)
            self._bring_all(connection, manifest, state, progress)
            if manifest.rows != event_changes.count(connection):  # somebody removed or added events with SQL
                for block in manifest.blocks.values():
                    block.settled = False
                self._bring_all(connection, manifest, state, progress)
        return manifest

    def _bring_all(self, connection: Transaction, manifest: Manifest, state: State, progress: Progress) -> None:
        """Bring every block up to date, and say after each that changed which files count."""
        number = event_changes.next_block(connection, -1)
        while number is not None:
            old = manifest.blocks.get(number)
            manifest.blocks[number] = self._bring(connection, old, number, state)
            if manifest.blocks[number] != old:
                self._write(manifest)
            progress("copy events", number + 1, state.last // event_changes.BLOCK + 1, manifest.rows)
            number = event_changes.next_block(connection, (number + 1) * event_changes.BLOCK - 1)

    def _kept(self, connection: Transaction, state: State) -> Manifest:
        """Return what still is as in the database, of the copy as it was."""
        old = self._read()
        fresh = Manifest(FORMAT, list(COLUMNS), state.epoch, state.version, {})
        if old is None or (old.format, old.columns, old.epoch) != (FORMAT, fresh.columns, state.epoch):
            return fresh
        if old.version > state.version:
            return fresh
        stale = event_changes.changed_since(connection, old.version)
        # An older state of the database that somebody put in its place has other events there, or none.
        ids = event_changes.event_ids(connection, [block.last for block in old.blocks.values()])
        for number, block in old.blocks.items():
            same = number not in stale and ids.get(block.last) == block.event_id
            if same and all(map(self._is_whole, block.pieces)):
                fresh.blocks[number] = block
        return fresh

    def _bring(self, connection: Transaction, old: Block | None, number: int, state: State) -> Block:
        """Return a block as it is in the database."""
        if old is not None and old.settled:
            return old
        there = event_changes.tail(connection, number)
        block = self._extended(connection, old or _empty(number), number)
        if block.rows != there.rows:  # some became visible late
            block = self._extended(connection, _empty(number), number)
        beyond = state.last // event_changes.BLOCK - number
        if len(block.pieces) > (MOST_PIECES if beyond == 0 else 1):
            block.pieces = [self._store(pl.concat(pl.read_parquet(self._folder / one.name) for one in block.pieces))]
        moment = now()
        full = (block.full or moment) if beyond else None
        settled = full is not None and (moment - full > SETTLING or beyond >= SETTLED_BLOCKS)
        return Block(block.pieces, block.rows, there.last, there.event_id, full, settled)

    def _extended(self, connection: Transaction, block: Block, number: int) -> Block:
        """Return a block with the events that the database has beyond its last one."""
        frames = list(event_changes.read(connection, number, block.last, COLUMNS))
        if not frames:
            return block
        frame = pl.concat(frames)
        pieces, rows = [*block.pieces, self._store(frame)], block.rows + frame.height
        return msgspec.structs.replace(block, pieces=pieces, rows=rows)

    # --- Files --------------------------------------------------------------------------------------------------------

    def _scan(self, manifest: Manifest) -> pl.LazyFrame:
        files = [self._folder / piece.name for block in manifest.blocks.values() for piece in block.pieces]
        return pl.scan_parquet(files, schema=SCHEMA) if files else pl.LazyFrame(schema=SCHEMA)

    def _read(self) -> Manifest | None:
        with suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode((self._folder / _MANIFEST).read_bytes(), type=Manifest)
        return None

    def _is_whole(self, piece: Piece) -> bool:
        with suppress(OSError):
            content = (self._folder / piece.name).read_bytes()
            return len(content) == piece.bytes and zlib.crc32(content) == piece.crc
        return False

    def _store(self, frame: pl.DataFrame) -> Piece:
        name = f"{uuid.uuid4().hex}.parquet"
        partial = self._folder / f".{name}.partial"
        with _explained(self._folder):
            frame.write_parquet(partial, compression="lz4", statistics=True)
            content = partial.read_bytes()
            _sync(partial)
            partial.replace(self._folder / name)
        return Piece(name, len(content), zlib.crc32(content))

    def _write(self, manifest: Manifest) -> None:
        """Say which files count, and remove all others."""
        named = {piece.name for block in manifest.blocks.values() for piece in block.pieces}
        partial = self._folder / f".{_MANIFEST}.partial"
        with _explained(self._folder):
            partial.write_bytes(msgspec.json.encode(manifest))
            _sync(partial)
            _sync(self._folder)
            partial.replace(self._folder / _MANIFEST)
            _sync(self._folder)
            for path in self._folder.iterdir():
                if path.name not in (*named, _MANIFEST, _LOCK):
                    path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        with _explained(self._folder):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = (self._folder / _LOCK).open("a")
        with lock:
            fcntl.flock(lock, kind)
            yield


def _empty(number: int) -> Block:
    return Block([], 0, number * event_changes.BLOCK - 1, None)


def copy_of(settings: Settings) -> Copy:
    """Return the copy of a shop's events, which lies in the shop's folder."""
    return Copy(settings.folder / "columns")


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileError(
            f"cannot write {folder}: {error.strerror or error}; make room, or give Aisle the right"
        ) from None


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
