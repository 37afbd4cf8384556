"""The last resort of a server that finds no sound bundle: the shop's bestsellers, counted in its database.

They are those that a training would make of the same events. This brings Polars, which a shelf does without.
"""

from aisle.app.data.tables import read_catalogue, read_training_events, shown_items, span, steady
from aisle.app.settings import Settings
from aisle.engine.model import TrainedModel
from aisle.engine.recipe import BASELINE, ModelSpec, Recipe
from aisle.prepare.build import build
from aisle.storage.connection import Database
from aisle.storage.work.models import ModelRow


def bestsellers(db: Database, settings: Settings, row: ModelRow) -> TrainedModel:
    """Return a model that knows bestsellers alone, by the recipe of a model whose bundle is damaged.

    Raises
    ------
    NotEnoughData
        If there are no events, or none that say what sells.
    SettingsError
        If another version of Aisle wrote the recipe.
    StorageError
        If the database does not answer.
    """
    recipe = Recipe.parse(row.recipe)
    log = steady(read_training_events(db, settings))
    data = build(log, recipe.weights, span(log)[1] + 1, more_items=shown_items(read_catalogue(db)))
    model = recipe.parts.get(BASELINE) or ModelSpec.parse(BASELINE, {})
    return TrainedModel.of_bestsellers(model.fit(data, recipe.seed), data.items, recipe, data.now)
