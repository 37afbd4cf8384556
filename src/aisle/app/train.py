"""The offline path, top to bottom: events → held-out weeks → figures → gate → fit on everything → bundle → live."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import polars as pl

from aisle.app.progress import Progress, silent
from aisle.app.recipe import Recipe
from aisle.app.serving.live_model import LiveModel
from aisle.app.settings import Settings
from aisle.app.tracking.tracker import track_training
from aisle.app.training import interactions_table as interactions
from aisle.app.training.fitting import Fitted, TrainingBudget, fit, fit_others
from aisle.app.training.measuring import (
    Measured,
    fit_on_past,
    held_out,
    measure,
    newest_window,
    read_tables,
    score,
    span,
    tail_costs,
    with_catalogue,
)
from aisle.app.training.placement_report import PlacementFigures, by_placement
from aisle.app.training.reviews import Tables, heard
from aisle.engine.shelf.long_tail import TailCost
from aisle.evaluation.compare import verdict
from aisle.evaluation.evaluate import Evaluation
from aisle.evaluation.holdout import Holdout
from aisle.evaluation.queries import query_batch
from aisle.evaluation.review_stars import ReviewErrors
from aisle.models import registry
from aisle.models.bundle import Bundle, Manifest
from aisle.prepare.build import build
from aisle.prepare.interactions import Interactions
from aisle.recommenders.base import Recommender
from aisle.shop.columns import HIDDEN, ITEM_ID
from aisle.shop.errors import NotEnoughData, SettingsError
from aisle.storage.connection import Database

END_OF_TIME: Final = np.iinfo(np.int64).max

SAMPLE: Final = 1000
"""How many shoppers' shelves are looked at before a model goes live."""


class Trained(msgspec.Struct, frozen=True):
    """What a training came to."""

    version: int
    live: bool
    reason: str
    """Why it went live or not, in words."""
    measured: list[Measured]
    """The new recipe, popularity, and the live recipe where that is another; empty if nothing could be held out."""
    placements: list[PlacementFigures]
    """How the shelves of each placement do on the held-out weeks."""
    long_tail: list[TailCost]
    """What shares of attention for the long tail would cost there."""
    review_errors: ReviewErrors | None
    """How well the words of reviews tell their stars; null unless comments without stars were read."""
    events: int
    users: int
    items: int
    left_out: dict[str, str]
    """Which role of the bundle stayed empty, and why."""
    seconds: float
    run_id: str | None = None
    """The run that shows it in MLflow; null if none does."""


class GateDecision(msgspec.Struct, frozen=True):
    """What the newest weeks say of a recipe."""

    promote: bool
    reason: str
    measured: list[Measured]
    placements: list[PlacementFigures] = []
    long_tail: list[TailCost] = []


def train(
    db: Database,
    settings: Settings,
    model: str | None = None,
    seconds: float | None = None,
    progress: Progress = silent,
) -> Trained:
    """Train a model on everything, and make it live unless the newest weeks show that the live one is better.

    Parameters
    ----------
    model
        The personal model, instead of the one in `aisle.toml`.
    seconds
        After so long, a hybrid's ranker learns from the past windows that it has seen by then; None: from all.

    Raises
    ------
    NotEnoughData
        If there is nothing to learn from, or what was learnt is of no use.
    SettingsError
        If the model or a setting of it does not exist.
    StorageError, BundleError
        If the database or the disk refuses; the live model stays as it was.
    """
    started = time.perf_counter()
    recipe = Recipe.from_settings(settings, model)
    budget = TrainingBudget(seconds or np.inf)
    tables = read_tables(db, settings, progress)
    decision = judge(db, settings, recipe, tables, budget, progress)
    left_out: dict[str, str] = {}
    known, errors = heard(tables, END_OF_TIME, recipe.seed, left_out)
    data = everything(known, recipe)
    fitted = fit_others(recipe, data, fit(recipe, data, newest_window(tables.events), budget, progress))
    progress(f"fit {recipe.model} on everything", 1, 1)
    check_sane(fitted, data)
    bundle = to_bundle(recipe, data, fitted, decision, int(data.log.timestamp[0]))
    version = publish(db, settings.bundles, bundle, decision)
    interactions.refresh(db, data, left_out, progress)
    trained = Trained(
        version=version,
        live=decision.promote,
        reason=decision.reason,
        measured=decision.measured,
        placements=decision.placements,
        long_tail=decision.long_tail,
        review_errors=errors,
        events=tables.events.height,
        users=len(data.users),
        items=len(data.items),
        left_out=fitted.left_out | left_out,
        seconds=time.perf_counter() - started,
    )
    return msgspec.structs.replace(trained, run_id=track_training(db, settings, recipe, data, trained))


def everything(tables: Tables, recipe: Recipe) -> Interactions:
    """Return all that a shop knows as training data, with what the catalogue shows and nobody has touched yet."""
    now = span(tables.events)[1] + 1
    data = build(tables.events, recipe.weights, now, more_items=shown_items(tables.catalogue))
    return with_catalogue(tables.catalogue, data)


