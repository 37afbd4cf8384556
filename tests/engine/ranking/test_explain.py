from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from aisle import kernels
from aisle.engine.ranking.candidates import Source, gather
from aisle.engine.ranking.explain import (
    POPULAR,
    Action,
    Kind,
    Reason,
    contributions,
    history_effects,
    reasons,
    sentence,
    strongest_action,
)
from aisle.engine.ranking.features import names
from aisle.engine.ranking.hybrid import Hybrid, profiles_of
from aisle.kernels.trees_numpy import Forest
from aisle.prepare.interactions import Interactions
from aisle.prepare.profiles import Profiles
from aisle.prepare.weigh import Weights
from aisle.recommenders.base import NoSettings
from aisle.recommenders.catalog import by_name
from aisle.recommenders.implicit.item_knn import ItemKNN
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked, queries_of
from aisle.recommenders.second_stage.candidate_pruner import CandidatePruner, CandidatePrunerConfig
from aisle.recommenders.second_stage.item_state import ItemState
from aisle.recommenders.second_stage.ranker import Ranker, RankerConfig
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.moments import DAY
from tests.recommenders.battery import NOW, shop

BOUGHT, VIEWED = EventKind.PURCHASE, EventKind.VIEW_ITEM

KETTLE, FILTER, HIT = 0, 1, 2
"""Kettle and filter are bought together; the hit is the bestseller, and is bought alone."""


def kitchen(together: int = 5) -> Interactions:
    """Make a shop in which some shoppers bought kettle and filter together, and thirty the hit alone."""
    weights = np.zeros((36, 6))
    weights[:together, [KETTLE, FILTER]] = 1
    weights[5:35, HIT] = 1
    weights[35, 3] = 1
    data = shop(weights)
    return replace(data, log=replace(data.log, basket=data.log.user, timestamp=np.full(len(data.log), NOW - DAY)))


def query_of(*events: tuple[int, EventKind, int]) -> QueryBatch:
    """Make the query of a shopper from items, kinds of events and days ago."""
    item, kind, days = zip(*events, strict=True) if events else ((), (), ())
    nothing = np.full(len(item), np.nan, np.float32)
    profiles = Profiles(
        indptr=np.array([0, len(item)]),
        item=np.array(item, np.int32),
        kind=np.array([KIND_CODES[name] for name in kind], np.int8),
        rating=nothing,
        price=nothing,
        timestamp=NOW - DAY * np.array(days, np.int64),
        now=np.array([NOW]),
    )
    return queries_of(profiles, Weights())


def hybrid(*sources: str, ranker: Mapping[str, float] | None = None, **settings: dict[str, Any]) -> Hybrid:
    """Fit sources to the kitchen; the ranker adds a fixed worth for each named feature that is above 0."""
    data = kitchen()
    fitted = {
        name: Source(by_name(name)(by_name(name).config_type.parse(settings.get(name, {}))).fit(data, seed=0), 6)
        for name in sources
    }
    pruner = CandidatePruner(CandidatePrunerConfig()).fit([], len(sources))
    state = ItemState(NoSettings()).fit(data)
    return Hybrid(sources, fitted, pruner, state, None if ranker is None else _ranker(sources, ranker))


def _ranker(sources: tuple[str, ...], worth: Mapping[str, float]) -> Ranker:
    """Return a ranker with a tree for each feature: it adds its worth where the feature is known and above 0."""
    ranker = Ranker(RankerConfig())
    trees = len(worth)
    column = [names(sources).index(name) for name in worth]
    root = 3 * np.arange(trees, dtype=np.int32)
    every = np.repeat(root, 3)
    leaves = np.tile([0, 1, 2], trees)
    ranker.forest_ = Forest(
        roots=root,
        feature=np.where(leaves == 0, np.repeat(column, 3), -1).astype(np.int32),
        threshold=np.full(3 * trees, 1e-6, np.float32),
        missing_left=np.ones(3 * trees, np.bool_),
        left=(every + np.where(leaves == 0, 1, leaves)).astype(np.int32),
        right=(every + np.where(leaves == 0, 2, leaves)).astype(np.int32),
        value=np.where(leaves == 2, np.repeat(list(worth.values()), 3), 0.0),
    )
    ranker.importance_ = np.ones(len(names(sources)), np.float32)
    return ranker


