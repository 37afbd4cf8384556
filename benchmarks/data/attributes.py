"""Attributes of items as a catalogue, from `item_attributes.json`: attribute ids by item id."""

import json
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.prepare.catalogue import aligned
from aisle.shop.columns import ITEM_ID, TAGS
from aisle.shop.ids import Vocabulary


def read(folder: Path, ids: NDArray[np.int64]) -> pl.DataFrame | None:
    """Return a catalogue in which attributes are tags, or None if the folder has no attributes.

    Parameters
    ----------
    folder
        Holds `item_attributes.json`.
    ids
        The id of each item by its number; in the catalogue, numbers are the ids.
    """
    path = folder / "item_attributes.json"
    if not path.exists():
        return None
    attributes = json.loads(path.read_text())
    tags = ["|".join(map(str, attributes.get(str(item_id), ()))) or None for item_id in ids]
    numbers = list(map(str, range(len(ids))))
    return aligned(pl.DataFrame({ITEM_ID: numbers, TAGS: tags}), Vocabulary(numbers))
