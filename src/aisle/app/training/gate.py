"""The promotion gate compares recipes, not trained models: a new one goes live unless it is shown to be worse.

Both recipes are fitted on the past and measured on the newest weeks. The live model itself cannot be measured there, as
it has learnt from these weeks. Where too few shoppers can be judged, the gate abstains: the live recipe goes on with
newer events, and another one does not replace it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.app.data.tables import Tables
from aisle.app.progress import Progress
from aisle.app.serving.published_rules import read_placements
from aisle.app.settings import Settings
from aisle.app.training.budget import Stage
from aisle.app.training.calibrating import Calibrated, calibrate
from aisle.app.training.fitting import Fitted, TrainingBudget, with_other_components
from aisle.app.training.measuring import (
    Measured,
    Role,
    fit_on_past,
    hold_out_weeks,
    known_before,
    measure,
    score,
    tail_costs,
)
from aisle.app.training.placement_report import PlacementFigures, PlacementReport, ShareCost, placement_report
from aisle.app.training.repeat_share import least_repeat_share, with_repeat_share
from aisle.app.training.sampling import Sampled, sample_shelves
from aisle.engine.model import NO_BUNDLE, TrainedModel
from aisle.engine.placement import Placement
from aisle.engine.recipe import BASELINE, Recipe
from aisle.engine.shelf.long_tail import TailCost
from aisle.evaluation.compare import Finding, compare, describe, verdict
from aisle.evaluation.evaluate import Evaluation
from aisle.evaluation.holdout import Holdout
from aisle.evaluation.window import choose_window
from aisle.kernels.threads import blas_alone
from aisle.models import registry
from aisle.recommenders.second_stage.item_state import ENOUGH
from aisle.shop.errors import NotEnoughData, SettingsError
from aisle.storage.connection import Database

Measure = Callable[[Recipe], tuple[Measured, Evaluation]]
"""Fits a recipe on the past and scores it on the held-out weeks."""

NO_COSTS: Final[list[TailCost]] = []
NO_CHANCES: Final = Calibrated(None, None, "the time was up")
"""What a budget leaves of the figures that take too long."""


class HeldOutFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a recipe on the newest weeks, which were held out, and what follows from them."""

    reason: str
    """Why it goes live or not, for people."""
    measured: list[Measured]
    """The recipe, the live one if that is another, and popularity; empty if nothing could be held out."""
    placements: list[PlacementFigures] = []
    """The figures of each placement's shelves."""
    shares: list[ShareCost] = []
    """What the shares of what a shopper knows cost the shelves."""
    long_tail: list[TailCost] = []
    """What shares of attention for the long tail would cost."""
    outranked: str | None = None
    """How much worse the personal model ranks than popularity, which fills the shelves then; null if it does not."""


class GateDecision(HeldOutFigures, frozen=True, kw_only=True):
    """Whether a recipe is promoted, and what its models learn from the figures on the newest weeks."""

    promote: bool
    least_repeat_share: float = 0.0
    calibrated: Calibrated = Calibrated(None, None, "nothing was measured")
    """What turns scores into chances, and how far these can be believed."""
    sampled: Sampled | None = None
    """Shelves of held-out shoppers for the preview of rules; None if there was no time."""

    def figures(self) -> dict[str, Any]:
        """Return the fields of `HeldOutFigures`."""
        return {name: getattr(self, name) for name in HeldOutFigures.__struct_fields__}


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
    live = live_recipe(db)
    try:
        weeks = choose_window(tables.events, recipe.weights)
        known = known_before(tables, weeks.window, recipe.seed)
        holdout = hold_out_weeks(known, recipe, weeks)
    except NotEnoughData as error:
        return abstain(live, recipe, str(error))

    defended = live.recipe is not None and live.recipe != recipe and live.recipe.model != BASELINE
    budget.plan(hybrid=recipe.hybrid is not None, recipes=1 + defended)

    def measure_other(other: Recipe) -> tuple[Measured, Evaluation]:
        same_holdout = (other.weights, other.seed) == (recipe.weights, recipe.seed)
        of_other = holdout if same_holdout else hold_out_weeks(known, other, weeks)
        # Popularity takes no time that is worth a plan.
        in_time = TrainingBudget() if other.model == BASELINE else budget
        return measure(other, of_other, in_time, progress=progress)

    try:
        past = fit_on_past(recipe, holdout, budget, progress)
    except NotEnoughData as error:
        return abstain_before(live, recipe, error, measure_other)
    with budget.spend_on(Stage.SCORE):
        measured = score(recipe, past, holdout, progress=progress)
    placements = read_placements(db, settings)
    report, sampled = _placements(placements, recipe, past.fitted, holdout, tables, budget, progress)
    decision = compare_with_live(live, recipe, measured, measure_other)
    progress("measure the long tail", 0, 1)
    long_tail = budget.in_time(Stage.LONG_TAIL, lambda: tail_costs(past.fitted, holdout, recipe.seed), NO_COSTS)
    progress("calibrate", 0, 1)
    calibrated = budget.in_time(Stage.CHANCES, lambda: calibrate(past.fitted, holdout, recipe.seed), NO_CHANCES)
    progress("calibrate", 1, 1)
    return msgspec.structs.replace(
        decision,
        sampled=sampled,
        placements=report.figures,
        shares=report.shares,
        least_repeat_share=report.least_repeat_share,
        long_tail=long_tail,
        calibrated=calibrated,
    )


