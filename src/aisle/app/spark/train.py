"""The offline path on Spark, top to bottom: log → held-out weeks → figures → gate → fit on everything → bundle → live.

What is too large for one machine, the log, stays on Spark; what comes here is bounded: the vocabulary and vectors of
items, pairs that were bought together, the newest events, and the histories of the shoppers who are asked in decision.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import polars as pl

from aisle.app.progress import Progress, silent
from aisle.app.recipe import PERSONAL, POPULAR, STARS, STATE, ModelSpec, Recipe
from aisle.app.settings import Settings
from aisle.app.tracking.tracker import track_training
from aisle.app.train import GateDecision, Trained, check_sane, compared, publish, shown_items, to_bundle
from aisle.app.training.fitting import FEWEST_STARS, Fitted, TrainingBudget
from aisle.app.training.measuring import (
    Measured,
    OnPast,
    catalogued,
    measure,
    read_catalogue,
    score,
    with_catalogue,
)
from aisle.engine.ranking.hybrid import NAME as HYBRID
from aisle.engine.ranking.retrieval import Retrieval
from aisle.evaluation.evaluate import Evaluation
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.prepare.build import NEEDED, OPTIONAL, build
from aisle.prepare.interactions import Interactions
from aisle.prepare.split import holdout_window
from aisle.recommenders.base import Component, Recommender
from aisle.recommenders.catalog import by_name
from aisle.recommenders.second_stage.item_state import ItemState, ItemStateConfig
from aisle.shop.columns import EVENT_ID
from aisle.shop.errors import FileError, NotEnoughData, SettingsError
from aisle.storage import events as stored
from aisle.storage import reviews
from aisle.storage.connection import Database

if TYPE_CHECKING:
    from aisle.prepare.spark.log import SparkLog
    from aisle.prepare.spark.session import Frame, Session

DEFAULT: Final = "als"
"""The personal model where the shop's own needs one machine."""

RECENT: Final = ("popularity", "trending", "newcomer_popularity")
"""The models that sum up what happened lately: they learn from the newest events, here."""

ASKED: Final = 20_000
"""So many shoppers of the held-out weeks say how good a model is, where the log is too long to ask all of them."""


def _require_spark() -> None:
    if find_spec("pyspark") is None:
        raise SettingsError("the engine spark needs PySpark: pip install 'aisle[spark]'")


@contextmanager
def spark_session(settings: Settings) -> Iterator["Session"]:
    """Lend a Spark session as the settings ask for it.

    Raises
    ------
    SettingsError
        If PySpark is not installed.
    SparkError
        If Spark cannot start, or whatever is done with it fails.
    """
    _require_spark()
    from aisle.prepare.spark.session import session

    with session(settings.spark.master, settings.spark.conf) as spark:
        yield spark


@contextmanager
def spark_events(db: Database, spark: "Session", source: str | None, progress: Progress) -> Iterator["Frame"]:
    """Lend the cleaned events of a source, or of the shop's database, which go to Spark through files.

    Raises
    ------
    NotEnoughData
        If there is none.
    """
    from aisle.prepare.spark.frames import kept
    from aisle.prepare.spark.log import cleaned_on_spark
    from aisle.prepare.spark.reading import read_events

    with tempfile.TemporaryDirectory(prefix="aisle-") as folder:
        if source is None:
            spill(db, Path(folder), progress)
        with kept(cleaned_on_spark(read_events(spark, source or folder))) as events:
            yield events


def spill(db: Database, folder: Path, progress: Progress) -> None:
    """Write the events of a database into Parquet files, part by part.

    Raises
    ------
    NotEnoughData
        If there is none.
    FileError
        If the disk refuses.
    """
    total, rows = stored.count(db), 0
    for part, frame in enumerate(stored.stream(db, (EVENT_ID, *NEEDED, *OPTIONAL))):
        try:
            frame.write_parquet(folder / f"{part:06}.parquet")
        except OSError as error:
            raise FileError(f"cannot write events for Spark into {folder}: {error}; make room or set TMPDIR") from None
        rows += frame.height
        progress("hand events to Spark", rows, total, rows)
    if rows == 0:
        raise NotEnoughData("this shop has no events yet; run aisle import FILE…")


