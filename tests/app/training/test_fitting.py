from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from aisle.app.progress import Progress, silent
from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.training import fitting
from aisle.app.training.fitting import TrainingBudget, fit, past_shelves, with_other_components
from aisle.engine.ranking.hybrid import Hybrid, HybridConfig
from aisle.engine.recipe import PERSONAL, POPULAR, PRUNER, RANKER, STARS, STATE, Recipe
from aisle.prepare.build import build
from aisle.prepare.interactions import Interactions
from aisle.prepare.split import Window
from aisle.recommenders.implicit.repeat import Repeat
from aisle.recommenders.second_stage.ranker import RankerConfig
from aisle.shop.errors import NotEnoughData
from aisle.shop.moments import DAY
from tests.lively_shop import END, START, WEIGHTS, lively_data, lively_events

NEWEST = Window(END - 20 * DAY, END)
BEFORE = Window(END - 40 * DAY, END - 20 * DAY)


def recipe_for(tmp_path: Path, model: str = "hybrid", **hybrid: object) -> Recipe:
    quick = {"sources": {"repeat": 20, "item_knn": 10}, "ranker": {"trees": 5}, "questions": 200} | hybrid
    return recipe_of(Settings.read(tmp_path, models={"hybrid": quick, "svd": {"epochs": 2}}), model)


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    return recipe_for(tmp_path)


@pytest.fixture(scope="module")
def data() -> Interactions:
    return lively_data()


