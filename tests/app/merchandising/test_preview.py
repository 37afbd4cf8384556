"""What a change of the rules does, on a case that is worked out by hand, and on a trained shop."""

from pathlib import Path

import numpy as np
import pytest

from aisle.app.merchandising.preview import preview, relative
from aisle.app.merchandising.team_rules import TrialCatalogue
from aisle.app.serve import Live
from aisle.app.serving.placements import placement_with
from aisle.app.shop import Shop
from aisle.app.training.sampling import Sampled
from aisle.engine.model import TrainedModel
from aisle.engine.recipe import SHELF_SAMPLE
from aisle.models import registry
from aisle.recommenders.base import NoSettings
from aisle.recommenders.second_stage.shelf_sample import SampledShelf, ShelfSample
from aisle.shop.errors import InputError, NotEnoughData
from aisle.shop.ids import Vocabulary
from aisle.storage.digest import digest

A, B, C, D = range(4)


def shelf(user_id: str, items: list[int], taken: list[int], money: list[float]) -> SampledShelf:
    return SampledShelf(
        digest(user_id),
        np.array(items, np.int32),
        -np.arange(len(items), dtype=np.float32),
        np.zeros(len(items), np.uint8),
        np.full(len(items), np.inf, np.float32),
        may_be_filled=False,
        cart=np.zeros(0, np.int32),
        taken=np.array(taken, np.int32),
        money=np.array(money),
    )


def with_sample(live: Live, *shelves: SampledShelf) -> tuple[TrainedModel, TrialCatalogue]:
    model = live.model_watch.current()
    sample = ShelfSample(NoSettings()).fit({"bestsellers": shelves}, np.zeros(0, np.int32))
    model.components[SHELF_SAMPLE] = sample
    return model, TrialCatalogue(model.items, live.catalogue_watch.current(model), live.db)


def test_a_case_worked_out_by_hand(live: Live) -> None:
    shelves = [
        shelf("u", [A, B, C], [B], [30.0]),
        shelf("v", [B, A, C], [A, C], [10.0, 5.0]),
        shelf("w", [D], [A], [9.0]),
    ]
    model, catalogue = with_sample(live, *shelves)
    ids = model.items.ids
    now = live.placements["bestsellers"]
    draft = placement_with(live.settings, "bestsellers", {"pins": [ids[B]]})
    found = preview(model, catalogue, now, draft, set())
    # u: A B C -> B A C; v stays B A C; w: D -> B D.
    assert found.shelves == 3
    assert found.changed.value == pytest.approx(2 / 3)
    second, third = 1 / np.log2(3), 1 / 2
    of_v = (second + third) / (1 + second)
    assert found.ndcg is not None
    assert found.ndcg.value == pytest.approx((1 + of_v) / (second + of_v) - 1)
    assert found.revenue is not None
    of_v = 10 * second + 5 * third
    assert found.revenue.value == pytest.approx((30 + of_v) / (30 * second + of_v) - 1)
    assert found.ndcg.low <= found.ndcg.value <= found.ndcg.high
    assert [(one.item_id, one.shelves) for one in found.comes] == [(ids[B], 1)]
    assert found.goes == []
    assert str(found).startswith("66.7 % of shelves change, of 3 of held-out shoppers. NDCG +")


def test_who_was_erased_is_left_out(live: Live) -> None:
    model, catalogue = with_sample(live, shelf("u", [A, B], [B], [1.0]), shelf("v", [A], [A], [1.0]))
    now = live.placements["bestsellers"]
    assert preview(model, catalogue, now, now, {digest("u")}).shelves == 1
    with pytest.raises(NotEnoughData, match="no held-out shopper has a shelf of placement 'bestsellers'"):
        preview(model, catalogue, now, now, {digest("u"), digest("v")})


def test_what_nobody_took_cannot_be_compared(live: Live) -> None:
    model, catalogue = with_sample(live, shelf("u", [A, B], [D], [1.0]))
    now = live.placements["bestsellers"]
    found = preview(model, catalogue, now, now, set())
    assert (found.changed.value, found.ndcg, found.revenue) == (0, None, None)
    assert "NDCG cannot be told: nobody took what stands there" in str(found)


def test_a_change_is_relative_and_paired() -> None:
    before = np.array([1.0, 2.0, np.nan, 3.0])
    twice = relative(before, 2 * before)
    assert twice is not None
    assert (twice.value, twice.low, twice.high) == pytest.approx((1.0, 1.0, 1.0))
    assert relative(np.zeros(3), np.ones(3)) is None
    assert relative(np.array([np.nan]), np.array([1.0])) is None


def test_training_keeps_shelves_of_every_placement(shop: Shop) -> None:
    nothing = {name: shop.rules.preview(name, {}) for name in ("recommended-for-you", "bestsellers", "buy-it-again")}
    assert all(found.shelves > 5 and found.changed.value == 0 for found in nothing.values())
    top = shop.recommend(None, 1, placement="bestsellers").items[0].item_id
    assert shop.rules.preview("bestsellers", {"exclude": [top]}).changed.value > 0.5
    with pytest.raises(InputError, match="price_max"):
        shop.rules.preview("bestsellers", {"price_max": -1})


def test_what_training_keeps_is_the_same_each_time_and_names_nobody(shop: Shop, tmp_path: Path) -> None:
    sample = _sample(shop)
    again = shop.train(force=True)
    assert again.live
    assert {name: array.tobytes() for name, array in _sample(shop).arrays().items()} == {
        name: array.tobytes() for name, array in sample.arrays().items()
    }
    stored = b"".join(array.tobytes() for array in sample.arrays().values())
    assert b"user-1" not in stored


def test_a_model_of_before_says_to_train_once(shop: Shop) -> None:
    shop.model_watch.current().components.pop(SHELF_SAMPLE)
    with pytest.raises(NotEnoughData, match=r"kept no shelves of placement 'cart'.*; train once"):
        shop.rules.preview("cart", {})


def test_items_get_the_numbers_of_the_model_that_goes_live() -> None:
    sampled = Sampled({"home": [shelf("u", [0, 1], [1], [2.0])]}, np.array([1, 0], np.int32), Vocabulary(["a", "b"]))
    sample = sampled.component(Vocabulary(["b", "z"]))
    (kept,) = sample.shelves_of("home")
    assert (kept.items.tolist(), kept.taken.tolist(), kept.money.tolist()) == ([0], [0], [2.0])
    assert sample.popular_.tolist() == [0]
    assert list(sample.shelves_of("attic")) == []


def _sample(shop: Shop) -> ShelfSample:
    row = registry.live(shop.db)
    assert row is not None
    sample = registry.load(shop.settings.bundles, row).parts[SHELF_SAMPLE]
    assert isinstance(sample, ShelfSample)
    return sample
