"""Fits recipes on the past and measures them on the newest weeks."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np
import polars as pl

from aisle import kernels
from aisle.app.data.tables import Tables, read_tables, span
from aisle.app.progress import Progress, silent
from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.training.budget import Stage
from aisle.app.training.fitting import Fitted, TrainingBudget, fit
from aisle.app.training.reviews import with_reviews
from aisle.engine.ranking.candidates import MAX_CANDIDATES
from aisle.engine.recipe import BASELINE, Recipe
from aisle.engine.shelf.long_tail import TailCost, in_tail, long_tail_cost
from aisle.evaluation.compare import Comparison, compare
from aisle.evaluation.evaluate import Evaluation, Report, evaluate
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.evaluation.window import HeldOut, choose_window
from aisle.kernels.threads import blas_alone
from aisle.prepare.catalogue import aligned
from aisle.prepare.interactions import Interactions
from aisle.prepare.shown import ShownPlaces
from aisle.prepare.split import Window
from aisle.prepare.weigh import Weights
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.base import NoSettings
from aisle.recommenders.second_stage.item_state import ItemState
from aisle.shop.errors import NotEnoughData
from aisle.storage.connection import Database

LIST_LENGTH: Final = 20
"""The length of the lists on which models are compared."""

TAIL_SHOPPERS: Final = 500
"""The cost of the long tail is measured on so many random shoppers."""

Role = Literal["new", "live", "popularity"]


class Versus(msgspec.Struct, frozen=True):
    """The comparison of a model with another one, paired by shopper.

    Attributes
    ----------
    ndcg
        By NDCG over all target items.
    novel_ndcg
        By NDCG over the target items that were new to the shopper; null if none was.
    """

    model: str
    ndcg: Comparison
    novel_ndcg: Comparison | None


class Measured(msgspec.Struct, frozen=True):
    """A model's figures on the held-out window.

    Attributes
    ----------
    role
        Its role in a training: the new recipe, the live recipe, or popularity.
    versus
        How it compares with the first model of an evaluation; null for that one, and in a training.
    """

    model: str
    report: Report
    fit_seconds: float
    role: Role = "new"
    versus: Versus | None = None


# --- The newest weeks -------------------------------------------------------------------------------------------------


def newest_window(events: pl.DataFrame, weights: Weights) -> Window:
    """Return the window that is held out; an empty window after the log if there is none to be judged on."""
    try:
        return choose_window(events, weights).window
    except NotEnoughData:
        last = span(events)[1]
        return Window(last + 1, last + 1)


def known_before(tables: Tables, window: Window, seed: int) -> Tables:
    """Return a shop's tables with the reviews written before a window; the events of the window stay."""
    return with_reviews(tables, window.cut, seed).tables


def held_out(tables: Tables, recipe: Recipe) -> Holdout:
    """Hold out the newest weeks of a shop's tables, and the reviews written since.

    Raises
    ------
    NotEnoughData
        If the log is too short, or nobody deals with a known item in any weeks that could be held out.
    """
    weeks = choose_window(tables.events, recipe.weights)
    return hold_out_weeks(known_before(tables, weeks.window, recipe.seed), recipe, weeks)


def hold_out_weeks(known: Tables, recipe: Recipe, weeks: HeldOut) -> Holdout:
    """Hold out chosen weeks of the tables that `known_before` returns for them."""
    holdout = hold_out(known.events, recipe.weights, weeks.window, target=weeks.target)
    past = with_catalogue_of_past(known.catalogue, holdout)
    return replace(past, train=with_shown(known.shown, past.train))


def with_catalogue(catalogue: pl.DataFrame, data: Interactions) -> Interactions:
    """Add the catalogue's rows of its items to training data."""
    return replace(data, catalogue=aligned(catalogue, data.items))


def with_shown(shown: pl.DataFrame, data: Interactions) -> Interactions:
    """Add what shoppers were shown before training data ends, if anything."""
    places = ShownPlaces.of(shown, data.items).until(data.now)
    return replace(data, shown=places) if len(places) else data


def with_catalogue_of_past(catalogue: pl.DataFrame, holdout: Holdout) -> Holdout:
    """Add the catalogue's rows of its items to the training data of a holdout."""
    return replace(holdout, train=with_catalogue(catalogue, holdout.train))


# --- Measuring --------------------------------------------------------------------------------------------------------


class PastFit(NamedTuple):
    """The models fitted on the past of a holdout, and how long that took."""

    fitted: Fitted
    seconds: float


def fit_on_past(recipe: Recipe, holdout: Holdout, budget: TrainingBudget, progress: Progress = silent) -> PastFit:
    """Fit a recipe on the data before the held-out window."""
    started = time.perf_counter()
    window = holdout.window
    newest = Window(window.cut - (window.end - window.cut), window.cut)
    fitted = fit(recipe, holdout.train, newest, budget, progress)
    progress(f"fit {recipe.model} on the past", 1, 1)
    return PastFit(fitted, time.perf_counter() - started)


@blas_alone()
def score(
    recipe: Recipe, past: PastFit, holdout: Holdout, n: int = LIST_LENGTH, progress: Progress = silent
) -> tuple[Measured, Evaluation]:
    """Score the fitted models of a recipe on the held-out window, in the way that shelves are filled."""
    retrieval = past.fitted.retrieval
    rating_model = retrieval.personal if isinstance(retrieval.personal, PredictsRatings) else None
    evaluation = evaluate(retrieval, holdout, n, rating_model=rating_model, category=holdout.train.category)
    progress(f"score {recipe.model}", 1, 1)
    return Measured(recipe.model, evaluation.report, past.seconds), evaluation


def measure(
    recipe: Recipe, holdout: Holdout, budget: TrainingBudget, n: int = LIST_LENGTH, progress: Progress = silent
) -> tuple[Measured, Evaluation]:
    """Fit a recipe on the past and score it on the held-out window."""
    past = fit_on_past(recipe, holdout, budget, progress)
    with budget.spend_on(Stage.SCORE):
        return score(recipe, past, holdout, n, progress)


@blas_alone()
def tail_costs(fitted: Fitted, holdout: Holdout, seed: int) -> list[TailCost]:
    """Return what shares of attention for the long tail would cost the shelves of the held-out window."""
    rows = np.sort(np.random.default_rng(seed).permutation(len(holdout))[:TAIL_SHOPPERS])
    ranked = fitted.retrieval.retrieve(holdout.queries.take(rows), MAX_CANDIDATES)
    tail = in_tail(ItemState(NoSettings()).fit(holdout.train).buyers_)
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
        If the log is too short to hold a window out, or one of the models has too little to learn from.
    """
    recipes = [recipe_of(settings, name) for name in models or (settings.train.model, BASELINE)]
    kernels.load()  # in a large catalogue so few shoppers are scored at a time that these would not be used
    tables = read_tables(db, settings, progress)
    holdout = held_out(tables, recipes[0])
    (first, base), *rest = (measure(recipe, holdout, TrainingBudget(), n, progress) for recipe in recipes)
    seed = settings.train.seed
    others = [
        msgspec.structs.replace(other, versus=versus(first.model, base, evaluation, seed)) for other, evaluation in rest
    ]
    return [first, *others]


def versus(model: str, base: Evaluation, other: Evaluation, seed: int) -> Versus:
    """Compare an evaluation with that of a named model, on the same window."""
    novel = compare(base.novel_ndcg, other.novel_ndcg, seed=seed) if base.report.novel else None
    return Versus(model, compare(base.ndcg, other.ndcg, seed=seed), novel)
