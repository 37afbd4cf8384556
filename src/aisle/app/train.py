"""The offline path, top to bottom: tables → held-out weeks → figures → gate → fit on everything → bundle → live."""

import time
from html import escape
from pathlib import Path
from typing import Final, Self

import msgspec
import numpy as np
import polars as pl

from aisle.app.data.tables import Tables, read_tables, span
from aisle.app.progress import Progress, silent
from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.training import interactions_table
from aisle.app.training.calibrating import Calibrated, Reliability
from aisle.app.training.figures import Measurements
from aisle.app.training.fitting import Fitted, TrainingBudget, fit, fit_others
from aisle.app.training.gate import GateDecision, decide
from aisle.app.training.measuring import Measured, newest_window, with_catalogue
from aisle.app.training.placement_report import PlacementFigures, ShareCost
from aisle.app.training.repeat_share import allowing
from aisle.app.training.reviews import star_errors, with_reviews
from aisle.engine.model import CONTENT
from aisle.engine.recipe import CALIBRATION, RANKER, STARS, Recipe
from aisle.engine.shelf.long_tail import TailCost
from aisle.evaluation.queries import query_batch
from aisle.evaluation.review_stars import ReviewErrors
from aisle.models import registry
from aisle.models.bundle import Bundle, Manifest
from aisle.prepare.build import build
from aisle.prepare.interactions import Interactions
from aisle.recommenders.base import Recommender
from aisle.shop.columns import HIDDEN, ITEM_ID
from aisle.shop.errors import AisleError, NotEnoughData
from aisle.storage.connection import Database

END_OF_TIME: Final = np.iinfo(np.int64).max
"""The final fit learns from all reviews; the figures are those of a fit on the reviews before the held-out weeks."""

KEPT: Final = (RANKER, CONTENT, STARS)
"""The parts that a live model does not lose to a training whose data has too little for them."""

SAMPLE: Final = 1000
"""How many shoppers' shelves are checked before a model goes live."""


class DataSummary(msgspec.Struct, frozen=True):
    """A summary of the data that a model learnt from."""

    first: int
    last: int
    """The moments of the first and the last event, in microseconds."""
    events: int
    users: int
    items: int
    fingerprint: str
    """A digest of the whole data."""

    @classmethod
    def of(cls, data: Interactions) -> Self:
        """Sum up training data."""
        moments = data.log.timestamp
        return cls(int(moments[0]), int(moments[-1]), len(data.log), len(data.users), len(data.items), data.fingerprint)


class Trained(msgspec.Struct, frozen=True):
    """The result of a training."""

    version: int
    live: bool
    reason: str
    """Why it went live or not, for people."""
    measured: list[Measured]
    """The new recipe, the live recipe if that is another, and popularity; empty if nothing could be held out."""
    placements: list[PlacementFigures]
    """The figures of each placement's shelves on the held-out weeks."""
    long_tail: list[TailCost]
    """What shares of attention for the long tail would cost there."""
    review_errors: ReviewErrors | None
    """How well the words of reviews predict their stars; null if all reviews have stars, or too few do."""
    events: int
    users: int
    items: int
    skipped: dict[str, str]
    """What was not trained, by role of the bundle, and why."""
    seconds: float
    learnt_from: DataSummary
    run_id: str | None = None
    """The run in MLflow; null without tracking."""
    shares: list[ShareCost] = []
    """What the shares of what a shopper knows cost the shelves of the held-out weeks."""
    outranked: str | None = None
    """How much worse the personal model ranks than popularity, which fills the shelves then; null if it does not."""
    reliability: Reliability | None = None
    """How the chances of a hybrid compare with what was observed; null where none were stated."""

    def to_frame(self) -> pl.DataFrame:
        """Return the figures of the models that were measured."""
        return Measurements(self.measured).to_frame()

    def outcome(self) -> str:
        """Say whether the model is live, and why."""
        return f"Model {self.version} {'is live' if self.live else 'does not go live'}: {self.reason}."

    def __repr__(self) -> str:
        return f"{self.outcome()}\n{Measurements(self.measured)!r}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.outcome())}</p>{self.to_frame()._repr_html_()}"


