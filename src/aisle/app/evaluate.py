"""Fit recipes on the past and measure them on the newest weeks."""

import time
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.app.progress import Progress, silent
from aisle.app.recipe import FALLBACK, Recipe
from aisle.app.settings import Settings
from aisle.evaluation.compare import Comparison, compare
from aisle.evaluation.evaluate import Evaluation, Report, evaluate
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.prepare.build import NEEDED, OPTIONAL
from aisle.prepare.interactions import Interactions
from aisle.prepare.split import holdout_window
from aisle.prepare.weigh import Weights
from aisle.recommenders.abilities import PredictsRatings
from aisle.shop.columns import CATEGORY, ITEM_ID, TIMESTAMP
from aisle.shop.errors import NotEnoughData
from aisle.shop.ids import Vocabulary
from aisle.storage import events, items
from aisle.storage.connect import Database

LIST_LENGTH = 20
"""The lists on which models are compared."""


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
    db: Database, progress: Progress = silent, columns: Sequence[str] = (*NEEDED, *OPTIONAL)
) -> pl.DataFrame:
    """Read some columns of all events, by default what training needs.

    Raises
    ------
    NotEnoughData
        If there is none.
    """
    total = events.count(db)
    frames, rows = [], 0
    for frame in events.stream(db, columns):
        frames.append(frame)
        rows += frame.height
        progress("read events", rows, total, rows)
    if not frames:
        raise NotEnoughData("this shop has no events yet; run aisle import FILE…")
    return pl.concat(frames)


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


def top_categories(db: Database, known: Vocabulary) -> NDArray[np.int32] | None:
    """Return the first step of each item's category path as a number, (items,), or None if no item has a category.

    Items without one share a number.
    """
    tops: dict[str, str] = {}
    for frame in items.stream(db, (ITEM_ID, CATEGORY)):
        tops |= {item_id: path.split(">")[0].strip() for item_id, path in frame.drop_nulls().rows()}
    names = [tops.get(item_id, "") for item_id in known.ids]
    numbers = {name: number for number, name in enumerate(sorted(set(names)))}
    return np.array([numbers[name] for name in names], np.int32) if any(names) else None


def with_categories(db: Database, data: Interactions) -> Interactions:
    """Add to training data what the catalogue says of its items."""
    return replace(data, category=top_categories(db, data.items))


def categorised(db: Database, holdout: Holdout) -> Holdout:
    """Add to the past of a holdout what the catalogue says of its items."""
    return replace(holdout, train=with_categories(db, holdout.train))


def measure(
    recipe: Recipe, holdout: Holdout, n: int = LIST_LENGTH, progress: Progress = silent
) -> tuple[Measured, Evaluation]:
    """Fit a recipe on the past and score it on the held-out window, just as shelves are filled."""
    started = time.perf_counter()
    retrieval = recipe.fit(holdout.train)
    fit_seconds = time.perf_counter() - started
    progress(f"fit {recipe.model} on the past", 1, 1)
    rating_model = retrieval.personal if isinstance(retrieval.personal, PredictsRatings) else None
    evaluation = evaluate(retrieval, holdout, n, rating_model=rating_model, category=holdout.train.category)
    progress(f"score {recipe.model}", 1, 1)
    return Measured(recipe.model, evaluation.report, fit_seconds), evaluation


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
    recipes = [Recipe.from_settings(settings, name) for name in models or (settings.train.model, FALLBACK)]
    frame = read_events(db, progress)
    holdout = categorised(db, newest_weeks(frame, recipes[0].weights))
    (first, base), *rest = (measure(recipe, holdout, n, progress) for recipe in recipes)
    seed = settings.train.seed
    return [
        first, *(msgspec.structs.replace(one, versus=versus(first.model, base, found, seed)) for one, found in rest)
    ]  # fmt: skip


def versus(model: str, base: Evaluation, other: Evaluation, seed: int) -> Versus:
    """Compare an evaluation with that of the model named, on the same window."""
    novel = compare(base.novel_ndcg, other.novel_ndcg, seed=seed) if base.report.novel else None
    return Versus(model, compare(base.ndcg, other.ndcg, seed=seed), novel)
