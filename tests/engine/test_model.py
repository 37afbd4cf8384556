"""A bundle becomes a model that answers, or is refused before anybody asks."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.app.shop import Shop
from aisle.engine.model import NO_BUNDLE, TrainedModel
from aisle.engine.ranking.features import names
from aisle.engine.ranking.hybrid import Hybrid
from aisle.engine.recipe import BASELINE, PERSONAL, POPULAR, PRUNER, RANKER, STARS
from aisle.models import registry
from aisle.models.bundle import Bundle
from aisle.recommenders.base import Component
from aisle.recommenders.popular.popularity import Popularity, PopularityConfig
from aisle.recommenders.ratings.baseline import Baseline, BaselineConfig
from aisle.recommenders.second_stage.ranker import Ranker
from aisle.shop.errors import BundleError


@pytest.fixture
def live(hybrid_folder: Path) -> TrainedModel:
    with Shop.open(hybrid_folder) as shop:
        return shop.model_watch.current()


@pytest.fixture
def bundle(hybrid_folder: Path) -> Bundle:
    with Shop.open(hybrid_folder) as shop:
        row = shop.models()[0]
        return registry.load(shop.settings.bundles, row)


def with_ranker(bundle: Bundle, features: tuple[str, ...]) -> Bundle:
    """Return the bundle with other names for the features of its ranker."""
    ranker = bundle.parts[RANKER]
    assert isinstance(ranker, Ranker)
    return replace(bundle, parts=bundle.parts | {RANKER: ranker.named(features)})


def ranker_of(model: TrainedModel) -> Ranker:
    assert isinstance(model.personal, Hybrid)
    assert model.personal.ranker is not None
    return model.personal.ranker


def as_of_then(bundle: Bundle) -> Bundle:
    """Return the bundle as it was before features had names, and before `item_clicked`, which no tree asks for here."""
    ranker = bundle.parts[RANKER]
    assert isinstance(ranker, Ranker)
    place, feature = ranker.features_.index("item_clicked"), ranker.forest_.feature
    assert place not in feature
    old = ranker.named(())
    old.forest_ = ranker.forest_._replace(feature=feature - (feature > place).astype(np.int32))
    old.importance_ = np.delete(ranker.importance_, place)
    return replace(bundle, parts=bundle.parts | {RANKER: old})


def test_a_bundle_from_before_features_had_names_reads_the_same_columns(bundle: Bundle, live: TrainedModel) -> None:
    model = TrainedModel.of_bundle(1, as_of_then(bundle), live.recipe)
    assert ranker_of(model).features_ == ranker_of(live).features_
    assert ranker_of(model).forest_.feature.tolist() == ranker_of(live).forest_.feature.tolist()


def test_a_bundle_with_another_order_of_features_is_remapped(bundle: Bundle, live: TrainedModel) -> None:
    assert live.recipe.hybrid is not None
    columns = names(tuple(live.recipe.hybrid.sources))
    model = TrainedModel.of_bundle(1, with_ranker(bundle, columns[::-1]), live.recipe)
    feature, remapped = ranker_of(live).forest_.feature, ranker_of(model).forest_.feature
    assert remapped[feature >= 0].tolist() == (len(columns) - 1 - feature[feature >= 0]).tolist()


def test_a_bundle_with_an_unknown_feature_is_refused(bundle: Bundle, live: TrainedModel) -> None:
    columns = ranker_of(live).features_
    with pytest.raises(BundleError, match="does not have: moon_phase; run aisle train"):
        TrainedModel.of_bundle(1, with_ranker(bundle, ("moon_phase", *columns[1:])), live.recipe)


def test_a_bundle_without_a_part_of_its_recipe_is_refused(bundle: Bundle, live: TrainedModel) -> None:
    parts = {role: part for role, part in bundle.parts.items() if role != PRUNER}
    with pytest.raises(BundleError, match=f"model 1 lacks the {PRUNER} that its recipe names"):
        TrainedModel.of_bundle(1, replace(bundle, parts=parts), live.recipe)


def test_a_model_that_lacks_a_part_of_its_recipe_is_named(live: TrainedModel) -> None:
    for role in (PRUNER, POPULAR):
        components = {name: component for name, component in live.components.items() if name != role}
        with pytest.raises(BundleError, match=f"model 1 lacks the {role} that its recipe names; run aisle train"):
            TrainedModel(1, components, live.items, live.recipe, live.data_end).retrieval()


@pytest.mark.parametrize(
    ("role", "component", "apart"),
    [
        ("popularity", Popularity(PopularityConfig()), False),
        ("popularity", Popularity(PopularityConfig(per_category=True)), True),
        (STARS, Baseline(BaselineConfig()), True),
    ],
)
def test_popular_shelves_differ_by_categories_or_stars(
    live: TrainedModel, role: str, component: Component[Any], apart: bool
) -> None:
    assert not live.tells_shoppers_apart
    assert replace(live, components=live.components | {role: component}).tells_shoppers_apart == apart


def test_bestsellers_alone_rank_for_their_placement_and_for_nothing_else(live: TrainedModel) -> None:
    bestsellers = live.recommender(BASELINE)
    assert bestsellers is not None
    model = TrainedModel.of_bestsellers(bestsellers, live.items, live.recipe, live.data_end)
    assert model.version == NO_BUNDLE
    retrieval = model.retrieval(BASELINE)
    assert retrieval is not None
    assert retrieval.personal is retrieval.popular is bestsellers
    assert [model.retrieval(name) for name in (PERSONAL, "trending", "als", "hybrid")] == [None] * 4
    assert model.taste is bestsellers
    assert (model.directions, model.state, model.rebuying, model.contents) == (None, None, None, None)