def train(
    db: Database,
    settings: Settings,
    model: str | None = None,
    seconds: float | None = None,
    progress: Progress = silent,
    *,
    force: bool = False,
) -> Trained:
    """Train a model on everything, and make it live unless the newest weeks show that the live one is better.

    Parameters
    ----------
    model
        The personal model, instead of the one in `aisle.toml`.
    seconds
        After so long, a hybrid's ranker learns from the past windows gathered by then; None: from all.
    force
        Whether it goes live whatever its figures are, and whatever parts of the live model it lacks.

    Raises
    ------
    NotEnoughData
        If there is nothing to learn from, or the trained model is broken.
    SettingsError
        If the model or a setting of it does not exist.
    StorageError, BundleError
        If the database or the disk refuses; the live model stays as it was.
    """
    started = time.perf_counter()
    recipe = recipe_of(settings, model)
    budget = TrainingBudget(np.inf if seconds is None else seconds)
    tables = read_tables(db, settings, progress)
    decision = decide(db, settings, recipe, tables, budget, progress)
    # From here on with the held-out weeks: what goes live has learnt from everything.
    known, skipped = with_reviews(tables, END_OF_TIME, recipe.seed)
    data = everything(known, recipe)
    window = newest_window(tables.events, recipe.weights)
    fitted = fit_others(recipe, data, fit(recipe, data, window, budget, progress))
    progress(f"fit {recipe.model} on everything", 1, 1)
    fitted = fitted._replace(components=allowing(fitted.components, decision.least_repeat_share))
    check_sane(fitted, data)
    fitted = with_chances(fitted, decision.calibrated)
    decision = with_parts(decision, missing_parts(db, settings, recipe, fitted), force=force)
    bundle = to_bundle(recipe, data, fitted, decision, int(data.log.timestamp[0]))
    version = publish(db, settings.bundles, bundle, decision)
    skipped |= interactions_table.refresh(db, data, progress)
    if budget.cut_short is not None:
        skipped["past windows"] = budget.cut_short
    if tables.stray is not None:
        skipped["stray events"] = tables.stray
    return Trained(
        version=version,
        live=decision.promote,
        reason=decision.reason,
        measured=decision.measured,
        placements=decision.placements,
        shares=decision.shares,
        long_tail=decision.long_tail,
        review_errors=star_errors(tables.reviews, recipe.seed),
        events=tables.events.height,
        users=len(data.users),
        items=len(data.items),
        skipped=fitted.skipped | skipped,
        seconds=time.perf_counter() - started,
        learnt_from=DataSummary.of(data),
        outranked=decision.outranked,
        reliability=decision.calibrated.reliability,
    )


def everything(tables: Tables, recipe: Recipe) -> Interactions:
    """Return all events as training data; the catalogue's items without events are among its items."""
    now = span(tables.events)[1] + 1
    data = build(tables.events, recipe.weights, now, more_items=shown_items(tables.catalogue))
    return with_catalogue(tables.catalogue, data)


def shown_items(catalogue: pl.DataFrame) -> pl.Series:
    """Return the ids of the items that a catalogue does not hide."""
    return catalogue.filter(~pl.col(HIDDEN).fill_null(False))[ITEM_ID]


def check_sane(fitted: Fitted, data: Interactions) -> None:
    """Refuse a model with broken numbers or empty shelves, whatever its figures were.

    Raises
    ------
    NotEnoughData
        If a number is not finite, or a shelf is empty.
    """
    for model in fitted.components.values():
        if not isinstance(model, Recommender):
            continue
        for name, array in model.arrays().items():
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise NotEnoughData(f"{model.name} learnt {name} that are not finite; look at prices and ratings")
    sample = np.random.default_rng(0).permutation(len(data.users))[:SAMPLE].astype(np.int32)
    shelves = fitted.retrieval.retrieve(query_batch(data, sample), 1)
    if (shelves.items < 0).any():
        raise NotEnoughData("some shoppers' shelves are empty; import more events")


def with_chances(fitted: Fitted, calibrated: Calibrated) -> Fitted:
    """Add to a hybrid what turns its scores into chances, or say why there is nothing."""
    if RANKER not in fitted.components:
        return fitted
    if calibrated.calibration is None:
        return fitted._replace(skipped=fitted.skipped | {CALIBRATION: f"no chances are stated: {calibrated.problem}"})
    return fitted._replace(components=fitted.components | {CALIBRATION: calibrated.calibration})


def missing_parts(db: Database, settings: Settings, recipe: Recipe, fitted: Fitted) -> dict[str, str]:
    """Return which of `KEPT` the live model has and a new one lacks although its recipe has it, and why."""
    row = registry.live(db)
    if row is None:
        return {}
    try:
        live = registry.load(settings.bundles, row, verify=False).parts
    except AisleError:
        return {}
    wanted = recipe.parts.keys() | ({RANKER} if recipe.hybrid else set())
    lost = [part for part in KEPT if part in live and part in wanted and part not in fitted.components]
    return {part: fitted.skipped.get(part, "it was not trained") for part in lost}


def with_parts(decision: GateDecision, missing: dict[str, str], *, force: bool) -> GateDecision:
    """Return the decision given the parts that the new model lacks, or that it is forced to go live."""
    if force and not decision.promote:
        return msgspec.structs.replace(decision, promote=True, reason=f"forced, although {decision.reason}")
    if not missing or force:
        return decision
    parts = " and ".join(f"{part} ({why})" for part, why in missing.items())
    reason = f"it lacks what the live model has: {parts}; aisle train --force makes it live all the same"
    return msgspec.structs.replace(decision, promote=False, reason=reason)


def to_bundle(recipe: Recipe, data: Interactions, fitted: Fitted, decision: GateDecision, first: int) -> Bundle:
    """Return the bundle of a training; `first` is the moment of its first event."""
    manifest = Manifest(
        window=(first, data.now),
        recipe=msgspec.to_builtins(recipe),
        metrics={measured.model: msgspec.to_builtins(measured.report) for measured in decision.measured},
        outranked=decision.outranked is not None,
    )
    return Bundle(manifest, data.items, fitted.components)


def publish(db: Database, bundles: Path, bundle: Bundle, decision: GateDecision) -> int:
    """Save a bundle, enter it in the registry, and make it live if it may; return its version."""
    row = registry.publish(db, bundles, bundle, note=decision.reason)
    if decision.promote:
        registry.promote(db, bundles, row.version)
    else:
        registry.refuse(db, row.version, decision.reason)
    return row.version
