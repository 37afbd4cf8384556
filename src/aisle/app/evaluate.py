"""Fit recipes on the past and measure them on the newest weeks."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from aisle.app.progress import Progress, silent
from aisle.app.recipe import FALLBACK, Recipe
from aisle.app.settings import Settings
from aisle.evaluation.evaluate import Evaluation, Report, evaluate
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.prepare.build import NEEDED, OPTIONAL
from aisle.prepare.split import holdout_window
from aisle.prepare.weigh import Weights
from aisle.shop.columns import TIMESTAMP
from aisle.shop.errors import NotEnoughData
from aisle.storage import events
from aisle.storage.connect import Database

if TYPE_CHECKING:
    import polars as pl

LIST_LENGTH = 20
"""The lists on which models are compared."""


class Measured(msgspec.Struct, frozen=True):
    """A model's figures on the held-out window."""

    model: str
    report: Report
    fit_seconds: float


def read_events(db: Database, progress: Progress = silent) -> "pl.DataFrame":
    """Read what training needs of all events.

    Raises
    ------
    NotEnoughData
        If there is none.
    """
    import polars as pl

    total = events.count(db)
    frames, rows = [], 0
    for frame in events.stream(db, (*NEEDED, *OPTIONAL)):
        frames.append(frame)
        rows += frame.height
        progress("read events", rows, total, rows)
    if not frames:
        raise NotEnoughData("this shop has no events yet; run aisle import FILE…")
    return pl.concat(frames)


def newest_weeks(frame: "pl.DataFrame", weights: Weights) -> Holdout:
    """Hold out the newest weeks of the log.

    Raises
    ------
    NotEnoughData
        If the log is too short, or nobody deals with a known item in them.
    """
    first, last = frame[TIMESTAMP].min(), frame[TIMESTAMP].max()
    return hold_out(frame, weights, holdout_window(first, last))  # type: ignore[arg-type]


def measure(
    recipe: Recipe, holdout: Holdout, n: int = LIST_LENGTH, progress: Progress = silent
) -> tuple[Measured, Evaluation]:
    """Fit a recipe on the past and score it on the held-out window, just as shelves are filled."""
    started = time.perf_counter()
    retrieval = recipe.fit(holdout.train)
    fit_seconds = time.perf_counter() - started
    progress(f"fit {recipe.model} on the past", 1, 1)
    evaluation = evaluate(retrieval, holdout, n)
    progress(f"score {recipe.model}", 1, 1)
    return Measured(recipe.model, evaluation.report, fit_seconds), evaluation


def evaluate_models(
    db: Database, settings: Settings, models: Sequence[str], n: int, progress: Progress = silent
) -> list[Measured]:
    """Measure models by name, each with the settings of `aisle.toml`.

    Raises
    ------
    SettingsError
        If there is no such model.
    NotEnoughData
        If the log is too short to hold anything out.
    """
    recipes = [Recipe.from_settings(settings, name) for name in models or (settings.train.model, FALLBACK)]
    frame = read_events(db, progress)
    holdout = newest_weeks(frame, recipes[0].weights)
    return [measure(recipe, holdout, n, progress)[0] for recipe in recipes]
