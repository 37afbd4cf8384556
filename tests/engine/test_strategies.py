"""Strategies with known answers."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest

from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.engine.model import TrainedModel
from aisle.engine.proposals import FALLBACKS, Proposal
from aisle.engine.query import NoCatalogue, ShelfQuery
from aisle.engine.recipe import POPULAR, REBUYING, STATE
from aisle.engine.related import CO_PURCHASE
from aisle.engine.request import ShelfRequest
from aisle.engine.strategies import STRATEGIES, strategy_named
from aisle.engine.vocabulary import RequestVocabulary
from aisle.kernels.csr import CSR
from aisle.recommenders.base import Component, NoSettings
from aisle.recommenders.content.content import Content, ContentConfig
from aisle.recommenders.implicit.co_purchase import CoPurchase, CoPurchaseConfig
from aisle.recommenders.popular.popularity import Popularity, PopularityConfig
from aisle.recommenders.second_stage.item_state import ItemState
from aisle.recommenders.second_stage.rebuying import Rebuying
from aisle.shop import columns, moments
from aisle.shop.errors import InputError
from aisle.shop.events import KIND_CODES, ProfileEvent
from aisle.shop.ids import Vocabulary
from aisle.storage.catalogue import items

NOW = 1_700_000_000_000_000
ITEMS = Vocabulary(["due", "early", "late", "never"])


def model(tmp_path: Path, rebuyers: float = 0.5, days: float = 30.0) -> TrainedModel:
    """Return a model of a shop in which people come back for everything after so many days."""
    state = ItemState(NoSettings())
    state.target_kind_ = np.array([KIND_CODES["purchase"]], np.int8)
    rebuying = Rebuying(NoSettings())
    rebuying.share_ = np.array([0.5], np.float32)
    rebuying.rate_ = np.full(4, rebuyers, np.float32)
    rebuying.interval_ = np.full(4, days, np.float32)
    rebuying.least_ = np.zeros(1, np.float32)
    rebuying.again_ = np.full(4, rebuyers > 0)
    popular = Popularity(PopularityConfig())
    popular.scores_ = np.array([1, 2, 3, 4], np.float32)
    recipe = recipe_of(Settings.read(tmp_path, weights={"half_life_days": float("inf")}))
    return TrainedModel(1, {POPULAR: popular, STATE: state, REBUYING: rebuying}, ITEMS, recipe, NOW)


def bought(item_id: str, days: float) -> ProfileEvent:
    return ProfileEvent(item_id, "purchase", NOW - int(days * moments.DAY))


def proposals(strategy: str, model: TrainedModel, events: list[ProfileEvent]) -> list[Proposal]:
    catalogue = NoCatalogue(RequestVocabulary(model.items), np.zeros(0, np.int32))
    query = ShelfQuery.of_events(ShelfRequest(n=4), events, model, catalogue)
    return list(strategy_named(strategy).propose(query))


def test_every_fallback_is_listed_with_what_people_read() -> None:
    used = {fallback.name for strategy in STRATEGIES.values() for fallback in strategy.fallbacks}
    assert used <= FALLBACKS.keys()
    assert all(fallback.sentence.endswith(".") for fallback in FALLBACKS.values())


def test_every_strategy_has_a_standard_placement_of_its_own() -> None:
    placements = [strategy.placement for strategy in STRATEGIES.values()]
    assert None not in placements
    assert len(set(placements)) == len(placements)


def test_due_items_come_before_those_bought_long_ago_and_those_just_bought_are_missing(tmp_path: Path) -> None:
    events = [bought("never", 3), bought("early", 16), bought("due", 30), bought("late", 300)]
    due = proposals("buy_it_again", model(tmp_path), events)[0]
    assert [ITEMS.ids[item] for item in due.items] == ["due", "early", "late"]
    ratio = np.array([1, 16 / 30, 10])
    np.testing.assert_allclose(due.scores, 0.5 * ratio * np.exp(1 - ratio), rtol=1e-5)
    assert not due.may_be_filled


def test_without_rebuyers_nothing_is_due(tmp_path: Path) -> None:
    (proposal,) = proposals("buy_it_again", model(tmp_path, rebuyers=0.0), [bought("due", 30)])
    assert proposal.fallback is FALLBACKS["popular_instead"]


# --- A shop of kettles ------------------------------------------------------------------------------------------------

TITLES = {
    "kettle": "Copper Kettle",
    "tea": "Green Tea Leaves",
    "filter": "Paper Filter",
    "red": "Tall Mug Red",
    "blue": "Tall Mug Blue",
}


@pytest.fixture(scope="module")
def kettles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a shop where six shoppers bought a kettle with tea, and two a kettle with a mug of either colour."""
    folder = tmp_path_factory.mktemp("kettles") / "shop"
    orders: list[tuple[int, tuple[str, ...]]] = [(user, ("kettle", "tea")) for user in range(6)] + [
        (user, ("kettle", "red", "blue")) for user in (6, 7)
    ]
    orders += [(user, ("filter",)) for user in range(8, 12)]
    rows = [
        {
            "event": "purchase",
            "user_id": f"user-{user}",
            "transaction_id": f"order-{user}",
            "item_id": item_id,
            "timestamp": moments.now() - (user + 1) * moments.DAY,
        }
        for user, basket in orders
        for item_id in basket
    ]
    with Shop.open(folder) as shop:
        shop.import_events(pl.DataFrame(rows))
        for item_id, title in TITLES.items():
            row = {columns.ITEM_ID: item_id, columns.TITLE: title, columns.CATEGORY: "Kitchen"}
            items.upsert(shop.db, [tuple(row.get(name) for name in columns.ITEMS)])
        shop.train("popularity")
    return folder