def why(model: Hybrid, queries: QueryBatch, item: int) -> Reason | None:
    return reasons(model, queries, np.array([item], np.int32))[0]


# --- Which source ---------------------------------------------------------------------------------------------------


def test_a_pair_bought_together_is_the_reason() -> None:
    reason = why(hybrid("popularity", "co_purchase"), query_of((KETTLE, BOUGHT, 4)), FILTER)
    assert reason == Reason(Kind.BOUGHT_WITH, "co_purchase", KETTLE, Action(BOUGHT, 1, NOW - 4 * DAY))
    assert sentence(reason, NOW, "Kettle") == "often bought with Kettle"


def test_a_bestseller_is_popular() -> None:
    reason = why(hybrid("popularity", "co_purchase"), query_of((KETTLE, BOUGHT, 4)), HIT)
    assert reason == POPULAR


def test_without_a_ranker_a_source_contributes_its_share_of_the_chance() -> None:
    model, queries = hybrid("popularity", "co_purchase"), query_of((KETTLE, BOUGHT, 4))
    candidates = gather(model.sources, queries)
    of_filter = candidates.where(candidates.lists.items == FILTER)
    both, rank = model.pruner.chances(of_filter.ranks)[0], of_filter.ranks[0]
    alone = [model.pruner.chances(np.array([ranks]))[0] for ranks in ([rank[0], np.nan], [np.nan, rank[1]])]
    np.testing.assert_allclose(contributions(model, profiles_of(queries), of_filter), [both - np.array(alone)[::-1]])


def test_a_source_contributes_what_the_ranker_adds_for_its_score() -> None:
    model = hybrid("popularity", "co_purchase", ranker={"score_popularity": 2.0, "score_co_purchase": 0.5})
    queries = query_of((KETTLE, BOUGHT, 4))
    candidates = gather(model.sources, queries)
    of_filter = candidates.where(candidates.lists.items == FILTER)
    np.testing.assert_allclose(contributions(model, profiles_of(queries), of_filter), [[2.0, 0.5]])
    assert why(model, queries, FILTER) == POPULAR


@pytest.mark.parametrize("loaded", [False, True], ids=["twins", "kernels"])
def test_the_source_of_repeats_is_withheld_together_with_the_features_of_the_pair(
    loaded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "_loaded", loaded)
    model = hybrid("item_knn", "repeat", ranker={"score_item_knn": 1.0, "pair_taken": 3.0})
    queries = query_of((KETTLE, BOUGHT, 4))
    candidates = gather(model.sources, queries)
    of_kettle = candidates.where(candidates.lists.items == KETTLE)
    np.testing.assert_allclose(contributions(model, profiles_of(queries), of_kettle), [[1.0, 3.0]])


def test_several_items_have_the_same_reasons_as_each_alone() -> None:
    model, queries = hybrid("popularity", "co_purchase", "item_knn", "repeat"), query_of((KETTLE, BOUGHT, 4))
    items = np.array([HIT, FILTER, KETTLE], np.int32)
    assert reasons(model, queries, items) == [why(model, queries, item) for item in items.tolist()]


def test_a_source_with_a_weak_score_is_no_reason() -> None:
    model = hybrid("item_knn", "popularity", item_knn={"similarity": "cosine"})
    source = model.sources["item_knn"].recommender
    assert isinstance(source, ItemKNN)
    to_filter = source.links_.indices == FILTER
    source.links_ = source.links_._replace(values=np.where(to_filter, np.float32(1e-6), source.links_.values))
    assert why(model, query_of((KETTLE, BOUGHT, 4)), FILTER) == POPULAR