def train_on_spark(
    db: Database, settings: Settings, model: str | None = None, source: str | None = None, progress: Progress = silent
) -> Trained:
    """Train a model on Spark, and make it live unless the newest weeks show that the live one is better.

    Parameters
    ----------
    model
        The personal model, instead of the one in `aisle.toml`.
    source
        Where the events are, as `prepare.spark.reading` takes it; None: the shop's database. The catalogue is
        always the shop's.

    Raises
    ------
    NotEnoughData
        If there is nothing to learn from, or what was learnt is of no use.
    SettingsError
        If the model cannot be trained on Spark, or Spark is not installed.
    SparkError
        If Spark fails; the live model stays as it was.
    StorageError, BundleError
        If the database or the disk refuses; the live model stays as it was.
    """
    _require_spark()
    from aisle.prepare.spark.log import extent_of

    started = time.perf_counter()
    left_out: dict[str, str] = {}
    recipe = spark_recipe(settings, model, left_out)
    if any(True for _ in reviews.stream(db, ("review_id",))):
        left_out["reviews"] = "they are read on one machine"
    catalogue = read_catalogue(db)
    with spark_session(settings) as spark, spark_events(db, spark, source, progress) as events:
        first, last, count = extent = extent_of(events)
        judge = Judge(events, catalogue, settings.spark.newest_events, extent, progress)
        decision = judge(db, recipe)
        log = _log(events, recipe, last + 1, shown_items(catalogue))
        data = at_hand(log, settings.spark.newest_events, catalogue)
        fitted = fit_on_spark(recipe, log, data, left_out, progress)
        users = log.users_count()
    check_sane(fitted, data)
    bundle = to_bundle(recipe, data, fitted, decision, first)
    trained = Trained(
        version=publish(db, settings.bundles, bundle, decision),
        live=decision.promote,
        reason=decision.reason,
        measured=decision.measured,
        placements=decision.placements,
        long_tail=decision.long_tail,
        review_errors=None,
        events=count,
        users=users,
        items=len(data.items),
        left_out=fitted.left_out,
        seconds=time.perf_counter() - started,
    )
    return msgspec.structs.replace(trained, run_id=track_training(db, settings, recipe, data, trained))


def spark_recipe(settings: Settings, model: str | None, left_out: dict[str, str]) -> Recipe:
    """Return the recipe that the settings ask for, as far as Spark can fill it.

    Raises
    ------
    SettingsError
        If the model cannot be trained on Spark.
    """
    if settings.train.leave_out_bots:
        raise SettingsError("leave_out_bots looks at the whole log on one machine; switch it off to train on Spark")
    if model is None and settings.train.model == HYBRID:
        left_out[HYBRID] = f"its ranker learns from the log on one machine; {DEFAULT} takes its place"
        model = DEFAULT
    recipe = Recipe.from_settings(settings, model)
    if not _on_spark(recipe):
        raise SettingsError(f"{recipe.model} is not trained on Spark; choose one of {', '.join(_spark_models())}")
    return recipe


def _spark_models() -> list[str]:
    from aisle.recommenders.spark_als import FITS

    return sorted({*FITS, *RECENT})


def _on_spark(recipe: Recipe) -> bool:
    """Whether Spark can fill the personal shelf of a recipe."""
    return recipe.hybrid is None and recipe.model in _spark_models()


# --- Fitting ----------------------------------------------------------------------------------------------------------


def at_hand(log: "SparkLog", most: int, catalogue: pl.DataFrame) -> Interactions:
    """Return the newest events of a log as training data, with the items of all of it."""
    newest = log.newest(most)
    return with_catalogue(catalogue, build(newest, log.weights, log.now, items=log.items))


def fit_on_spark(
    recipe: Recipe, log: "SparkLog", data: Interactions, left_out: dict[str, str], progress: Progress
) -> Fitted:
    """Fit every part of a recipe that Spark, or the data at hand, is enough for; note why others are left out.

    Raises
    ------
    NotEnoughData
        If there is too little for the personal or the popular model.
    """
    parts: dict[str, Component] = {STATE: ItemState(ItemStateConfig()).fit(data)}
    left_out = dict(left_out)
    for number, (role, part) in enumerate(recipe.parts.items()):
        try:
            parts[role] = fit_part(role, part, log, data, recipe.seed)
        except NotEnoughData as error:
            if role in (PERSONAL, POPULAR):
                raise
            left_out[role] = str(error)
        progress("fit on Spark", number + 1, len(recipe.parts))
    return Fitted(_retrieval(parts), parts, left_out)


