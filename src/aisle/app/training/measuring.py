"""Fit recipes on the past and measure them on the newest weeks."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import msgspec
import numpy as np
import polars as pl
import polars.selectors as cs

from aisle.app.progress import Progress, silent
from aisle.app.recipe import BASELINE, Recipe
from aisle.app.settings import Settings
from aisle.app.training.fitting import Fitted, TrainingBudget, fit
from aisle.app.training.reviews import Tables, heard, read_reviews
from aisle.engine.ranking.candidates import MOST
from aisle.engine.shelf.long_tail import TailCost, in_tail, long_tail_cost
from aisle.evaluation.compare import Comparison, compare
from aisle.evaluation.evaluate import Evaluation, Report, evaluate
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.prepare.build import NEEDED, OPTIONAL
from aisle.prepare.catalogue import SCHEMA, aligned
from aisle.prepare.interactions import Interactions
from aisle.prepare.outliers import without_bots
from aisle.prepare.split import Window, holdout_window
from aisle.prepare.weigh import Weights
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.second_stage.item_state import ItemState, ItemStateConfig
from aisle.shop import columns
from aisle.shop.columns import TIMESTAMP
from aisle.shop.errors import NotEnoughData
from aisle.storage import events, items
from aisle.storage.connection import Database

LIST_LENGTH = 20
"""The lists on which models are compared."""

TAIL_QUESTIONS: Final = 500
"""So many shoppers, drawn by chance, tell what the long tail costs."""


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
    """A model's figures on the held-out window, and how it compares with the first model that was asked for."""

    model: str
    report: Report
    fit_seconds: float
    versus: Versus | None = None


def read_events(
    db: Database, progress: Progress = silent, wanted: Sequence[str] = (*NEEDED, *OPTIONAL)
) -> pl.DataFrame:
    """Read some columns of all events, by default what training needs.

    Ids and kinds are kept as Categorical, four bytes a row instead of a text each.

    Raises
    ------
    NotEnoughData
        If there is none.
    """
    total = events.count(db)
    frames, rows = [], 0
    for frame in events.stream(db, wanted):
        frames.append(frame.with_columns(cs.string().cast(pl.Categorical)))
        rows += frame.height
        progress("read events", rows, total, rows)
    if not frames:
        raise NotEnoughData("this shop has no events yet; run aisle import FILE…")
    return pl.concat(frames)


def read_training_events(db: Database, settings: Settings, progress: Progress = silent) -> pl.DataFrame:
    """Read the events that models learn from and are judged by: all, or those of people if the settings say so.

    Raises
    ------
    NotEnoughData
        If there is none.
    """
    frame = read_events(db, progress)
    return without_bots(frame) if settings.train.leave_out_bots else frame


def span(frame: pl.DataFrame) -> tuple[int, int]:
    """Return the first and the last moment of a log that is not empty."""
    first, last = frame.select(first=pl.col(TIMESTAMP).min(), last=pl.col(TIMESTAMP).max()).row(0)
    return first, last


def newest_weeks(frame: pl.DataFrame, weights: Weights) -> Holdout:
    """Hold out the newest weeks of the log.

    Raises
    ------
    NotEnoughData
        If the log is too short, or nobody deals with a known item in them.
    """
    return hold_out(frame, weights, holdout_window(*span(frame)))


def read_catalogue(db: Database) -> pl.DataFrame:
    """Read the whole catalogue; it may be empty."""
    return pl.concat([SCHEMA.to_frame(), *items.stream(db, tuple(columns.ITEMS))])


def with_catalogue(catalogue: pl.DataFrame, data: Interactions) -> Interactions:
    """Add to training data what the catalogue says of its items."""
    return replace(data, catalogue=aligned(catalogue, data.items))


def catalogued(catalogue: pl.DataFrame, holdout: Holdout) -> Holdout:
    """Add to the past of a holdout what the catalogue says of its items."""
    return replace(holdout, train=with_catalogue(catalogue, holdout.train))


