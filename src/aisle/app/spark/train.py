"""The offline path on Spark, top to bottom: log → held-out weeks → figures → gate → fit on everything → bundle → live.

The log is too large for one machine and stays on Spark. Only a bounded part of it comes to this machine: ids and
vectors of items, pairs bought together, the newest events, and the histories of the shoppers that the gate measures.
"""

import time
from typing import Final

from aisle.app.data.tables import read_catalogue, shown_items
from aisle.app.progress import Progress, silent
from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.spark.fitting import can_be_trained, fit_on_spark, newest_events, spark_models
from aisle.app.spark.gate import SparkGate, spark_log
from aisle.app.spark.session import spark_events, spark_session
from aisle.app.train import (
    LEASE,
    DataSummary,
    Trained,
    check_sane,
    missing_parts,
    publish,
    to_bundle,
    with_parts,
    with_what_was_measured,
)
from aisle.app.training.fitting import Skipped
from aisle.app.training.gate import live_recipe
from aisle.engine.ranking.hybrid import NAME as HYBRID
from aisle.engine.recipe import SHELF_SAMPLE, Recipe
from aisle.shop.errors import SettingsError
from aisle.storage.connection import Database
from aisle.storage.log import reviews
from aisle.storage.work import leases
from aisle.storage.work.leases import Lease

DEFAULT: Final = "als"
"""The personal model on Spark, if the shop's own needs one machine."""


def train_on_spark(
    db: Database,
    settings: Settings,
    model: str | None = None,
    source: str | None = None,
    progress: Progress = silent,
    *,
    force: bool = False,
) -> Trained:
    """Train a model on Spark, and make it live unless the newest weeks show that the live one is better.

    Parameters
    ----------
    model
        The personal model, instead of the one in `aisle.toml`.
    source
        Where the events are, as `prepare.spark.reading` takes it; None: the shop's database. The catalogue is
        always the shop's.
    force
        As of `app.train.train`.

    Raises
    ------
    NotEnoughData
        If there is nothing to learn from, or the trained model is broken.
    SettingsError
        If the model cannot be trained on Spark, or Spark is not installed.
    SparkError
        If Spark fails; the live model stays as it was.
    StorageError, BundleError
        If the database or the disk refuses; the live model stays as it was.
    """
    with leases.held(db, LEASE) as lease:
        return _train(db, settings, model, source, lease, progress, force=force)


def _train(
    db: Database,
    settings: Settings,
    model: str | None,
    source: str | None,
    lease: Lease,
    progress: Progress,
    *,
    force: bool,
) -> Trained:
    with spark_session(settings) as spark:
        from aisle.prepare.spark.log import extent_of, without_stray

        started = time.perf_counter()
        recipe, skipped = spark_recipe(settings, model)
        if any(True for _ in reviews.stream(db, ("review_id",))):
            skipped["reviews"] = "they are only read when training on one machine"
        catalogue, limit = read_catalogue(db), settings.spark.newest_events
        with spark_events(db, spark, source, progress) as all_events:
            events, stray = without_stray(all_events)
            first, last, count = extent = extent_of(events)
            decision = SparkGate(events, catalogue, limit, extent, progress).decide(live_recipe(db), recipe)
            log = spark_log(events, recipe, last + 1, shown_items(catalogue))
            data = newest_events(log, limit, catalogue)
            fitted = fit_on_spark(recipe, log, data, progress)
            users = log.users_count()
    check_sane(fitted, data)
    fitted = with_what_was_measured(fitted, decision, data.items)
    # What was asked for, not what takes its place here: the live model may have more.
    missing = missing_parts(db, settings, recipe_of(settings, model), fitted)
    decision = with_parts(decision, missing, force=force)
    skipped[SHELF_SAMPLE] = "shelves for previews of rules are only sampled when training on one machine"
    if stray is not None:
        skipped["stray events"] = stray
    bundle = to_bundle(recipe, data, fitted, decision, first)
    return Trained(
        **decision.figures(),
        version=publish(db, settings.bundles, bundle, decision, lease),
        live=decision.promote,
        events=count,
        users=users,
        items=len(data.items),
        skipped=skipped | fitted.skipped,
        seconds=time.perf_counter() - started,
        learnt_from=DataSummary.of(data),
        reliability=decision.calibrated.reliability,
    )


def spark_recipe(settings: Settings, model: str | None) -> tuple[Recipe, Skipped]:
    """Return the recipe of the settings as far as Spark can train it, and what is skipped.

    Raises
    ------
    SettingsError
        If the model cannot be trained on Spark.
    """
    skipped: Skipped = {}
    if settings.train.leave_out_bots:
        raise SettingsError("leave_out_bots looks at the whole log on one machine; switch it off to train on Spark")
    if model is None and settings.train.model == HYBRID:
        skipped[HYBRID] = f"its ranker learns from the log on one machine; {DEFAULT} takes its place"
        model = DEFAULT
    recipe = recipe_of(settings, model)
    if not can_be_trained(recipe):
        raise SettingsError(f"{recipe.model} is not trained on Spark; choose one of {', '.join(spark_models())}")
    return recipe, skipped
