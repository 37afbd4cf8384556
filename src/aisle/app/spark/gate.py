"""The promotion gate for a log that stays on Spark: recipes are fitted on Spark and scored on this machine."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from aisle.app.progress import Progress
from aisle.app.spark.fitting import OF_NEWEST_EVENTS, can_be_trained, fit_model, newest_events, retrieval_of
from aisle.app.training.fitting import Fitted, TrainingBudget
from aisle.app.training.gate import GateDecision, LiveRecipe, abstain, abstain_before, compare_with_live
from aisle.app.training.measuring import Measured, PastFit, measure, score, with_catalogue_of_past
from aisle.engine.recipe import PERSONAL, POPULAR, Recipe
from aisle.evaluation.evaluate import Evaluation
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.evaluation.window import choose_window
from aisle.recommenders.base import Component
from aisle.shop.errors import NotEnoughData

if TYPE_CHECKING:
    from aisle.prepare.spark.log import SparkLog
    from aisle.prepare.spark.session import Frame

SHOPPERS: Final = 20_000
"""So many shoppers of the held-out weeks are measured if the log is too long for this machine."""


@dataclass(frozen=True, eq=False)
class SparkGate:
    """Compares recipes on the newest weeks.

    A log that fits this machine is measured as a whole; of a longer one, some shoppers with their whole history.

    Attributes
    ----------
    events
        The cleaned log.
    limit
        How many events fit this machine.
    extent
        The first and the last moment of the log, and how many events it has.
    progress
        Called after each step.
    """

    events: "Frame"
    catalogue: pl.DataFrame
    limit: int
    extent: tuple[int, int, int]
    progress: Progress

    def decide(self, live: LiveRecipe, recipe: Recipe) -> GateDecision:
        """Compare a recipe with the live one."""
        try:
            holdout = self.held_out(recipe)
        except NotEnoughData as error:
            return abstain(live, recipe, str(error))
        past = spark_log(self.events, recipe, self.extent[1] + 1).until(holdout.window.cut)

        def measure_recipe(other: Recipe) -> tuple[Measured, Evaluation]:
            weighted = holdout if other.weights == recipe.weights else self.held_out(other)
            if can_be_trained(other):
                return self._measure(other, past.weighing(other.weights), weighted)
            return measure(other, weighted, TrainingBudget(), progress=self.progress)

        try:
            measured = measure_recipe(recipe)
        except NotEnoughData as error:
            return abstain_before(live, recipe, error, measure_recipe)
        return compare_with_live(
            live, recipe, measured, measure_recipe, lambda other: self.fits or can_be_trained(other)
        )

    @property
    def fits(self) -> bool:
        """Whether the whole log fits this machine."""
        return self.extent[2] <= self.limit

    def held_out(self, recipe: Recipe) -> Holdout:
        """Hold out the newest weeks of the log, or of the events of some shoppers."""
        weeks = choose_window(self.events, recipe.weights)
        window, target = weeks.window, weeks.target
        if self.fits:
            holdout = hold_out(self.events, recipe.weights, window, target=target)
            return with_catalogue_of_past(self.catalogue, holdout)
        log = spark_log(self.events, recipe, self.extent[1] + 1)
        items = log.until(window.cut).items
        sample = log.of_some(window.cut, SHOPPERS)
        holdout = hold_out(sample, recipe.weights, window, target=target, items=items)
        return with_catalogue_of_past(self.catalogue, holdout)

    def _measure(self, recipe: Recipe, past: "SparkLog", holdout: Holdout) -> tuple[Measured, Evaluation]:
        """Fit a recipe on the past on Spark, and score it on this machine."""
        started = time.perf_counter()
        newest = holdout.train if self.fits else newest_events(past, self.limit, self.catalogue)
        components: dict[str, Component[Any]] = {}
        for role in (PERSONAL, POPULAR):
            spec = recipe.parts[role]
            data = newest if spec.model in OF_NEWEST_EVENTS else holdout.train
            components[role] = fit_model(role, spec, past, data, recipe.seed)
        seconds = time.perf_counter() - started
        self.progress(f"fit {recipe.model} on the past", 1, 1)
        past_fit = PastFit(Fitted(retrieval_of(components), components, {}), seconds)
        return score(recipe, past_fit, holdout, progress=self.progress)


def spark_log(events: "Frame", recipe: Recipe, now: int, also: pl.Series | tuple[()] = ()) -> "SparkLog":
    """Return the log of events with the weights of a recipe, and with more items that no event names."""
    from aisle.prepare.spark.log import SparkLog

    return SparkLog.of(events, recipe.weights, now, also)