def test_a_missing_source_is_no_reason() -> None:
    model = hybrid("popularity", "co_purchase")
    fewer = replace(model, sources={"popularity": model.sources["popularity"]})
    assert why(fewer, query_of((KETTLE, BOUGHT, 4)), FILTER) == POPULAR


def test_an_item_that_no_source_proposes_has_no_reason() -> None:
    assert why(hybrid("co_purchase"), query_of((KETTLE, BOUGHT, 4)), HIT) is None


def test_no_items_no_reasons() -> None:
    assert reasons(hybrid("popularity"), query_of(), np.zeros(0, np.int32)) == []


def test_a_pair_of_few_buyers_is_not_bought_often() -> None:
    weights = np.zeros((4, 3))
    weights[:, [KETTLE, FILTER]] = 1
    data = shop(weights)
    four = replace(data, log=replace(data.log, basket=data.log.user))
    model = by_name("co_purchase")(by_name("co_purchase").config_type.parse({"measure": "probability"})).fit(
        four, seed=0
    )
    reason = reasons(model, query_of((KETTLE, BOUGHT, 4)), np.array([FILTER], np.int32))[0]
    assert reason == Reason(Kind.BECAUSE, "co_purchase", KETTLE, Action(BOUGHT, 1, NOW - 4 * DAY))


# --- Which earlier item ---------------------------------------------------------------------------------------------


def test_the_earlier_item_that_adds_most_is_named() -> None:
    reason = why(hybrid("item_knn"), query_of((3, BOUGHT, 9), (KETTLE, VIEWED, 2)), FILTER)
    assert reason == Reason(Kind.BECAUSE, "item_knn", KETTLE, Action(VIEWED, 1, NOW - 2 * DAY))


def test_an_item_that_recommends_itself_is_shown_again() -> None:
    assert why(hybrid("item_knn"), query_of((KETTLE, BOUGHT, 4)), KETTLE) == Reason(
        Kind.AGAIN, "item_knn", KETTLE, Action(BOUGHT, 1, NOW - 4 * DAY)
    )


def test_the_reason_of_a_model_that_names_no_item_is_taste() -> None:
    model = by_name("user_knn")(by_name("user_knn").config_type()).fit(kitchen(), seed=0)
    reason = reasons(model, query_of((KETTLE, BOUGHT, 4)), np.array([FILTER], np.int32))[0]
    assert reason == Reason(Kind.TASTE, "user_knn")


def test_a_single_model_explains_itself() -> None:
    model = by_name("als")(by_name("als").config_type.parse({"factors": 4})).fit(kitchen(), seed=0)
    queries = query_of((KETTLE, BOUGHT, 4))
    reason = reasons(model, queries, np.array([FILTER], np.int32))[0]
    assert reason == Reason(Kind.BECAUSE, "als", KETTLE, Action(BOUGHT, 1, NOW - 4 * DAY))
    assert history_effects(model, queries, FILTER).sum() == pytest.approx(model.score(queries)[0, FILTER], rel=1e-3)


@pytest.mark.parametrize("source", ["session_knn", "sequential_rules"])
@pytest.mark.parametrize(("shoppers", "kind"), [(5, Kind.AFTER), (4, Kind.BECAUSE)])
def test_a_shelf_says_what_others_did_only_if_enough_did_it(source: str, shoppers: int, kind: Kind) -> None:
    model = by_name(source)(by_name(source).config_type()).fit(kitchen(shoppers), seed=0)
    reason = reasons(model, query_of((KETTLE, VIEWED, 4)), np.array([FILTER], np.int32))[0]
    assert reason == Reason(kind, source, KETTLE, Action(VIEWED, 1, NOW - 4 * DAY))


def test_a_model_that_cannot_score_gives_no_reason() -> None:
    model = by_name("als")(by_name("als").config_type.parse({"factors": 4})).fit(kitchen(), seed=0)
    assert reasons(model, query_of(), np.array([FILTER], np.int32)) == [None]


def test_a_model_of_another_type_gives_no_reason() -> None:
    class OtherModel:
        def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
            return Ranked.joined([], n)

    assert reasons(OtherModel(), query_of(), np.array([FILTER], np.int32)) == [None]


