"""How fatigue fades in this shop, learnt from the shelves that it showed, where enough of them were clicked."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from aisle.engine.recipe import PATIENCE
from aisle.engine.shelf.fatigue import VISIT
from aisle.prepare.shown import CLICKED_AT
from aisle.recommenders.base import Component, NoSettings
from aisle.recommenders.second_stage.patience import Patience, Visits
from aisle.shop.columns import ITEM_ID, TIMESTAMP, USER_ID
from aisle.shop.errors import NotEnoughData


def with_patience(shown: pl.DataFrame, components: Mapping[str, Component[Any]]) -> dict[str, Component[Any]]:
    """Return the components of a bundle, with how fatigue fades if what was shown tells."""
    try:
        return {**components, PATIENCE: Patience(NoSettings()).fit(visits(shown))}
    except NotEnoughData:
        return dict(components)


def visits(shown: pl.DataFrame) -> Visits:
    """Return the visits on which shoppers were shown the items of the main shelf."""
    ordered = shown.sort(USER_ID, ITEM_ID, TIMESTAMP)
    pair = ordered.select(pl.struct(USER_ID, ITEM_ID).rle_id()).to_series().to_numpy().astype(np.int64)
    timestamp = ordered[TIMESTAMP].to_numpy()
    was_clicked = ordered[CLICKED_AT].is_not_null().to_numpy()
    begins = np.flatnonzero(np.append(True, (np.diff(pair) != 0) | (np.diff(timestamp) > VISIT))[: len(pair)])
    if len(begins):
        was_clicked = np.maximum.reduceat(was_clicked, begins)
    return Visits(pair[begins], timestamp[begins], was_clicked)
