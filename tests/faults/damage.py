"""Bundles whose files were cut off or had a bit flipped, offered to a server's watch as the live model."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from msgspec import structs

from aisle.app.serving.model_watch import ModelWatch
from aisle.app.settings import Settings
from aisle.models import registry
from aisle.storage.connection import connect
from aisle.storage.work import models


class Damage(NamedTuple):
    """How many damaged bundles were offered, and how many of them were refused while the old model stayed."""

    offered: int
    refused: int


def offer_damaged(folder: Path, times: int, seed: int = 0) -> Damage:
    """Damage the newest bundle of a shop again and again, and make it live each time.

    The shop has two models. Half of the bundles are cut off at a random length, half have one random bit flipped.
    """
    settings = Settings.read(folder)
    rng = np.random.default_rng(seed)
    refused = 0
    with connect(settings.database_url) as db:
        rows = registry.list_(db)
        old, new = rows[-2], rows[-1]
        bundle = registry.place(settings.bundles, new)
        whole = {file: file.read_bytes() for file in sorted(bundle.iterdir())}
        for number in range(times):
            models.promote(db, old.version)
            with tempfile.TemporaryDirectory() as copies:
                watch = ModelWatch(db, settings.bundles, Path(copies))
                before = watch.current()
                file = list(whole)[rng.integers(len(whole))]
                _damage(file, whole[file], rng, cut=number % 2 == 0)
                models.promote(db, new.version)
                watch.refresh()
                refused += watch.current() is before
                file.write_bytes(whole[file])
    return Damage(times, refused)


def accepts_whole(folder: Path) -> bool:
    """Return whether the same watch takes the newest bundle when nothing is wrong with it."""
    settings = Settings.read(folder)
    with connect(settings.database_url) as db, tempfile.TemporaryDirectory() as copies:
        old, new = registry.list_(db)[-2:]
        models.promote(db, old.version)
        watch = ModelWatch(db, settings.bundles, Path(copies))
        before = watch.current()
        models.promote(db, new.version)
        watch.refresh()
        return watch.current() is not before


def _damage(file: Path, content: bytes, rng: np.random.Generator, *, cut: bool) -> None:
    if cut:
        file.write_bytes(content[: rng.integers(len(content))])
        return
    flipped = bytearray(content)
    bit = int(rng.integers(len(content) * 8))
    flipped[bit // 8] ^= 1 << bit % 8
    file.write_bytes(flipped)


def two_models(folder: Path, source: Path) -> Path:
    """Copy a shop that has one model, and enter another version, which differs in its date alone."""
    shutil.copytree(source, folder)
    settings = Settings.read(folder)
    with connect(settings.database_url) as db:
        bundle = registry.load(settings.bundles, registry.list_(db)[-1])
        later = structs.replace(bundle.manifest, created=bundle.manifest.created + 1)
        registry.publish(db, settings.bundles, replace(bundle, manifest=later))
    return folder
