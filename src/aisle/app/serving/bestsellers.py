"""The last resort of a server that finds no sound bundle: the shop's bestsellers, counted in its database.

They are those that a training would make of the same events. This brings Polars, which a shelf does without.
"""

from dataclasses import replace

from aisle.app.data.tables import read_catalogue, read_since, shown_items, span
from aisle.app.settings import Settings
from aisle.engine.model import TrainedModel
from aisle.engine.recipe import BASELINE, ModelSpec, Recipe
from aisle.prepare.build import build
from aisle.prepare.catalogue import aligned
from aisle.prepare.weigh import Weights
from aisle.shop.errors import NotEnoughData, SettingsError
from aisle.storage.connection import Database
from aisle.storage.work.models import ModelRow


def bestsellers(db: Database, settings: Settings, row: ModelRow) -> TrainedModel:
    """Return a model that knows bestsellers alone, by the recipe of a model whose bundle is damaged.

    Only the database is read, and nothing is written: what damaged the bundles may be a full disk.

    Raises
    ------
    NotEnoughData
        If no event says what anybody likes.
    StorageError
        If the database does not answer.
    """
    recipe = _recipe_of(row, settings)
    log, catalogue = read_since(db, settings, None), read_catalogue(db)
    data = build(log, recipe.weights, span(log)[1] + 1, more_items=shown_items(catalogue))
    data = replace(data, catalogue=aligned(catalogue, data.items))
    usual = ModelSpec.parse(BASELINE, {})
    of_shop = next((part for part in recipe.parts.values() if part.model == BASELINE), usual)
    try:
        model = of_shop.fit(data, recipe.seed)
    except NotEnoughData:  # such as the best stars, where these came from reviews
        model = usual.fit(data, recipe.seed)
    return TrainedModel.of_bestsellers(model, data.items, recipe, data.now)


def _recipe_of(row: ModelRow, settings: Settings) -> Recipe:
    """Return a model's recipe; if another version of Aisle wrote it, what bestsellers need of the shop's settings."""
    try:
        return Recipe.parse(row.recipe)
    except SettingsError:
        return Recipe(parts={}, weights=Weights.parse(settings.weights), seed=settings.train.seed).only_popular()