def shown_items(catalogue: pl.DataFrame) -> pl.Series:
    """Return the ids of what a catalogue does not hide."""
    return catalogue.filter(~pl.col(HIDDEN).fill_null(False))[ITEM_ID]


def live_recipe(db: Database) -> Recipe | None:
    """Return the recipe of the live model, or None before the first training."""
    row = registry.live(db)
    return Recipe.parse(row.recipe) if row else None


def judge(
    db: Database,
    settings: Settings,
    recipe: Recipe,
    tables: Tables,
    budget: TrainingBudget,
    progress: Progress,
) -> GateDecision:
    """Compare recipes, not trained models: both learn the past and are asked about the newest weeks.

    The bundle that is live has seen those weeks, so it cannot be judged by them.
    """
    try:
        holdout = held_out(tables, recipe)
    except NotEnoughData as error:
        return GateDecision(True, f"not measured: {error}", [])
    past = fit_on_past(recipe, holdout, budget, progress)
    new = score(recipe, past, holdout, progress=progress)

    def ask(one: Recipe) -> tuple[Measured, Evaluation]:
        same = (one.weights, one.seed) == (recipe.weights, recipe.seed)
        return measure(one, holdout if same else held_out(tables, one), budget, progress=progress)

    return msgspec.structs.replace(
        compared(db, recipe, new, ask),
        placements=shelves_of(settings, recipe, past.fitted, holdout, tables.events, progress),
        long_tail=tail_costs(past.fitted, holdout, recipe.seed),
    )


def compared(
    db: Database,
    recipe: Recipe,
    answered: tuple[Measured, Evaluation],
    ask: Callable[[Recipe], tuple[Measured, Evaluation]],
    able: Callable[[Recipe], bool] = lambda _: True,
) -> GateDecision:
    """Compare a recipe with the live one by what the held-out weeks say of each.

    Parameters
    ----------
    answered
        How the recipe did.
    ask
        Fits another one on the past and scores it.
    able
        Whether a recipe can be fitted here; a live one that cannot stays live.
    """
    measured, new = answered
    baseline, _ = ask(recipe.only_popular())
    try:
        live = live_recipe(db)
        if live is None:
            return GateDecision(True, "it is the first model", [measured, baseline])
        if live == recipe:
            return GateDecision(True, "the live recipe, on newer events", [measured, baseline])
        if not able(live):
            reason = f"the live {live.model} cannot be trained here to compare"
            return GateDecision(False, reason, [measured, baseline])
        defender, old = ask(live)
    except SettingsError as error:
        return GateDecision(True, f"the live recipe cannot be fitted any more: {error}", [measured, baseline])
    found = verdict(old.ndcg, new.ndcg, seed=recipe.seed)
    reason = f"NDCG against the live recipe: {found.reason}"
    return GateDecision(found.promote, reason, [measured, defender, baseline])


def shelves_of(
    settings: Settings, recipe: Recipe, fitted: Fitted, holdout: Holdout, events: pl.DataFrame, progress: Progress
) -> list[PlacementFigures]:
    """Ask what was learnt from the past for the shelves of every placement."""
    parts = fit_others(recipe, holdout.train, fitted).parts
    past = LiveModel(0, parts, holdout.train.items, recipe, holdout.window.cut)
    figures = by_placement(settings.placements, past, holdout, events, recipe.seed)
    progress("score placements", 1, 1)
    return figures


def check_sane(fitted: Fitted, data: Interactions) -> None:
    """Refuse a model with broken numbers or empty shelves, whatever its figures were.

    Raises
    ------
    NotEnoughData
        If it is of no use to anybody.
    """
    for part in fitted.parts.values():
        if not isinstance(part, Recommender):
            continue
        for name, array in part.arrays().items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise NotEnoughData(f"{part.name} learnt {name} that are not finite; look at prices and ratings")
    sample = np.random.default_rng(0).permutation(len(data.users))[:SAMPLE].astype(np.int32)
    shelves = fitted.retrieval.retrieve(query_batch(data, sample), 1)
    if (shelves.items < 0).any():
        raise NotEnoughData("some shoppers' shelves are empty; import more events")


def to_bundle(recipe: Recipe, data: Interactions, fitted: Fitted, decision: GateDecision, first: int) -> Bundle:
    """Put together what goes to disk; `first` is the moment of the first event learnt from."""
    manifest = Manifest(
        window=(first, data.now),
        recipe=msgspec.to_builtins(recipe),
        metrics={one.model: msgspec.to_builtins(one.report) for one in decision.measured},
    )
    return Bundle(manifest, data.items, fitted.parts)


def publish(db: Database, bundles: Path, bundle: Bundle, decision: GateDecision) -> int:
    """Save a bundle, enter it in the registry, and make it live if it may; return its version."""
    row = registry.publish(db, bundles, bundle, note=decision.reason)
    if decision.promote:
        registry.promote(db, bundles, row.version)
    else:
        registry.refuse(db, row.version, decision.reason)
    return row.version
