"""Which models there are and which one answers: rows in the shop's database, bundles in a folder beside it.

Every function that takes a `folder` means the one that holds the bundles of all versions.
"""

import hashlib
import re
import shutil
from pathlib import Path
from typing import Final

from aisle.models import bundle as bundles
from aisle.models.bundle import Bundle, Lookup
from aisle.recommenders.catalog import component_by_name
from aisle.shop.errors import BundleError, NoModel
from aisle.storage.connection import Database
from aisle.storage.work import models
from aisle.storage.work.leases import Lease
from aisle.storage.work.models import ModelRow, get, list_, live, note_run, refuse

__all__ = [
    "KEPT",
    "ModelRow",
    "digest",
    "get",
    "list_",
    "live",
    "load",
    "note_run",
    "once_live",
    "place",
    "promote",
    "publish",
    "refuse",
    "rollback",
]

KEPT: Final = 5
"""The number of bundles that are kept beside the live one and the one before it."""


def publish(db: Database, folder: Path, bundle: Bundle, note: str = "", lease: Lease | None = None) -> ModelRow:
    """Save a bundle as the next version and enter it as a candidate.

    Raises
    ------
    BundleError
        If it cannot be saved; then the version is entered as refused.
    Overtaken
        If somebody else has taken over the lease under which it was trained.
    StorageError
        If the database refuses.
    """
    manifest = bundle.manifest
    row = models.add(db, recipe=manifest.recipe, metrics=manifest.metrics, note=note, lease=lease)
    try:
        bundles.save(place(folder, row), bundle)
    except BundleError:
        models.refuse(db, row.version, "could not be saved")
        models.clear_paths(db, [row.version])
        raise
    return row


def load(folder: Path, row: ModelRow, *, verify: bool = True, lookup: Lookup = component_by_name) -> Bundle:
    """Open the bundle of a model.

    Raises
    ------
    NoModel
        If its bundle is no longer kept.
    BundleError
        If its bundle is missing or damaged.
    """
    return bundles.load(place(folder, row), verify=verify, lookup=lookup)


def digest(folder: Path, row: ModelRow) -> str:
    """Return a digest of what a bundle should hold: its manifest has the checksum of every array.

    Raises
    ------
    NoModel
        If the bundle is no longer kept.
    """
    try:
        text = (place(folder, row) / bundles.MANIFEST).read_bytes()
    except OSError:
        return "unreadable"  # to load it says why
    return hashlib.sha256(text).hexdigest()


def once_live(db: Database) -> list[ModelRow]:
    """Return the models that were live before this one and were not rolled back, the newest first."""
    before = [row for row in list_(db) if row.status == "retired" and row.promoted is not None]
    return sorted(before, key=lambda row: row.promoted or 0, reverse=True)


def promote(
    db: Database, folder: Path, version: int, lookup: Lookup = component_by_name, lease: Lease | None = None
) -> ModelRow:
    """Make a model the live one, once its bundle has proved sound, and clear away the oldest bundles.

    Raises
    ------
    NoModel
        If there is none of this version, or its bundle is no longer kept.
    BundleError
        If its bundle is missing or damaged; the live model stays.
    Overtaken
        If somebody else has taken over the lease under which it was trained.
    StorageError
        If the database refuses.
    """
    load(folder, models.get(db, version), lookup=lookup)
    row = models.promote(db, version, lease)
    _clear_away(db, folder)
    return row


def rollback(db: Database, folder: Path, lookup: Lookup = component_by_name) -> ModelRow:
    """Make the model live again that was live before this one, once its bundle has proved sound; return it.

    Raises
    ------
    NoModel
        If no model was live before.
    BundleError
        If its bundle is missing or damaged; the live model stays.
    StorageError
        If the database refuses.
    """
    before = models.previous(db)
    if before is not None:
        load(folder, before, lookup=lookup)
    return models.rollback(db)


def place(folder: Path, row: ModelRow) -> Path:
    """Return the folder of a bundle.

    Raises
    ------
    NoModel
        If it is no longer kept.
    """
    if row.path is None:
        raise NoModel(f"the bundle of model {row.version} is no longer kept; run `aisle train`")
    return folder / row.path


def _clear_away(db: Database, folder: Path) -> None:
    """Remove the bundles that nobody can go back to; only those that were on disk before the rows were read."""
    on_disk = [bundle for bundle in folder.iterdir() if re.fullmatch(r"\d{6,}", bundle.name)]
    kept = [row for row in list_(db) if row.path is not None]
    spared = {row.version for row in (live(db), models.previous(db)) if row is not None}
    expired = [row.version for row in kept if row.version not in spared][:-KEPT]
    if expired:
        models.clear_paths(db, expired)
    paths = {row.path for row in kept if row.version not in expired}
    for bundle in on_disk:
        if bundle.name not in paths:
            shutil.rmtree(bundle, ignore_errors=True)
