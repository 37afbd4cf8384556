import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pytest

from aisle.app.data.tables import span
from aisle.app.recipe import recipe_of
from aisle.app.serving.placements import STANDARD, placements_of
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.app.training.fitting import TrainingBudget, fit, with_other_components
from aisle.app.training.placement_report import SHELVES, PlacementFigures, PlacementReport, placement_report
from aisle.engine.model import TrainedModel
from aisle.engine.placement import Placement
from aisle.engine.proposals import POPULAR, Proposal
from aisle.engine.query import ShelfQuery
from aisle.engine.recipe import Recipe
from aisle.engine.shelf.rules import Rules
from aisle.engine.strategies import Strategy, popular_items
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.prepare.split import Window, holdout_window
from aisle.shop.moments import DAY

START: Final = 19_000 * DAY
PAIRS: Final = 15
OF_BASKETS: Final = {"upsell", "similar-items", "frequently-bought-together", "cart"}


def orders(lines: int = 2) -> pl.DataFrame:
    """Make orders of 40 shoppers, one a week: so many lines of one of the pairs, which are never bought apart."""
    draw = np.random.default_rng(3)
    rows = [
        ("purchase", f"u{user}", f"{half}{pair:02}", START + week * 7 * DAY + user * 1000 + line, f"{user}-{week}")
        for week in range(15)
        for user in range(40)
        for pair in [draw.integers(0, PAIRS)]
        for line, half in list(enumerate("ab"))[:lines]
    ]
    return pl.DataFrame(rows, ("event", "user_id", "item_id", "timestamp", "transaction_id"), orient="row")


def figures_of(folder: Path, events: pl.DataFrame) -> dict[str, PlacementFigures]:
    settings = Settings.read(folder)
    recipe = recipe_of(settings, "als")
    holdout = hold_out(events, recipe.weights, holdout_window(*span(events)))
    return {figures.placement: figures for figures in measured(settings, recipe, holdout, events).figures}


def measured(settings: Settings, recipe: Recipe, holdout: Holdout, events: pl.DataFrame) -> PlacementReport:
    return placement_report(placements_of(settings), model_of(recipe, holdout), holdout, events, seed=1)


def model_of(recipe: Recipe, holdout: Holdout) -> TrainedModel:
    data, nothing = holdout.train, Window(holdout.window.cut, holdout.window.cut)
    components = with_other_components(fit(recipe, data, nothing, TrainingBudget()), recipe, data).components
    return TrainedModel(0, components, data.items, recipe, holdout.window.cut)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, PlacementFigures]:
    return figures_of(tmp_path_factory.mktemp("shop"), orders())


def test_every_placement_is_measured(figures: dict[str, PlacementFigures]) -> None:
    assert list(figures) == list(STANDARD)
    asked = {name: of_placement.questions for name, of_placement in figures.items()}
    # Half of the shoppers are spared, so that the share of repeats is learnt from others.
    assert asked == {name: 40 if name in OF_BASKETS else 20 for name in STANDARD}
    assert SHELVES >= 40


@pytest.mark.parametrize("placement", ["frequently-bought-together", "cart"])
def test_items_that_are_always_bought_together_are_hits(figures: dict[str, PlacementFigures], placement: str) -> None:
    of = figures[placement]
    assert (of.kept, of.hit_rate, of.ndcg) == (1, 1, 1)


def test_shelves_of_shoppers_are_measured_by_all_of_their_purchases(figures: dict[str, PlacementFigures]) -> None:
    for placement in STANDARD.keys() - OF_BASKETS:
        assert 0 <= figures[placement].ndcg <= 1
    assert 0.3 < figures["bestsellers"].hit_rate < 1


def test_a_fallback_is_not_counted_as_the_placements_own_shelf(figures: dict[str, PlacementFigures]) -> None:
    assert figures["recently-viewed"].kept == 0
    assert figures["bestsellers"].kept == 1


def test_a_placement_of_items_says_for_how_many_of_them_it_works(tmp_path: Path) -> None:
    lonely = orders(lines=1).with_columns(pl.format("alone-{}", pl.col("item_id", "user_id", "transaction_id")))
    figures = figures_of(tmp_path, pl.concat([orders(), lonely]).sort("timestamp"))
    assert figures["frequently-bought-together"].items == pytest.approx(2 / 3)
    assert figures["bestsellers"].items is None


def test_without_baskets_pages_and_carts_are_not_measured(tmp_path: Path) -> None:
    alone = figures_of(tmp_path, orders(lines=1))
    assert alone.keys() == STANDARD.keys() - OF_BASKETS
    without = figures_of(tmp_path, orders().drop("transaction_id"))
    assert without.keys() == STANDARD.keys() - OF_BASKETS


def test_training_returns_the_figures_of_placements(untrained_folder: Path, tmp_path: Path) -> None:
    with Shop.open(shutil.copytree(untrained_folder, tmp_path / "shop")) as shop:
        trained = shop.train("popularity")
    assert {of_placement.placement for of_placement in trained.placements} == STANDARD.keys() - OF_BASKETS


def test_the_shares_of_what_shoppers_know_have_a_cost(tmp_path: Path) -> None:
    settings = Settings.read(tmp_path)
    recipe = recipe_of(settings, "als")
    holdout = hold_out(orders(), recipe.weights, holdout_window(*span(orders())))
    (cost,) = measured(settings, recipe, holdout, orders()).shares
    assert (cost.placement, cost.seen_share) == ("recommended-for-you", 0.3)
    assert 0 < cost.repeat_share < 1
    assert cost.cost.value == pytest.approx(1 - cost.ndcg / cost.without)
    assert cost.cost.low <= cost.cost.value <= cost.cost.high


def test_a_shopper_who_dislikes_the_whole_catalogue_fails_no_training(tmp_path: Path) -> None:
    events = orders()
    refunds = [
        ("refund", "u0", item, START + 50 * DAY, f"refund-{item}") for item in sorted(events["item_id"].unique())
    ]
    events = pl.concat([events, pl.DataFrame(refunds, events.schema, orient="row")]).sort("timestamp")
    assert figures_of(tmp_path, events)["recommended-for-you"].questions == 20


def test_no_fallback_is_worked_out_for_a_shelf_that_needs_none(tmp_path: Path) -> None:
    def propose(query: ShelfQuery) -> Iterator[Proposal]:
        yield popular_items(query, POPULAR)
        raise AssertionError("a filled shelf asks for no more")

    settings = Settings.read(tmp_path)
    recipe = recipe_of(settings, "als")
    holdout = hold_out(orders(), recipe.weights, holdout_window(*span(orders())))
    model = model_of(recipe, holdout)
    own = Placement("own", Strategy("own", propose), rules=Rules(seen_share=0.9))
    (of_own,) = placement_report({"own": own}, model, holdout, orders(), seed=1).figures
    assert of_own.hit_rate > 0