def test_bought_together_needs_five_buyers_and_is_not_filled_up(kettles: Path) -> None:
    with Shop.open(kettles) as shop:
        shelf = shop.recommend(placement="frequently-bought-together", item_id="kettle", n=4)
    assert [item.item_id for item in shelf.items] == ["tea"]
    assert shelf.fallback is None


def test_without_item_vectors_the_fallback_is_what_was_bought_together(kettles: Path) -> None:
    with Shop.open(kettles) as shop:
        for placement in ("similar-items", "frequently-bought-together"):
            shelf = shop.recommend(placement=placement, item_id="red", n=4)
            assert shelf.fallback == "bought_together_instead"
            assert shelf.items[0].item_id in {"blue", "kettle"}


def test_near_duplicates_of_the_cart_are_not_shown(kettles: Path) -> None:
    with Shop.open(kettles) as shop:
        shelf = shop.recommend("nobody", 4, placement="cart", cart=["kettle", "red"])
    assert [item.item_id for item in shelf.items] == ["tea", "filter"]
    assert shelf.fallback is None


def test_a_model_that_was_not_trained_falls_back_to_popular_items(kettles: Path) -> None:
    with Shop.open(kettles) as shop:
        live = shop.model_watch.current()
    recipe = msgspec.structs.replace(live.recipe, parts=live.recipe.parts | {"ease": live.recipe.parts["popular"]})
    without_ease = TrainedModel(1, live.components, live.items, recipe, live.data_end)
    (proposal,) = proposals("ease", without_ease, [])
    assert proposal.fallback is FALLBACKS["popular_instead"]


# --- A shop of cameras ------------------------------------------------------------------------------------------------

CAMERAS = Vocabulary(["plain", "better", "worse stars", "far dearer", "cheaper", "tripod"])


def cameras() -> TrainedModel:
    """Return a model of cameras that are all alike, and a tripod that is bought with the better one."""
    state = ItemState(NoSettings())
    state.price_ = np.array([100, 150, 150, 201, 50, 120], np.float32)
    state.stars_ = np.array([4, 4, 3, 5, 5, np.nan], np.float32)
    state.category_ = np.array([0, 0, 0, 0, 0, 1], np.int32)
    state.department_ = state.category_
    state.buyers_ = np.arange(6, dtype=np.float32)
    content = Content(ContentConfig())
    content.item_vectors_ = np.array([[1, 0], [1, 0.1], [1, 0.1], [1, 0.1], [1, 0.1], [1, 0]], np.float32)
    together = CoPurchase(CoPurchaseConfig())
    together.links_ = CSR(np.array([0, 0, 1, 1, 1, 1, 1]), np.array([5], np.int32), np.array([2], np.float32))
    together.buyers_ = np.array([5], np.int32)
    popular = Popularity(PopularityConfig())
    popular.scores_ = np.arange(6, dtype=np.float32)
    recipe = recipe_of(Settings.read(Path()))
    parts: dict[str, Component[Any]] = {POPULAR: popular, STATE: state, "content": content, CO_PURCHASE: together}
    return TrainedModel(1, parts, CAMERAS, recipe, NOW)


def of_page(strategy: str, **asked: Any) -> list[Proposal]:
    catalogue = NoCatalogue(RequestVocabulary(CAMERAS), np.zeros(0, np.int32))
    query = ShelfQuery.of_events(ShelfRequest(n=4, **asked), [], cameras(), catalogue)
    return list(strategy_named(strategy).propose(query))


@pytest.mark.parametrize("asked", [{"item_id": "plain"}, {"cart": ("cheaper", "plain")}])
def test_a_step_up_costs_somewhat_more_and_is_rated_no_worse(asked: dict[str, Any]) -> None:
    own, fallback = of_page("upsell", **asked)
    assert [CAMERAS.ids[item] for item in own.items] == ["better"]
    assert not own.may_be_filled
    assert fallback.fallback is FALLBACKS["popular_instead"]


@pytest.mark.parametrize("asked", [{"item_id": "far dearer"}, {"item_id": "unknown"}, {"cart": ("unknown",)}])
def test_where_nothing_is_a_step_up_bestsellers_are_shown(asked: dict[str, Any]) -> None:
    (proposal,) = of_page("upsell", **asked)
    assert proposal.fallback is FALLBACKS["popular_instead"]


def test_a_step_up_needs_an_item_to_step_up_from() -> None:
    with pytest.raises(InputError, match="needs the item"):
        of_page("upsell")


def test_the_partners_of_a_category_come_before_the_fallback() -> None:
    proposal = of_page("bought_together", item_id="plain")[0]
    assert [CAMERAS.ids[item] for item in proposal.items] == ["tripod"]
    assert proposal.fallback is FALLBACKS["bought_with_category"]
    assert of_page("bought_together", item_id="better")[0].fallback is None