@pytest.mark.parametrize(
    ("events", "action"),
    [
        ([(3, VIEWED, 1), (3, BOUGHT, 9), (3, BOUGHT, 5), (3, BOUGHT, 5)], Action(BOUGHT, 2, NOW - 5 * DAY)),
        ([(3, VIEWED, 1), (3, EventKind.ADD_TO_CART, 2)], Action(EventKind.ADD_TO_CART, 1, NOW - 2 * DAY)),
        ([(4, BOUGHT, 1)], None),
    ],
)
def test_a_purchase_counts_more_than_a_cart_and_a_cart_more_than_a_view(
    events: list[tuple[int, EventKind, int]], action: Action | None
) -> None:
    assert strongest_action(profiles_of(query_of(*events)), 3) == action


# --- In words -------------------------------------------------------------------------------------------------------


def action(kind: EventKind, days_ago: int = 4, days: int = 1) -> Action:
    return Action(kind, days, NOW - days_ago * DAY)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason(Kind.BECAUSE, "als", 0, action(BOUGHT)), "because you bought Tea {1}"),
        (Reason(Kind.BECAUSE, "als", 0, action(VIEWED)), "because you viewed Tea {1}"),
        (Reason(Kind.BECAUSE, "als", 0, action(EventKind.RATE)), "because you rated Tea {1}"),
        (Reason(Kind.BECAUSE, "als", 0, action(EventKind.ADD_TO_CART)), "because you put Tea {1} in your cart"),
        (Reason(Kind.BECAUSE, "als", 0, action(EventKind.ADD_TO_WISHLIST)), "because you put Tea {1} on your wishlist"),
        (Reason(Kind.BECAUSE, "als", 0, action(EventKind.SELECT_ITEM)), "because you looked at Tea {1}"),
        (Reason(Kind.BECAUSE, "als", 0), "because you chose Tea {1}"),
        (Reason(Kind.BOUGHT_WITH, "co_purchase", 0, action(BOUGHT)), "often bought with Tea {1}"),
        (Reason(Kind.AFTER, "session_knn", 0, action(VIEWED)), "others chose it after Tea {1}"),
        (Reason(Kind.LIKE, "content", 0, action(VIEWED)), "like Tea {1}"),
        (Reason(Kind.LIKE, "content"), "like what you chose before"),
        (Reason(Kind.TASTE, "user_knn"), "shoppers with your taste chose it"),
        (Reason(Kind.AGAIN, "repeat", 0), "you had it before"),
        (Reason(Kind.AGAIN, "repeat", 0, action(BOUGHT, 0)), "you bought it today"),
        (Reason(Kind.AGAIN, "repeat", 0, action(BOUGHT, 1)), "you bought it yesterday"),
        (Reason(Kind.AGAIN, "repeat", 0, action(BOUGHT, 60)), "you bought it 60 days ago"),
        (Reason(Kind.AGAIN, "repeat", 0, action(BOUGHT, 61)), "you bought it on 2023-09-14"),
        (Reason(Kind.AGAIN, "repeat", 0, action(BOUGHT, days=3)), "you buy it again and again"),
        (Reason(Kind.AGAIN, "repeat", 0, action(VIEWED, days=3)), "you viewed it 4 days ago"),
        (POPULAR, "popular in Green"),
        (Reason(Kind.TRENDING, "trending"), "trending in Green"),
    ],
)
def test_reasons_in_words(reason: Reason, words: str) -> None:
    assert sentence(reason, NOW, "Tea {1}", "Tea > Green") == words


def test_without_a_category_the_whole_shop_is_meant() -> None:
    assert sentence(POPULAR, NOW) == "popular now"
    assert sentence(Reason(Kind.TRENDING, "trending"), NOW) == "trending now"


def test_a_review_highlight_is_added() -> None:
    assert sentence(POPULAR, NOW, highlight="fit") == "popular now; reviewers like “fit”"
