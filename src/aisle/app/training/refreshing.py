"""What sells now, between two trainings: trending items and bestsellers, fitted on the newest events alone.

The live model knows its items and the weights of events; everything else that it learnt stays as it is, and so does its
bundle. The same models are fitted as in a training, on the same counts with the same caps (`prepare.votes`); what a
week of the calendar owes to a voter is counted from its beginning. Items that the newest events do not lift keep the
order that the training gave them. Newcomers' shelves, whose bound needs months, wait for the next training.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from aisle.app.data.tables import read_since, span
from aisle.app.progress import Progress, silent
from aisle.app.settings import Settings
from aisle.engine.recipe import Recipe
from aisle.models import fresh, registry
from aisle.prepare.build import build
from aisle.prepare.interactions import Interactions
from aisle.recommenders.base import Component, Recommender
from aisle.recommenders.popular.popularity import Popularity
from aisle.recommenders.popular.trending import Trending
from aisle.shop.errors import NoModel
from aisle.shop.moments import DAY
from aisle.storage.connection import Database

_WEEK: Final = 7 * DAY


class Refreshed(NamedTuple):
    """What was fitted anew."""

    version: int
    """Of the live model."""
    models: tuple[str, ...]
    """Their names; empty if the live model has none that can be."""
    events: int
    """How many events they learnt from."""


def refresh(db: Database, settings: Settings, progress: Progress = silent) -> Refreshed:
    """Fit the live model's trending and bestselling items anew; every process follows within two seconds.

    Raises
    ------
    NoModel
        If nothing was trained yet.
    NotEnoughData
        If no event came in the days that count.
    BundleError
        If the live bundle is damaged, or the disk refuses.
    """
    row = registry.live(db)
    if row is None:
        raise NoModel("no model yet, so there is nothing to refresh; run aisle train")
    digest, bundle = registry.digest(settings.bundles, row), registry.load(settings.bundles, row, verify=False)
    recipe = Recipe.parse(row.recipe)
    models = {part.name: part for part in bundle.parts.values() if _days(part) is not None}
    if not models:
        return Refreshed(row.version, (), 0)
    end = bundle.manifest.window[1] if bundle.manifest.window else bundle.manifest.created
    since = end - round(max(_days(part) or 0.0 for part in models.values()) * DAY)
    newest = read_since(db, settings, since - since % _WEEK, progress)
    data = build(newest, recipe.weights, span(newest)[1] + 1, items=bundle.items)
    fitted = {name: fitted_anew(part, data, recipe.seed) for name, part in models.items()}
    fresh.save(settings.bundles, row, digest, fitted, data.now)
    progress("fit what sells now", 1, 1)
    return Refreshed(row.version, tuple(sorted(fitted)), len(data.log))


def fitted_anew(model: Component[Any], data: Interactions, seed: int) -> Recommender[Any]:
    """Return a model fitted on the newest events; what these do not lift keeps its order behind what they do."""
    assert isinstance(model, (Popularity, Trending))  # noqa: S101  `_days` knows no others
    unfitted = Popularity(model.config) if isinstance(model, Popularity) else Trending(model.config)
    fitted = unfitted.fit(data, seed=seed)
    behind = np.where(model.scores_ > 0, fitted.scores_, model.scores_)
    fitted.scores_ = np.where(fitted.scores_ > 0, fitted.scores_, behind)
    return fitted


def _days(part: Component[Any]) -> float | None:
    """Return how many days a model looks back; None if the newest events are not enough for it."""
    if isinstance(part, Trending):
        return part.config.window_days + part.config.baseline_days
    if isinstance(part, Popularity) and part.config.measure == "events" and not part.config.per_category:
        return part.config.window_days
    return None
