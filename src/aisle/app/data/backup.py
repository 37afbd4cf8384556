"""A shop in one file, and back: every table, and the model that answers.

The file is a zip archive that other tools read too: `tables/NAME/00000.parquet` and so on, `model/` with the live
bundle, and `manifest.json` with the checksum of each. It fits any of the databases that Aisle knows. The settings are
not in it: `aisle.toml` may hold a password, and belongs with the shop's code.
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
    """What an archive holds."""

    format: int
    aisle: str
    db_schema: str
    created: int
    model: int | None
    """The version of the live model, whose bundle is in it."""
    members: list[Member]


class Copied(msgspec.Struct, frozen=True):
    """What was backed up or restored."""

    rows: dict[str, int]
    model: int | None
    created: int
    """The moment of the backup."""
    bytes: int
    seconds: float


def backup(db: Database, settings: Settings, out: Path, progress: Progress = silent) -> Copied:
    """Write every table, as of one moment, and the live model into a file that appears when it is complete.

    Raises
    ------
    FileError
        If the file is there already, or cannot be written.
    StorageError
        If the database refuses.
    """
    started = time.perf_counter()
    if out.exists():
        raise FileError(f"{out} is there already; choose another file")
    partial = out.with_name(f".{out.name}.{uuid.uuid4().hex}.partial")
    try:
        with open(partial, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            with zipfile.ZipFile(file, "w") as archive:
                rows, model, created = _write(archive, db, settings, progress)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(out)
    except OSError as error:
        raise FileError(f"cannot write {out}: {error.strerror or error}; choose another file") from None
    finally:
        partial.unlink(missing_ok=True)
    return Copied(rows, model, created, out.stat().st_size, time.perf_counter() - started)


def restore(settings: Settings, file: Path, *, force: bool = False, progress: Progress = silent) -> Copied:
    """Replace every table and the live model by those of a backup; people who were erased since then stay erased.

    Either everything is replaced or, if something goes wrong, nothing in the database is.

    Parameters
    ----------
    force
        Whether a database that holds something may be replaced.

    Raises
    ------
    FileError
        If the file is missing, no backup or damaged.
    SchemaError
        If a newer Aisle wrote it.
    InputError
        If the database holds something and `force` is not given.
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


def _write(
    archive: zipfile.ZipFile, db: Database, settings: Settings, progress: Progress
) -> tuple[dict[str, int], int | None, int]:
    members: list[Member] = []
    rows: dict[str, int] = {}
    live: tuple[int, str] | None = None
    created = now()
    for part in tables.dump(db):
        number = sum(one.table == part.table for one in members)
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
        members += [_add(archive, _MODEL + one.name, one.read_bytes()) for one in sorted(folder.iterdir())]
    manifest = Manifest(FORMAT, __version__, HEAD, created, live[0] if live else None, members)
    archive.writestr(_MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    return rows, manifest.model, created


def _add(archive: zipfile.ZipFile, name: str, content: bytes, table: str | None = None) -> Member:
    archive.writestr(name, content)
    return Member(name, hashlib.sha256(content).hexdigest(), table)


def _live(models: pl.DataFrame) -> tuple[int, str] | None:
    """Return the version and the folder of the live model among some."""
    found = models.filter(pl.col("status") == "live").select("version", "path").rows()
    return found[0] if found else None


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
        raise FileError(f"{member.name} is missing in the backup; name another one") from None
    if hashlib.sha256(content).hexdigest() != member.sha256:
        raise FileError(f"{member.name} is damaged in the backup; name another one")
    return content


@contextmanager
def _unpacked_model(archive: zipfile.ZipFile, manifest: Manifest, bundles: Path) -> Iterator[Path | None]:
    """Write the live bundle beside its place, to be moved there once the tables are restored."""
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
