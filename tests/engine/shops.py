"""Trained models that need no training: as much of them as a test asks for."""

import numpy as np
from numpy.typing import NDArray

from aisle.engine.model import TrainedModel
from aisle.engine.recipe import PERSONAL, POPULAR, ModelSpec, Recipe
from aisle.prepare.weigh import Weights
from aisle.recommenders.popular.popularity import Popularity, PopularityConfig
from aisle.shop.ids import Vocabulary


def popular_model(items: int) -> TrainedModel:
    """Return a model that shows everybody item 0 first, then item 1, and so on; their ids are i0, i1, …"""
    popularity = Popularity(PopularityConfig())
    popularity.scores_ = np.arange(items, 0, -1).astype(np.float32)
    spec = ModelSpec.parse("popularity", {})
    recipe = Recipe(parts=dict.fromkeys((PERSONAL, POPULAR), spec), weights=Weights(), seed=1)
    vocabulary = Vocabulary(tuple(f"i{item}" for item in range(items)))
    return TrainedModel(1, dict.fromkeys((PERSONAL, POPULAR), popularity), vocabulary, recipe, data_end=0)


def no_items() -> NDArray[np.int32]:
    """Return no items."""
    return np.zeros(0, np.int32)
