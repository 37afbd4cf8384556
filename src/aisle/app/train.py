"""The offline path, top to bottom: tables → held-out weeks → figures → gate → fit on everything → bundle → live."""

import time
from html import escape
from pathlib import Path
from typing import Final, Self

import msgspec
import numpy as np
import polars as pl

from aisle import kernels
from aisle.app.data.tables import Tables, read_tables, shown_items, span
from aisle.app.progress import Progress, silent
from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.training import interactions_table
from aisle.app.training.budget import Stage
from aisle.app.training.calibrating import Reliability
from aisle.app.training.figures import Measurements
from aisle.app.training.fitting import Fitted, TrainingBudget, fit, with_other_components
from aisle.app.training.gate import GateDecision, HeldOutFigures, decide
from aisle.app.training.measuring import newest_window, with_catalogue, with_shown
from aisle.app.training.patience import with_patience
from aisle.app.training.repeat_share import with_repeat_share
from aisle.app.training.reviews import star_errors, with_reviews
from aisle.engine.model import CONTENT
from aisle.engine.recipe import CALIBRATION, RANKER, SHELF_SAMPLE, STARS, STATE, Recipe
from aisle.evaluation.queries import query_batch
from aisle.evaluation.review_stars import ReviewErrors
from aisle.models import registry
from aisle.models.bundle import Bundle, Manifest
from aisle.prepare.build import build
from aisle.prepare.interactions import Interactions
from aisle.recommenders.base import Recommender
from aisle.recommenders.second_stage.item_state import ItemState
from aisle.recommenders.second_stage.ranker import Ranker
from aisle.shop.errors import AisleError, NotEnoughData
from aisle.shop.ids import Vocabulary
from aisle.storage.connection import Database
from aisle.storage.work import leases
from aisle.storage.work.leases import Lease

END_OF_TIME: Final = np.iinfo(np.int64).max
"""The final fit learns from all reviews; the figures are those of a fit on the reviews before the held-out weeks."""

LEASE: Final = "training"
"""One training of a shop runs at a time, whatever the machine and the way it was started."""

KEPT: Final = (RANKER, CONTENT, STARS)
"""The parts that a live model does not lose to a training whose data has too little for them."""

SAMPLE: Final = 250
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