def newest_window(events: pl.DataFrame) -> Window:
    """Return the newest window that a ranker may learn from: the held-out one, or none where the log is too short."""
    first, last = span(events)
    try:
        return holdout_window(first, last)
    except NotEnoughData:
        return Window(last + 1, last + 1)


def read_tables(db: Database, settings: Settings, progress: Progress = silent) -> Tables:
    """Read all that training learns from.

    Raises
    ------
    NotEnoughData
        If there are no events.
    """
    return Tables(read_training_events(db, settings, progress), read_catalogue(db), read_reviews(db))


def held_out(tables: Tables, recipe: Recipe) -> Holdout:
    """Hold out the newest weeks, with what was written before them put among events and catalogue.

    Raises
    ------
    NotEnoughData
        If the log is too short, or nobody deals with a known item in them.
    """
    known, _ = heard(tables, holdout_window(*span(tables.events)).cut, recipe.seed, {})
    return catalogued(known.catalogue, newest_weeks(known.events, recipe.weights))


def measure(
    recipe: Recipe, holdout: Holdout, budget: TrainingBudget, n: int = LIST_LENGTH, progress: Progress = silent
) -> tuple[Measured, Evaluation]:
    """Fit a recipe on the past and score it on the held-out window, just as shelves are filled."""
    return score(recipe, fit_on_past(recipe, holdout, budget, progress), holdout, n, progress)


class OnPast(NamedTuple):
    """What was learnt from the past of a holdout, and how long that took."""

    fitted: Fitted
    seconds: float


def fit_on_past(recipe: Recipe, holdout: Holdout, budget: TrainingBudget, progress: Progress = silent) -> OnPast:
    """Fit a recipe on what was known before the held-out window."""
    started = time.perf_counter()
    window = holdout.window
    newest = Window(window.cut - (window.end - window.cut), window.cut)
    fitted = fit(recipe, holdout.train, newest, budget, progress)
    progress(f"fit {recipe.model} on the past", 1, 1)
    return OnPast(fitted, time.perf_counter() - started)


def score(
    recipe: Recipe, past: OnPast, holdout: Holdout, n: int = LIST_LENGTH, progress: Progress = silent
) -> tuple[Measured, Evaluation]:
    """Score what a recipe learnt from the past on the held-out window, just as shelves are filled."""
    retrieval = past.fitted.retrieval
    rating_model = retrieval.personal if isinstance(retrieval.personal, PredictsRatings) else None
    evaluation = evaluate(retrieval, holdout, n, rating_model=rating_model, category=holdout.train.category)
    progress(f"score {recipe.model}", 1, 1)
    return Measured(recipe.model, evaluation.report, past.seconds), evaluation


def tail_costs(fitted: Fitted, holdout: Holdout, seed: int) -> list[TailCost]:
    """Return what shares of attention for the long tail would cost the shelves of the held-out window's shoppers."""
    train = holdout.train
    rows = np.sort(np.random.default_rng(seed).permutation(len(holdout))[:TAIL_QUESTIONS])
    ranked = fitted.retrieval.retrieve(holdout.queries.take(rows), MOST)
    tail = in_tail(ItemState(ItemStateConfig()).fit(train).buyers_)
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
    recipes = [Recipe.from_settings(settings, name) for name in models or (settings.train.model, BASELINE)]
    holdout = held_out(read_tables(db, settings, progress), recipes[0])
    (first, base), *rest = (measure(recipe, holdout, TrainingBudget(), n, progress) for recipe in recipes)
    seed = settings.train.seed
    return [
        first, *(msgspec.structs.replace(one, versus=versus(first.model, base, found, seed)) for one, found in rest)
    ]  # fmt: skip


def versus(model: str, base: Evaluation, other: Evaluation, seed: int) -> Versus:
    """Compare an evaluation with that of the model named, on the same window."""
    novel = compare(base.novel_ndcg, other.novel_ndcg, seed=seed) if base.report.novel else None
    return Versus(model, compare(base.ndcg, other.ndcg, seed=seed), novel)