def abstain_before(live: LiveRecipe, recipe: Recipe, error: NotEnoughData, measure_other: Measure) -> GateDecision:
    """Decide where a recipe cannot be fitted before the held-out weeks, although popularity can."""
    baseline = _as("popularity", measure_other(recipe.only_popular()))
    problem = f"before the held-out weeks there was too little for {recipe.model} ({error})"
    return abstain(live, recipe, problem, [baseline[0]])


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
    baseline = _as("popularity", measure_other(recipe.only_popular()))
    figures = [measured[0], baseline[0]]
    shoppers = measured[0].report.all.shoppers
    if shoppers < ENOUGH:
        problem = f"{shoppers} shoppers can be judged on the held-out weeks, and {ENOUGH} are needed"
        return abstain(live, recipe, problem, figures, popularity_too=True)
    outranked = _outranked(recipe, measured, baseline)
    of_shelves = baseline[1].ndcg if outranked else measured[1].ndcg
    promote, reason = True, "it is the first model"
    if live.unreadable is not None:
        promote, reason = _against_popularity(live.unreadable, recipe, of_shelves, baseline)
    elif live.recipe == recipe:
        reason = "the live recipe, on newer events"
    elif live.recipe is not None and not can_be_trained(live.recipe):
        promote, reason = False, f"the live {live.recipe.model} cannot be trained here to compare"
    elif live.recipe is not None:
        try:
            defender = _as("live", measure_other(live.recipe))
        except (SettingsError, NotEnoughData) as error:
            promote, reason = _against_popularity(str(error), recipe, of_shelves, baseline)
        else:
            by_ndcg = verdict(defender[1].ndcg, of_shelves, seed=recipe.seed)
            promote, reason = by_ndcg.promote, f"NDCG against the live recipe: {by_ndcg.reason}"
            figures.insert(1, defender[0])
    return GateDecision(promote=promote, reason=reason, measured=figures, outranked=outranked)


def abstain(
    live: LiveRecipe,
    recipe: Recipe,
    problem: str,
    measured: list[Measured] | None = None,
    *,
    popularity_too: bool = False,
) -> GateDecision:
    """Decide without figures that say anything.

    Parameters
    ----------
    live, recipe
        The live recipe, and the new one.
    problem
        Why nothing can be measured.
    measured
        Figures that can be shown all the same.
    popularity_too
        Whether popularity cannot be judged either, although it has figures.
    """
    figures = measured or []
    if live.unreadable is not None:
        promote, why = True, f"the live recipe cannot be used any more ({live.unreadable})"
    elif live.recipe == recipe:
        promote, why = True, "it is the live recipe, on newer events"
    elif live.recipe is not None:
        promote, why = False, "it is another recipe than the live one, which stays"
    elif figures and not popularity_too and recipe.model != BASELINE:
        promote, why = False, f"popularity can be judged; aisle train --model {BASELINE} makes a first model"
    else:
        promote, why = True, "it is the first model, and popularity could not be judged either"
    return GateDecision(promote=promote, reason=f"not measured: {problem}; {why}", measured=figures)


def _as(role: Role, measured: tuple[Measured, Evaluation]) -> tuple[Measured, Evaluation]:
    return msgspec.structs.replace(measured[0], role=role), measured[1]


def _outranked(
    recipe: Recipe, measured: tuple[Measured, Evaluation], baseline: tuple[Measured, Evaluation]
) -> str | None:
    """Return how much worse a model ranks than popularity among shoppers with a history, if it does beyond chance."""
    returning = measured[1].returning
    if returning.sum() < ENOUGH:
        return None
    comparison = compare(baseline[1].ndcg[returning], measured[1].ndcg[returning], seed=recipe.seed)
    if comparison.finding is not Finding.WORSE:
        return None
    return f"{recipe.model} ranks {describe(comparison)} with a history than popularity"


def _against_popularity(
    problem: str, recipe: Recipe, ndcg: NDArray[np.float64], baseline: tuple[Measured, Evaluation]
) -> tuple[bool, str]:
    """Compare a recipe with popularity, which is what shoppers get if this version cannot use the live model."""
    by_ndcg = verdict(baseline[1].ndcg, ndcg, seed=recipe.seed)
    reason = f"the live recipe cannot be used any more ({problem}); NDCG against popularity instead: {by_ndcg.reason}"
    return by_ndcg.promote, reason


@blas_alone()
def _placements(
    placements: Mapping[str, Placement],
    recipe: Recipe,
    fitted: Fitted,
    holdout: Holdout,
    tables: Tables,
    budget: TrainingBudget,
    progress: Progress,
) -> tuple[PlacementReport, Sampled | None]:
    """Measure and sample shelves of every placement with the models of the past, or only learn what models need."""
    with budget.spend_on(Stage.PARTS):
        components = with_other_components(fitted, recipe, holdout.train, progress).components
    past = TrainedModel(NO_BUNDLE, components, holdout.train.items, recipe, holdout.window.cut)
    least = least_repeat_share(past, holdout, recipe.seed)
    past = replace(past, components=with_repeat_share(components, least))
    events, seed = tables.events, recipe.seed
    nothing: tuple[PlacementReport, Sampled | None] = PlacementReport([], []), None

    def shelves() -> tuple[PlacementReport, Sampled | None]:
        report = placement_report(placements, past, holdout, events, seed, progress)
        return report, sample_shelves(placements, past, holdout, events, seed)

    report, sampled = budget.in_time(Stage.PLACEMENTS, shelves, nothing)
    progress("score placements", 1, 1)
    return report._replace(least_repeat_share=least), sampled
