"""Backup of a shop in one file, and restore: every table, and the live model.

The file is a zip archive that other tools can read: `tables/NAME/00000.parquet` and so on, `model/` with the live
bundle, and `manifest.json` with the checksum of each member. It can be restored into any database that Aisle supports.
The settings are not in it: `aisle.toml` may hold a password, and belongs with the shop's code.
"""

import hashlib
import io
import os
import shutil
import time
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from aisle._version import __version__
from aisle.app.data.atomic_write import atomic_write, check_new
from aisle.app.data.setup import prepare_database
from aisle.app.progress import Progress, silent
from aisle.app.settings import Settings
from aisle.shop.errors import FileError, InputError, SchemaError
from aisle.shop.moments import now
from aisle.storage import backup as tables
from aisle.storage.backup import Part
from aisle.storage.connection import Database, connect
from aisle.storage.migrations import HEAD

FORMAT: Final = 1
"""The layout of archives that this code writes and reads."""

_MANIFEST: Final = "manifest.json"
_MODEL: Final = "model/"
_MODELS: Final = "models"


class Member(msgspec.Struct, frozen=True):
    """A file of an archive."""

    name: str
    sha256: str
    table: str | None = None
    """The table whose rows it holds; null for a file of the model."""


class Manifest(msgspec.Struct, frozen=True):
    """The contents of an archive."""

    format: int
    aisle: str
    db_schema: str
    created: int
    model: int | None
    """The version of the live model, whose bundle is in the archive; null if there was none."""
    members: list[Member]


class Copied(msgspec.Struct, frozen=True):
    """What was backed up or restored."""

    rows: dict[str, int]
    """How many rows of each table."""
    model: int | None
    """The version of the live model."""
    created: int
    """The moment of the backup."""
    bytes: int
    seconds: float


def backup(db: Database, settings: Settings, out: Path, progress: Progress = silent) -> Copied:
    """Write every table, as of one moment, and the live model into a file that appears when it is complete.

    Raises
    ------
    FileError
        If the file exists or cannot be written.
    StorageError
        If the database refuses.
    """
    started = time.perf_counter()
    check_new(out)
    with atomic_write(out) as partial, open(partial, "xb", opener=_private) as file:
        with zipfile.ZipFile(file, "w") as archive:
            rows, model, created = _write(archive, db, settings, progress)
        file.flush()
        os.fsync(file.fileno())
    return Copied(rows, model, created, out.stat().st_size, time.perf_counter() - started)


def restore(settings: Settings, file: Path, *, force: bool = False, progress: Progress = silent) -> Copied:
    """Replace every table and the live model by those of a backup; people who were erased since then stay erased.

    Either all tables are replaced or, if something goes wrong, none.

    Parameters
    ----------
    force
        Whether a database that holds data may be replaced.

    Raises
    ------
    FileError
        If the file is missing, damaged, or not a backup.
    SchemaError
        If a newer Aisle wrote it.
    InputError
        If the database holds data and `force` is not given.
    """
    started = time.perf_counter()
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = _manifest(archive, file)
            prepare_database(settings)
            with connect(settings.database_url) as db, _unpacked_model(archive, manifest, settings.bundles) as unpacked:
                if not force and not tables.is_empty(db):
                    raise InputError(f"database {db.name} holds data; give --force to replace all of it")
                rows = tables.load(db, _parts(archive, manifest, progress))
                if unpacked is not None:
                    _put_in_place(unpacked, settings.bundles / f"{manifest.model:06d}")
    except (OSError, zipfile.BadZipFile) as error:
        raise FileError(f"{file} cannot be restored: {error}; name another backup") from None
    return Copied(rows, manifest.model, manifest.created, file.stat().st_size, time.perf_counter() - started)


# --- Out --------------------------------------------------------------------------------------------------------------


def _private(path: str, flags: int) -> int:
    """Open a file that only its owner may read."""
    return os.open(path, flags, 0o600)


def _write(
    archive: zipfile.ZipFile, db: Database, settings: Settings, progress: Progress
) -> tuple[dict[str, int], int | None, int]:
    members: list[Member] = []
    rows: dict[str, int] = {}
    live: tuple[int, str] | None = None
    created = now()
    for part in tables.dump(db):
        number = sum(member.table == part.table for member in members)
        buffer = io.BytesIO()
        part.frame.write_parquet(buffer)
        name = f"tables/{part.table}/{number:05d}.parquet"
        members.append(_add(archive, name, buffer.getvalue(), part.table))
        rows[part.table] = rows.get(part.table, 0) + part.frame.height
        if part.table == _MODELS:
            live = _live(part.frame) or live
        progress("back up", sum(rows.values()), None, sum(rows.values()))
    if live is not None:
        folder = settings.bundles / live[1]
        members += [_add(archive, _MODEL + file.name, file.read_bytes()) for file in sorted(folder.iterdir())]
    manifest = Manifest(FORMAT, __version__, HEAD, created, live[0] if live else None, members)
    archive.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    return rows, manifest.model, created


def _add(archive: zipfile.ZipFile, name: str, content: bytes, table: str | None = None) -> Member:
    archive.writestr(name, content)
    return Member(name, hashlib.sha256(content).hexdigest(), table)


def _live(models: pl.DataFrame) -> tuple[int, str] | None:
    """Return the version and the folder of the live model, if it is among these rows of the registry."""
    rows = models.filter(pl.col("status") == "live").select("version", "path").rows()
    return rows[0] if rows else None


# --- In ---------------------------------------------------------------------------------------------------------------


def _manifest(archive: zipfile.ZipFile, file: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode(archive.read(_MANIFEST), type=Manifest)
    except (KeyError, ValueError):
        raise FileError(f"{file} is no backup of Aisle; name a file that aisle backup wrote") from None
    if manifest.format > FORMAT or manifest.db_schema > HEAD:
        raise SchemaError(f"{file} was written by a newer Aisle ({manifest.aisle}); install that version")
    return manifest


def _parts(archive: zipfile.ZipFile, manifest: Manifest, progress: Progress) -> Iterator[Part]:
    rows = 0
    for member in manifest.members:
        if member.table is None:
            continue
        frame = pl.read_parquet(io.BytesIO(_content(archive, member)))
        if member.table == _MODELS:
            frame = frame.with_columns(pl.when(pl.col("version") == manifest.model).then("path").alias("path"))
        yield Part(member.table, frame)
        rows += frame.height
        progress("restore", rows, None, rows)


def _content(archive: zipfile.ZipFile, member: Member) -> bytes:
    try:
        content = archive.read(member.name)
    except KeyError:
        raise FileError(f"{member.name} is missing in the backup; name another backup") from None
    if hashlib.sha256(content).hexdigest() != member.sha256:
        raise FileError(f"{member.name} is damaged in the backup; name another backup")
    return content


@contextmanager
def _unpacked_model(archive: zipfile.ZipFile, manifest: Manifest, bundles: Path) -> Iterator[Path | None]:
    """Write the live bundle to a temporary folder, to be moved into place once the tables are restored."""
    if manifest.model is None:
        yield None
        return
    unpacked = bundles / f".unfinished-restore-{uuid.uuid4().hex}"
    try:
        unpacked.mkdir(parents=True)
        for member in manifest.members:
            if member.table is None:
                (unpacked / Path(member.name).name).write_bytes(_content(archive, member))
        yield unpacked
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def _put_in_place(unpacked: Path, place: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    unpacked.replace(place)
