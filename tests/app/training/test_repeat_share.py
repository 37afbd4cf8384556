import numpy as np
import pytest

from aisle.app.data.tables import span
from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.training import placement_report, repeat_share
from aisle.app.training.fitting import TrainingBudget, fit, with_other_components
from aisle.app.training.repeat_share import least_repeat_share, with_repeat_share
from aisle.engine.model import TrainedModel
from aisle.engine.recipe import REBUYING
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.prepare.split import Window, holdout_window
from tests.app.training.test_placement_report import orders


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainedModel, Holdout]:
    """Return a shop whose shoppers buy again what they bought before."""
    recipe = recipe_of(Settings.read(tmp_path_factory.mktemp("shop")), "repeat")
    holdout = hold_out(orders(), recipe.weights, holdout_window(*span(orders())))
    data, nothing = holdout.train, Window(holdout.window.cut, holdout.window.cut)
    components = with_other_components(fit(recipe, data, nothing, TrainingBudget()), recipe, data).components
    return TrainedModel(0, components, data.items, recipe, holdout.window.cut), holdout


def test_repeats_have_all_places_where_less_of_them_costs_too_much(
    shop: tuple[TrainedModel, Holdout], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placement_report, "SHELVES", 0)
    monkeypatch.setattr(repeat_share, "MOST_COST", -1.0)
    assert least_repeat_share(*shop, 1) == 1


def test_repeats_have_the_share_of_rebuys_where_a_loss_does_not_matter(
    shop: tuple[TrainedModel, Holdout], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placement_report, "SHELVES", 0)
    monkeypatch.setattr(repeat_share, "MOST_COST", 1.0)
    model, holdout = shop
    assert model.rebuying is not None
    assert least_repeat_share(model, holdout, 1) == model.rebuying.share


def test_the_share_of_a_small_shop_is_learnt_from_the_half_that_is_not_shown(
    shop: tuple[TrainedModel, Holdout], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeat_share, "MOST_COST", -1.0)
    model, holdout = shop
    shown, spared = placement_report.shown_and_spared(holdout, np.random.default_rng(1))
    assert sorted([*shown, *spared]) == list(range(len(holdout)))
    assert len(shown) == len(spared) < placement_report.SHELVES
    assert least_repeat_share(model, holdout, 1) == 1


def test_without_shoppers_to_spare_or_an_old_bundle_nothing_is_learnt(
    shop: tuple[TrainedModel, Holdout], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, holdout = shop
    monkeypatch.setattr(repeat_share, "SHOPPERS", 0)
    assert least_repeat_share(model, holdout, 1) == 0
    old = {role: component for role, component in model.components.items() if role != REBUYING}
    assert with_repeat_share(old, 0.5) == old
    changed = with_repeat_share(model.components, 0.75)[REBUYING]
    np.testing.assert_array_equal(changed.arrays()["least"], np.array([0.75], np.float32))
