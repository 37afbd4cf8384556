"""Fits the models of a recipe on Spark, except those that need the whole log on one machine."""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from aisle.app.progress import Progress
from aisle.app.training.fitting import MIN_RATINGS, Fitted, Skipped
from aisle.app.training.measuring import with_catalogue
from aisle.engine.ranking.retrieval import Retrieval
from aisle.engine.recipe import PERSONAL, POPULAR, REBUYING, STARS, STATE, ModelSpec, Recipe
from aisle.prepare.build import build
from aisle.prepare.interactions import Interactions
from aisle.recommenders.base import Component, NoSettings, Recommender
from aisle.recommenders.catalog import by_name
from aisle.recommenders.second_stage.item_state import ItemState
from aisle.recommenders.second_stage.rebuying import Rebuying
from aisle.shop.errors import NotEnoughData

if TYPE_CHECKING:
    from aisle.prepare.spark.log import SparkLog

OF_NEWEST_EVENTS: Final = ("popularity", "trending", "newcomer_popularity")
"""The models of recent events: they learn from the newest events, on this machine."""


def spark_models() -> list[str]:
    """Return the names of the models that can be trained on Spark."""
    from aisle.recommenders.spark_als import FITS

    return sorted({*FITS, *OF_NEWEST_EVENTS})


def can_be_trained(recipe: Recipe) -> bool:
    """Return whether Spark can train the personal model of a recipe."""
    return recipe.hybrid is None and recipe.model in spark_models()


def newest_events(log: "SparkLog", limit: int, catalogue: pl.DataFrame) -> Interactions:
    """Return the newest events of a log as training data, with the items of the whole log."""
    return with_catalogue(catalogue, build(log.newest(limit), log.weights, log.now, items=log.items))


def fit_on_spark(recipe: Recipe, log: "SparkLog", data: Interactions, progress: Progress) -> Fitted:
    """Fit every model of a recipe that can be trained on Spark or on the newest events.

    Raises
    ------
    NotEnoughData
        If there is too little data for the personal or the popular model.
    """
    state = ItemState(NoSettings()).fit(data)
    rebuying = Rebuying(NoSettings()).fit(data, state.category_)
    components: dict[str, Component[Any]] = {STATE: state, REBUYING: rebuying}
    skipped: Skipped = {}
    for number, (role, spec) in enumerate(recipe.parts.items()):
        try:
            components[role] = fit_model(role, spec, log, data, recipe.seed)
        except NotEnoughData as error:
            if role in (PERSONAL, POPULAR):
                raise
            skipped[role] = str(error)
        progress("fit on Spark", number + 1, len(recipe.parts))
    return Fitted(retrieval_of(components), components, skipped)


def fit_model(role: str, spec: ModelSpec, log: "SparkLog", data: Interactions, seed: int) -> Recommender[Any]:
    """Fit one model.

    Raises
    ------
    NotEnoughData
        If there is too little to learn from, or the model needs the whole log on one machine.
    """
    from aisle.recommenders.spark_als import FITS

    if role == STARS and np.isfinite(data.log.rating).sum() < MIN_RATINGS:
        raise NotEnoughData(f"fewer than {MIN_RATINGS} ratings")
    if spec.model in FITS:
        return FITS[spec.model](by_name(spec.model).config_type.parse(spec.settings), log, data, seed)
    if spec.model in OF_NEWEST_EVENTS:
        return spec.fit(data, seed)
    raise NotEnoughData(f"{spec.model} learns from the whole log on one machine")


def retrieval_of(components: dict[str, Component[Any]]) -> Retrieval:
    """Return the retrieval of the personal and the popular model."""
    personal, popular = components[PERSONAL], components[POPULAR]
    assert isinstance(personal, Recommender)  # noqa: S101
    assert isinstance(popular, Recommender)  # noqa: S101
    return Retrieval(personal, popular)
