"""Fit recipes on the past and measure them on the newest weeks."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np
import polars as pl

from aisle.app.data.tables import Tables, read_tables, span
from aisle.app.progress import Progress, silent
from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.training.fitting import Fitted, TrainingBudget, fit
from aisle.app.training.reviews import with_reviews
from aisle.engine.ranking.candidates import MOST
from aisle.engine.recipe import BASELINE, Recipe
from aisle.engine.shelf.long_tail import TailCost, in_tail, long_tail_cost
from aisle.evaluation.compare import Comparison, compare
from aisle.evaluation.evaluate import Evaluation, Report, evaluate
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.prepare.catalogue import aligned
from aisle.prepare.interactions import Interactions
from aisle.prepare.split import Window, holdout_window
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.second_stage.item_state import ItemState, ItemStateConfig
from aisle.shop.errors import NotEnoughData
from aisle.storage.connection import Database

LIST_LENGTH: Final = 20
"""The lists on which models are compared."""

TAIL_SHOPPERS: Final = 500
"""So many shoppers, drawn by chance, say what the long tail costs."""


Role = Literal["new", "live", "popularity"]


class Versus(msgspec.Struct, frozen=True):
    """A model against another one, shopper by shopper.

    Attributes
    ----------
    model
        The other one.
    ndcg
        By everything bought.
    novel_ndcg
        By what was new to the shopper; null if nothing was.
    """

    model: str
    ndcg: Comparison
    novel_ndcg: Comparison | None


class Measured(msgspec.Struct, frozen=True):
    """A model's figures on the held-out window.

    Attributes
    ----------
    model
        Its name.
    report
        Its figures.
    fit_seconds
        How long it took to fit.
    role
        What it is in a training: the new recipe, the live one, or popularity.
    versus
        How it compares with the first model of an evaluation; null for that one, and in a training.
    """

    model: str
    report: Report
    fit_seconds: float
    role: Role = "new"
    versus: Versus | None = None


# --- The newest weeks -------------------------------------------------------------------------------------------------


def newest_window(events: pl.DataFrame) -> Window:
    """Return the window that is held out; one without events behind a log that is too short for that."""
    first, last = span(events)
    try:
        return holdout_window(first, last)
    except NotEnoughData:
        return Window(last + 1, last + 1)


def known_before(tables: Tables, window: Window, seed: int) -> Tables:
    """Return a shop's tables with what was written before a window; the events of the window stay."""
    return with_reviews(tables, window.cut, seed).tables


def held_out(tables: Tables, recipe: Recipe) -> Holdout:
    """Hold out the newest weeks of tables that `known_before` gives.

    Raises
    ------
    NotEnoughData
        If the log is too short, or nobody deals with a known item in them.
    """
    window = holdout_window(*span(tables.events))
    return with_catalogue_of_past(tables.catalogue, hold_out(tables.events, recipe.weights, window))


def with_catalogue(catalogue: pl.DataFrame, data: Interactions) -> Interactions:
    """Add to training data what the catalogue says of its items."""
    return replace(data, catalogue=aligned(catalogue, data.items))


def with_catalogue_of_past(catalogue: pl.DataFrame, holdout: Holdout) -> Holdout:
    """Add to the past of a holdout what the catalogue says of its items."""
    return replace(holdout, train=with_catalogue(catalogue, holdout.train))


# --- Measuring --------------------------------------------------------------------------------------------------------


class PastFit(NamedTuple):
    """What was learnt from the past of a holdout, and how long that took."""

    fitted: Fitted
    seconds: float


def fit_on_past(recipe: Recipe, holdout: Holdout, budget: TrainingBudget, progress: Progress = silent) -> PastFit:
    """Fit a recipe on what was known before the held-out window."""
    started = time.perf_counter()
    window = holdout.window
    newest = Window(window.cut - (window.end - window.cut), window.cut)
    fitted = fit(recipe, holdout.train, newest, budget, progress)
    progress(f"fit {recipe.model} on the past", 1, 1)
    return PastFit(fitted, time.perf_counter() - started)


def score(
    recipe: Recipe, past: PastFit, holdout: Holdout, n: int = LIST_LENGTH, progress: Progress = silent
) -> tuple[Measured, Evaluation]:
    """Score what a recipe learnt from the past on the held-out window, just as shelves are filled."""
    retrieval = past.fitted.retrieval
    rating_model = retrieval.personal if isinstance(retrieval.personal, PredictsRatings) else None
    evaluation = evaluate(retrieval, holdout, n, rating_model=rating_model, category=holdout.train.category)
    progress(f"score {recipe.model}", 1, 1)
    return Measured(recipe.model, evaluation.report, past.seconds), evaluation


def measure(
    recipe: Recipe, holdout: Holdout, budget: TrainingBudget, n: int = LIST_LENGTH, progress: Progress = silent
) -> tuple[Measured, Evaluation]:
    """Fit a recipe on the past and score it on the held-out window."""
    return score(recipe, fit_on_past(recipe, holdout, budget, progress), holdout, n, progress)


def tail_costs(fitted: Fitted, holdout: Holdout, seed: int) -> list[TailCost]:
    """Return what shares of attention for the long tail would cost the shelves of the held-out window's shoppers."""
    rows = np.sort(np.random.default_rng(seed).permutation(len(holdout))[:TAIL_SHOPPERS])
    ranked = fitted.retrieval.retrieve(holdout.queries.take(rows), MOST)
    tail = in_tail(ItemState(ItemStateConfig()).fit(holdout.train).buyers_)
    return long_tail_cost(ranked, holdout.truth.take(rows), tail, LIST_LENGTH)


def evaluate_models(
    db: Database, settings: Settings, models: Sequence[str], n: int, progress: Progress = silent
) -> list[Measured]:
    """Measure models by name, each with the settings of `aisle.toml`, and compare each with the first.

    Raises
    ------
    SettingsError
        If there is no such model.
    NotEnoughData
        If the log is too short to hold anything out, or says nothing that one of the models learns from.
    """
    recipes = [recipe_of(settings, name) for name in models or (settings.train.model, BASELINE)]
    tables = read_tables(db, settings, progress)
    window = holdout_window(*span(tables.events))
    holdout = held_out(known_before(tables, window, recipes[0].seed), recipes[0])
    (first, base), *rest = (measure(recipe, holdout, TrainingBudget(), n, progress) for recipe in recipes)
    seed = settings.train.seed
    others = [
        msgspec.structs.replace(other, versus=versus(first.model, base, evaluation, seed)) for other, evaluation in rest
    ]
    return [first, *others]


def versus(model: str, base: Evaluation, other: Evaluation, seed: int) -> Versus:
    """Compare an evaluation with that of the model named, on the same window."""
    novel = compare(base.novel_ndcg, other.novel_ndcg, seed=seed) if base.report.novel else None
    return Versus(model, compare(base.ndcg, other.ndcg, seed=seed), novel)