def gathered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that grows by the beginning of each window that is gathered."""
    cuts, real = [], fitting._gather

    def gather(recipe: Recipe, hybrid: HybridConfig, data: Interactions, window: Window, progress: Progress) -> object:
        cuts.append(window.cut)
        return real(recipe, hybrid, data, window, progress)

    monkeypatch.setattr(fitting, "_gather", gather)
    return cuts


def test_a_single_model_is_one_component(tmp_path: Path, data: Interactions) -> None:
    fitted = fit(recipe_for(tmp_path, "repeat"), data, NEWEST, TrainingBudget())
    assert fitted.components.keys() == {PERSONAL, POPULAR}
    assert isinstance(fitted.retrieval.personal, Repeat)


def test_a_hybrid_has_its_sources_pruner_state_and_ranker(recipe: Recipe, data: Interactions) -> None:
    fitted = fit(recipe, data, NEWEST, TrainingBudget())
    assert fitted.components.keys() == {"repeat", "item_knn", POPULAR, PRUNER, STATE, RANKER}
    assert fitted.skipped == {}


def test_equal_seeds_give_equal_components(recipe: Recipe, data: Interactions) -> None:
    first, second = (fit(recipe, lively_data(), NEWEST, TrainingBudget()).components for _ in range(2))
    for role, component in first.items():
        for name, array in component.arrays().items():
            np.testing.assert_array_equal(array, second[role].arrays()[name], err_msg=f"{role}.{name}")


def test_other_components_are_fitted_as_far_as_the_data_allows(recipe: Recipe, data: Interactions) -> None:
    fitted = with_other_components(fit(recipe, data, NEWEST, TrainingBudget()), recipe, data)
    assert STARS in fitted.components
    few = build(lively_events().filter(pl.col("event") != "rate"), WEIGHTS, END)
    fitted = with_other_components(fit(recipe, few, NEWEST, TrainingBudget()), recipe, few)
    assert "fewer than 100 ratings" in fitted.skipped[STARS]


def test_every_model_that_is_fitted_is_a_step_at_which_a_training_may_end(tmp_path: Path, data: Interactions) -> None:
    steps: list[tuple[str, float]] = []

    def progress(stage: str, done: float, total: float | None, rows: int = 0) -> None:
        steps.append((stage, done))

    recipe = recipe_for(tmp_path, windows=1)
    fitted = fit(recipe, data, NEWEST, TrainingBudget(), progress)
    others = len(steps)
    of_window = [("fit sources", 1), ("fit sources", 2), ("gather past shelves", 1)]
    assert steps[:3] == of_window
    after = with_other_components(fitted, recipe, data, progress)
    new = recipe.parts.keys() - fitted.components.keys()
    assert [stage for stage, _ in steps[others:]] == ["fit the other parts"] * len(new)
    assert STARS in after.components


def test_windows_that_two_fits_share_are_gathered_once(
    recipe: Recipe, data: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts = gathered(monkeypatch)
    earlier = build(lively_events().filter(pl.col("timestamp") < NEWEST.cut), WEIGHTS, NEWEST.cut)
    budget = TrainingBudget()
    fit(recipe, earlier, BEFORE, budget)
    fit(recipe, data, NEWEST, budget)
    assert cuts == [NEWEST.cut - 20 * DAY * number for number in (1, 2, 3, 0)]


def test_another_recipe_gathers_its_own(tmp_path: Path, data: Interactions, monkeypatch: pytest.MonkeyPatch) -> None:
    cuts = gathered(monkeypatch)
    budget = TrainingBudget()
    for quota in (20, 30):
        fit(recipe_for(tmp_path, sources={"repeat": quota}, windows=1), data, NEWEST, budget)
    assert cuts == [NEWEST.cut] * 2


def test_each_objective_of_a_placement_has_a_ranker_of_its_own(recipe: Recipe, data: Interactions) -> None:
    both = fit(msgspec.structs.replace(recipe, objectives=("click",)), data, NEWEST, TrainingBudget()).components
    alone = fit(recipe, data, NEWEST, TrainingBudget()).components
    assert both.keys() - alone.keys() == {"ranker_click"}
    np.testing.assert_array_equal(both[RANKER].arrays()["threshold"], alone[RANKER].arrays()["threshold"])
    assert not np.array_equal(both["ranker_click"].arrays()["threshold"], both[RANKER].arrays()["threshold"])


def test_an_objective_with_too_little_data_uses_the_main_ranker(recipe: Recipe) -> None:
    few_clicks = lively_events().filter((pl.col("event") != "view_item") | (pl.col("user_id") < "u2"))
    data = build(few_clicks, WEIGHTS, END)
    fitted = fit(msgspec.structs.replace(recipe, objectives=("click",)), data, NEWEST, TrainingBudget())
    assert RANKER in fitted.components
    assert fitted.skipped["ranker_click"].endswith("; the main ranker orders the shelves instead")


def test_after_the_time_limit_the_ranker_learns_from_one_window(
    recipe: Recipe, data: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts = gathered(monkeypatch)
    fit(recipe, data, NEWEST, TrainingBudget(seconds=0))
    assert cuts == [NEWEST.cut]


def test_the_measured_ranker_goes_live_if_there_is_no_time_for_another(
    recipe: Recipe, data: Interactions, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts = gathered(monkeypatch)
    budget = TrainingBudget(seconds=0)
    earlier = build(lively_events().filter(pl.col("timestamp") < NEWEST.cut), WEIGHTS, NEWEST.cut)
    measured = fit(recipe, earlier, BEFORE, budget).components
    live = fit(recipe, data, NEWEST, budget).components
    assert (live[RANKER], live[PRUNER]) == (measured[RANKER], measured[PRUNER])
    assert cuts == [BEFORE.cut], "the newest weeks were not gathered"
    assert budget.told()["ranker"] == "it learnt nothing from the held-out weeks, to save time"


def test_windows_end_where_the_log_begins(recipe: Recipe, data: Interactions) -> None:
    assert recipe.hybrid is not None
    shelves = past_shelves(
        recipe, recipe.hybrid, data, Window(START + 10 * DAY, START + 30 * DAY), TrainingBudget(), silent
    )
    assert shelves == {"purchase": []}


def test_past_shelves_hold_only_what_the_ranker_learns_from(recipe: Recipe, data: Interactions) -> None:
    assert recipe.hybrid is not None
    hybrid = msgspec.structs.replace(recipe.hybrid, ranker=RankerConfig(others=3))
    for past in past_shelves(recipe, hybrid, data, NEWEST, TrainingBudget(), silent)["purchase"]:
        unwanted = past.candidates.lists.where(past.gains == 0)
        assert np.diff(unwanted.indptr).max() == 3
        again = past.sampled(hybrid.ranker.most_rows, hybrid.ranker, recipe.seed)
        np.testing.assert_array_equal(again.gains, past.gains)


def test_without_windows_there_is_no_ranker(tmp_path: Path, data: Interactions) -> None:
    fitted = fit(recipe_for(tmp_path, windows=0), data, NEWEST, TrainingBudget())
    assert RANKER not in fitted.components
    assert isinstance(fitted.retrieval.personal, Hybrid)
    assert fitted.retrieval.personal.ranker is None
    assert "calibrated ranks order the shelves instead" in fitted.skipped[RANKER]


def test_a_small_shop_says_why_it_has_no_ranker(recipe: Recipe) -> None:
    few = build(lively_events(shoppers=10, count=120), WEIGHTS, END)
    fitted = fit(recipe, few, NEWEST, TrainingBudget())
    assert "a ranker needs 100" in fitted.skipped[RANKER]


def test_a_source_with_too_little_data_is_skipped_with_the_reason(tmp_path: Path) -> None:
    views = build(lively_events().filter(pl.col("event") == "view_item"), WEIGHTS, END)
    fitted = fit(recipe_for(tmp_path, sources={"svd": 10, "repeat": 10}), views, NEWEST, TrainingBudget())
    assert "svd" in fitted.skipped
    assert "repeat" in fitted.components


def test_without_any_source_there_is_no_hybrid(tmp_path: Path) -> None:
    views = build(lively_events().filter(pl.col("event") == "view_item"), WEIGHTS, END)
    with pytest.raises(NotEnoughData):
        fit(recipe_for(tmp_path, sources={"svd": 10}), views, NEWEST, TrainingBudget())


@pytest.mark.parametrize("objective", ["click", "cart", "purchase", "revenue"])
def test_every_objective_can_be_learnt(tmp_path: Path, data: Interactions, objective: str) -> None:
    assert (
        RANKER in fit(recipe_for(tmp_path, objective=objective, windows=2), data, NEWEST, TrainingBudget()).components
    )
