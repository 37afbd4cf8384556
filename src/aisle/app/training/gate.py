"""The promotion gate compares recipes, not trained models: a new one goes live unless it is shown to be worse.

Both recipes are fitted on the past and measured on the newest weeks. The live model itself cannot be measured there, as
it has learnt from these weeks.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import msgspec

from aisle.app.data.tables import Tables
from aisle.app.progress import Progress
from aisle.app.serving.placements import placements_of
from aisle.app.settings import Settings
from aisle.app.training.fitting import Fitted, TrainingBudget, fit_others
from aisle.app.training.measuring import (
    Measured,
    Role,
    fit_on_past,
    held_out,
    known_before,
    measure,
    newest_window,
    score,
    tail_costs,
)
from aisle.app.training.placement_report import PlacementFigures, PlacementReport, ShareCost, placement_report
from aisle.app.training.repeat_share import allowing, least_repeat_share
from aisle.engine.model import TrainedModel
from aisle.engine.recipe import Recipe
from aisle.engine.shelf.long_tail import TailCost
from aisle.evaluation.compare import verdict
from aisle.evaluation.evaluate import Evaluation
from aisle.evaluation.holdout import Holdout
from aisle.models import registry
from aisle.shop.errors import NotEnoughData, SettingsError
from aisle.storage.connection import Database

Measure = Callable[[Recipe], tuple[Measured, Evaluation]]
"""Fits a recipe on the past and scores it on the held-out weeks."""


class GateDecision(msgspec.Struct, frozen=True):
    """Whether a recipe is promoted, and its figures on the newest weeks."""

    promote: bool
    reason: str
    measured: list[Measured]
    """The recipe, the live one if that is another, and popularity; empty if nothing could be held out."""
    placements: list[PlacementFigures] = []
    shares: list[ShareCost] = []
    least_repeat_share: float = 0.0
    long_tail: list[TailCost] = []


class LiveRecipe(NamedTuple):
    """The recipe of the live model."""

    recipe: Recipe | None
    """None before the first training, and if it cannot be read."""
    unreadable: str | None = None
    """Why it cannot be read."""


def live_recipe(db: Database) -> LiveRecipe:
    """Return the recipe of the live model."""
    row = registry.live(db)
    if row is None:
        return LiveRecipe(None)
    try:
        return LiveRecipe(Recipe.parse(row.recipe))
    except SettingsError as error:
        return LiveRecipe(None, str(error).removesuffix("; run aisle train"))


def decide(
    db: Database,
    settings: Settings,
    recipe: Recipe,
    tables: Tables,
    budget: TrainingBudget,
    progress: Progress,
) -> GateDecision:
    """Measure a recipe on the newest weeks, and compare it with the live one."""
    known = known_before(tables, newest_window(tables.events), recipe.seed)
    try:
        holdout = held_out(known, recipe)
    except NotEnoughData as error:
        return GateDecision(True, f"not measured: {error}", [])
    past = fit_on_past(recipe, holdout, budget, progress)
    measured = score(recipe, past, holdout, progress=progress)

    def measure_other(other: Recipe) -> tuple[Measured, Evaluation]:
        same_holdout = (other.weights, other.seed) == (recipe.weights, recipe.seed)
        return measure(other, holdout if same_holdout else held_out(known, other), budget, progress=progress)

    report = _placements(settings, recipe, past.fitted, holdout, tables, progress)
    return msgspec.structs.replace(
        compare_with_live(live_recipe(db), recipe, measured, measure_other),
        placements=report.figures,
        shares=report.shares,
        least_repeat_share=report.least_repeat_share,
        long_tail=tail_costs(past.fitted, holdout, recipe.seed),
    )


def compare_with_live(
    live: LiveRecipe,
    recipe: Recipe,
    measured: tuple[Measured, Evaluation],
    measure_other: Measure,
    can_be_trained: Callable[[Recipe], bool] = lambda _: True,
) -> GateDecision:
    """Compare a recipe with the live one by their figures on the held-out weeks.

    Parameters
    ----------
    live
        The live recipe.
    recipe, measured
        The new recipe, and its figures.
    measure_other
        Measures another recipe in the same way.
    can_be_trained
        Whether a recipe can be trained here; a live recipe that cannot stays live.
    """
    new, evaluation = measured
    baseline, of_baseline = _as("popularity", measure_other(recipe.only_popular()))
    if live.unreadable is not None:
        return _against_popularity(live.unreadable, recipe, measured, (baseline, of_baseline))
    if live.recipe is None:
        return GateDecision(True, "it is the first model", [new, baseline])
    if live.recipe == recipe:
        return GateDecision(True, "the live recipe, on newer events", [new, baseline])
    if not can_be_trained(live.recipe):
        reason = f"the live {live.recipe.model} cannot be trained here to compare"
        return GateDecision(False, reason, [new, baseline])
    try:
        defender, of_defender = _as("live", measure_other(live.recipe))
    except SettingsError as error:
        return _against_popularity(str(error), recipe, measured, (baseline, of_baseline))
    by_ndcg = verdict(of_defender.ndcg, evaluation.ndcg, seed=recipe.seed)
    return GateDecision(by_ndcg.promote, f"NDCG against the live recipe: {by_ndcg.reason}", [new, defender, baseline])


def _as(role: Role, measured: tuple[Measured, Evaluation]) -> tuple[Measured, Evaluation]:
    return msgspec.structs.replace(measured[0], role=role), measured[1]


def _against_popularity(
    problem: str,
    recipe: Recipe,
    measured: tuple[Measured, Evaluation],
    baseline: tuple[Measured, Evaluation],
) -> GateDecision:
    """Compare a recipe with popularity, which is what shoppers get if this version cannot use the live model."""
    by_ndcg = verdict(baseline[1].ndcg, measured[1].ndcg, seed=recipe.seed)
    reason = f"the live recipe cannot be used any more ({problem}); NDCG against popularity instead: {by_ndcg.reason}"
    return GateDecision(by_ndcg.promote, reason, [measured[0], baseline[0]])


def _placements(
    settings: Settings, recipe: Recipe, fitted: Fitted, holdout: Holdout, tables: Tables, progress: Progress
) -> PlacementReport:
    """Measure the shelves of every placement with the models fitted on the past."""
    components = fit_others(recipe, holdout.train, fitted).components
    past = TrainedModel(0, components, holdout.train.items, recipe, holdout.window.cut)
    least = least_repeat_share(past, holdout, recipe.seed)
    past = replace(past, components=allowing(components, least))
    report = placement_report(placements_of(settings), past, holdout, tables.events, recipe.seed)
    progress("score placements", 1, 1)
    return report._replace(least_repeat_share=least)
