"""What was fitted anew since a training: small bundles beside that of a model, which itself stays as it is.

`fresh/000007-1764464400000000` belongs to version 7; of several the newest counts.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from aisle.models import bundle as bundles
from aisle.models.bundle import Bundle, Manifest
from aisle.models.registry import ModelRow
from aisle.recommenders.base import Recommender
from aisle.shop.errors import BundleError
from aisle.shop.ids import Vocabulary
from aisle.shop.moments import now

FOLDER: Final = "fresh"
KEPT: Final = 2
"""How many stay: a process may still read the one before the newest."""

_OF: Final = "of"
"""Where a manifest says to which bundle it belongs, by the digest of that."""

_NAME: Final = re.compile(r"(\d{6,})-(\d+)")


def save(folder: Path, row: ModelRow, digest: str, models: Mapping[str, Recommender[Any]], data_end: int) -> Path:
    """Save models that were fitted anew, for a model whose bundle has a digest; older ones are cleared away.

    Raises
    ------
    BundleError
        If they cannot be saved.
    """
    place = folder / FOLDER / f"{row.path}-{now()}"
    manifest = Manifest(window=(data_end, data_end), recipe={_OF: digest})
    bundles.save(place, Bundle(manifest, Vocabulary(()), dict(models)))
    kept = _found(folder, row)[-KEPT:]
    for old in place.parent.iterdir():
        if _NAME.fullmatch(old.name) and old not in kept:
            shutil.rmtree(old, ignore_errors=True)
    return place


def newest(folder: Path, row: ModelRow) -> Path | None:
    """Return where the newest models are that were fitted anew for a model; None if none were."""
    return next(iter(_found(folder, row)[::-1]), None)


def load(place: Path, digest: str, items: int) -> dict[str, Recommender[Any]]:
    """Return models that were fitted anew, by name, in memory of their own.

    Raises
    ------
    BundleError
        If they are damaged, or belong to another bundle.
    """
    bundle = bundles.load(place)
    if bundle.manifest.recipe.get(_OF) != digest:
        raise BundleError(f"{place} belongs to another model; it is passed over")
    models: dict[str, Recommender[Any]] = {}
    for name, part in bundle.parts.items():
        if not isinstance(part, Recommender):
            raise BundleError(f"{place} holds {name}, which ranks nothing")
        # Not mapped: whatever happens to the file must not reach a process that serves.
        model = type(part).from_arrays(part.config, {key: np.array(array) for key, array in part.arrays().items()})
        if model.items_count != items:
            raise BundleError(f"{place} ranks {model.items_count} items instead of {items}")
        models[name] = model
    return models


def _found(folder: Path, row: ModelRow) -> list[Path]:
    """Return what was saved for a model, oldest first."""
    try:
        names = [match for path in (folder / FOLDER).iterdir() if (match := _NAME.fullmatch(path.name))]
    except OSError:
        return []
    return [folder / FOLDER / match[0] for match in sorted(names, key=lambda one: int(one[2])) if match[1] == row.path]