class Trained(HeldOutFigures, frozen=True, kw_only=True):
    """The result of a training: a model, what it learnt from, and the figures of its recipe on the held-out weeks."""

    version: int
    live: bool
    learnt_from: DataSummary
    events: int
    users: int
    items: int
    skipped: dict[str, str]
    """What was not trained, by role of the bundle, and why."""
    review_errors: ReviewErrors | None = None
    """How well the words of reviews predict their stars; null if all reviews have stars, or too few do."""
    reliability: Reliability | None = None
    """How the chances of a hybrid compare with what was observed; null where none were stated."""
    importance: dict[str, float] = msgspec.field(default_factory=dict)
    """The share of each feature in what the ranker's splits gain, the largest first; empty without a ranker."""
    examined: list[float] = msgspec.field(default_factory=list)
    """How often each place of the main shelf is looked at, beside the first; empty where clicks do not tell."""
    seconds: float
    run_id: str | None = None
    """The run in MLflow; null without tracking."""

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
        How long training may take; None: as long as it needs. What is left out to keep it is told, and so is a training
        that takes longer all the same (`aisle.app.training.budget`).
    force
        Whether it goes live whatever its figures are, and whatever parts of the live model it lacks.

    Raises
    ------
    NotEnoughData
        If there is nothing to learn from, or the trained model is broken.
    SettingsError
        If the model or a setting of it does not exist.
    Busy
        If another training of this shop runs.
    Overtaken
        If this one stood still for so long that another took over; then nothing is published.
    StorageError, BundleError
        If the database or the disk refuses; until the bundle is published, the live model stays as it was.
    """
    kernels.load()  # in a large catalogue so few shoppers are scored at a time that these would not be used
    recipe = recipe_of(settings, model)
    budget = TrainingBudget(np.inf if seconds is None else seconds)
    with leases.held(db, LEASE) as lease:
        return _train(db, settings, recipe, budget, lease, progress, force=force)


def _train(
    db: Database,
    settings: Settings,
    recipe: Recipe,
    budget: TrainingBudget,
    lease: Lease,
    progress: Progress,
    *,
    force: bool,
) -> Trained:
    started = time.perf_counter()
    with budget.spend_on(Stage.READ):
        tables = read_tables(db, settings, progress)
    decision = decide(db, settings, recipe, tables, budget, progress)
    # From here on with the held-out weeks: what goes live has learnt from everything.
    known, skipped = with_reviews(tables, END_OF_TIME, recipe.seed)
    data = everything(known, recipe)
    # A ranker learns from past windows: this is the newest of them, and the others come before it.
    past_window = newest_window(tables.events, recipe.weights)
    fitted = fit(recipe, data, past_window, budget, progress)
    fitted = with_other_components(fitted, recipe, data, progress)
    progress(f"fit {recipe.model} on everything", 1, 1)
    check_sane(fitted, data)
    fitted = with_what_was_measured(fitted, decision, data.items)
    fitted = fitted._replace(components=with_patience(tables.shown, fitted.components))
    decision = with_parts(decision, missing_parts(db, settings, recipe, fitted), force=force)
    bundle = to_bundle(recipe, data, fitted, decision, int(data.log.timestamp[0]))
    version = publish(db, settings.bundles, bundle, decision, lease)
    skipped |= interactions_table.refresh(db, data, progress)
    review_errors = star_errors(tables.reviews, recipe.seed)
    skipped |= budget.told()
    if tables.stray is not None:
        skipped["stray events"] = tables.stray
    return Trained(
        **decision.figures(),
        version=version,
        live=decision.promote,
        review_errors=review_errors,
        events=tables.events.height,
        users=len(data.users),
        items=len(data.items),
        skipped=fitted.skipped | skipped,
        seconds=time.perf_counter() - started,
        learnt_from=DataSummary.of(data),
        reliability=decision.calibrated.reliability,
        importance=importance(fitted),
        examined=examined(fitted),
    )


def everything(tables: Tables, recipe: Recipe) -> Interactions:
    """Return all events as training data; the catalogue's items without events are among its items."""
    now = span(tables.events)[1] + 1
    data = build(tables.events, recipe.weights, now, more_items=shown_items(tables.catalogue))
    return with_shown(tables.shown, with_catalogue(tables.catalogue, data))


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


def importance(fitted: Fitted) -> dict[str, float]:
    """Return the share of each feature in what the splits of the main ranker gain, the largest first."""
    ranker = fitted.components.get(RANKER)
    if not isinstance(ranker, Ranker):
        return {}
    shares = dict(zip(ranker.features_, ranker.importance_.tolist(), strict=True))
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))


def examined(fitted: Fitted) -> list[float]:
    """Return how often each place of the main shelf is looked at, beside the first; nothing if clicks do not tell."""
    state = fitted.components.get(STATE)
    return state.examined_.tolist() if isinstance(state, ItemState) and state.examined_ is not None else []


def with_what_was_measured(fitted: Fitted, decision: GateDecision, items: Vocabulary) -> Fitted:
    """Add what only held-out weeks can tell: how many repeats shelves hold, how scores turn into chances, and shelves.

    Parameters
    ----------
    items
        The items of the fitted models.
    """
    components = with_repeat_share(fitted.components, decision.least_repeat_share)
    skipped, calibrated = fitted.skipped, decision.calibrated
    if RANKER in components and calibrated.calibration is not None:
        components |= {CALIBRATION: calibrated.calibration}
    elif RANKER in components:
        skipped = skipped | {CALIBRATION: f"no chances are stated: {calibrated.problem}"}
    if decision.sampled is not None:
        components |= {SHELF_SAMPLE: decision.sampled.component(items)}
    return fitted._replace(components=components, skipped=skipped)


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
    if not missing or force or not decision.promote:
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


def publish(db: Database, bundles: Path, bundle: Bundle, decision: GateDecision, lease: Lease) -> int:
    """Save a bundle, enter it in the registry, and make it live if it may; return its version."""
    row = registry.publish(db, bundles, bundle, note=decision.reason, lease=lease)
    if decision.promote:
        registry.promote(db, bundles, row.version, lease=lease)
    else:
        registry.refuse(db, row.version, decision.reason)
    return row.version