def fit_part(role: str, part: ModelSpec, log: "SparkLog", data: Interactions, seed: int) -> Recommender[Any]:
    """Fit one model.

    Raises
    ------
    NotEnoughData
        If there is too little to learn from, or it takes the whole log on one machine.
    """
    from aisle.recommenders.spark_als import FITS

    if role == STARS and np.isfinite(data.log.rating).sum() < FEWEST_STARS:
        raise NotEnoughData(f"fewer than {FEWEST_STARS} ratings")
    if part.model in FITS:
        return FITS[part.model](by_name(part.model).config_type.parse(part.settings), log, data, seed)
    if part.model in RECENT:
        return part.fit(data, seed)
    raise NotEnoughData(f"{part.model} learns from the whole log on one machine")


def _retrieval(parts: dict[str, Component]) -> Retrieval:
    personal, popular = parts[PERSONAL], parts[POPULAR]
    assert isinstance(personal, Recommender)  # noqa: S101
    assert isinstance(popular, Recommender)  # noqa: S101
    return Retrieval(personal, popular)


# --- The gate ---------------------------------------------------------------------------------------------------------


def _log(events: "Frame", recipe: Recipe, now: int, also: pl.Series | tuple[()] = ()) -> "SparkLog":
    from aisle.prepare.spark.log import SparkLog

    return SparkLog.of(events, recipe.weights, now, also)


@dataclass(frozen=True, eq=False)
class Judge:
    """Asks the newest weeks about recipes, as the local engine does.

    A log that fits the machine is judged in whole; of a longer one, some shoppers are asked, with all of their past.
    """

    events: "Frame"
    catalogue: pl.DataFrame
    most: int
    extent: tuple[int, int, int]
    progress: Progress

    def __call__(self, db: Database, recipe: Recipe) -> GateDecision:
        """Compare a recipe with the live one."""
        try:
            holdout = self.held_out(recipe)
        except NotEnoughData as error:
            return GateDecision(True, f"not measured: {error}", [])
        past = _log(self.events, recipe, self.extent[1] + 1).until(holdout.window.cut)

        def ask(one: Recipe) -> tuple[Measured, Evaluation]:
            asked = holdout if one.weights == recipe.weights else self.held_out(one)
            if _on_spark(one):
                return self._measure(one, past.weighing(one.weights), asked)
            return measure(one, asked, TrainingBudget(), progress=self.progress)

        return compared(db, recipe, ask(recipe), ask, lambda one: self.whole or _on_spark(one))

    @property
    def whole(self) -> bool:
        """Whether all of the log fits this machine."""
        return self.extent[2] <= self.most

    def held_out(self, recipe: Recipe) -> Holdout:
        """Hold out the newest weeks of the log, or of some shoppers' part of it."""
        first, last, _ = self.extent
        window = holdout_window(first, last)
        if self.whole:
            return catalogued(self.catalogue, hold_out(self.events, recipe.weights, window))
        log = _log(self.events, recipe, last + 1)
        items = log.until(window.cut).items
        some = log.of_some(window.cut, ASKED)
        return catalogued(self.catalogue, hold_out(some, recipe.weights, window, items=items))

    def _measure(self, recipe: Recipe, past: "SparkLog", holdout: Holdout) -> tuple[Measured, Evaluation]:
        """Fit a recipe on the past on Spark and score it here."""
        started = time.perf_counter()
        newest = holdout.train if self.whole else at_hand(past, self.most, self.catalogue)
        parts: dict[str, Component] = {}
        for role in (PERSONAL, POPULAR):
            part = recipe.parts[role]
            data = newest if part.model in RECENT else holdout.train
            parts[role] = fit_part(role, part, past, data, recipe.seed)
        seconds = time.perf_counter() - started
        self.progress(f"fit {recipe.model} on the past", 1, 1)
        past_fit = OnPast(Fitted(_retrieval(parts), parts, {}), seconds)
        return score(recipe, past_fit, holdout, progress=self.progress)
