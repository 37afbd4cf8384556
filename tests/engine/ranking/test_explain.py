from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from aisle.engine.ranking.candidates import Source, gather
from aisle.engine.ranking.explain import (
    POPULAR,
    Deed,
    Kind,
    Reason,
    contributions,
    deed_of,
    reasons,
    sentence,
    shares,
)
from aisle.engine.ranking.features import names
from aisle.engine.ranking.hybrid import Hybrid, profiles_of
from aisle.kernels.trees_numpy import Forest
from aisle.prepare.interactions import Interactions
from aisle.prepare.profiles import Profiles
from aisle.prepare.weigh import Weights
from aisle.recommenders.catalog import by_name
from aisle.recommenders.implicit.item_knn import ItemKNN
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked, queries_of
from aisle.recommenders.second_stage.candidate_pruner import CandidatePruner, CandidatePrunerConfig
from aisle.recommenders.second_stage.item_state import ItemState, ItemStateConfig
from aisle.recommenders.second_stage.ranker import Ranker, RankerConfig
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.moments import DAY
from tests.recommenders.battery import NOW, shop

BOUGHT, VIEWED = EventKind.PURCHASE, EventKind.VIEW_ITEM

KETTLE, FILTER, HIT = 0, 1, 2
"""Kettle and filter share baskets; the hit is what everybody buys, alone."""


def kitchen() -> Interactions:
    """Make a shop in which five shoppers bought kettle and filter together, and thirty the hit alone."""
    weights = np.zeros((36, 6))
    weights[:5, [KETTLE, FILTER]] = 1
    weights[5:35, HIT] = 1
    weights[35, 3] = 1
    data = shop(weights)
    return replace(data, log=replace(data.log, basket=data.log.user, timestamp=np.full(len(data.log), NOW - DAY)))


def asked(*events: tuple[int, EventKind, int]) -> QueryBatch:
    """Make the query of a shopper of item, deed and days ago."""
    item, kind, days = zip(*events, strict=True) if events else ((), (), ())
    nothing = np.full(len(item), np.nan, np.float32)
    profiles = Profiles(
        indptr=np.array([0, len(item)]),
        item=np.array(item, np.int32),
        kind=np.array([KIND_CODES[one] for one in kind], np.int8),
        rating=nothing,
        price=nothing,
        timestamp=NOW - DAY * np.array(days, np.int64),
        now=np.array([NOW]),
    )
    return queries_of(profiles, Weights())


def hybrid(*sources: str, ranker: Mapping[str, float] | None = None, **settings: dict[str, Any]) -> Hybrid:
    """Fit sources to the kitchen, and a ranker that gives to what has a finite feature so much, or none."""
    data = kitchen()
    fitted = {
        name: Source(by_name(name)(by_name(name).config_type.parse(settings.get(name, {}))).fit(data, seed=0), 6)
        for name in sources
    }
    cut = CandidatePruner(CandidatePrunerConfig()).fit(np.empty((0, len(sources)), np.float32), np.empty(0, np.bool_))
    state = ItemState(ItemStateConfig()).fit(data)
    return Hybrid(sources, fitted, cut, state, None if ranker is None else _ranker(sources, ranker))


def _ranker(sources: tuple[str, ...], worth: Mapping[str, float]) -> Ranker:
    """Plant a tree for each feature: what is known and above 0 is worth something, all else nothing."""
    made = Ranker(RankerConfig())
    trees = len(worth)
    column = [names(sources).index(name) for name in worth]
    root = 3 * np.arange(trees, dtype=np.int32)
    every = np.repeat(root, 3)
    leaves = np.tile([0, 1, 2], trees)
    made.forest_ = Forest(
        roots=root,
        feature=np.where(leaves == 0, np.repeat(column, 3), -1).astype(np.int32),
        threshold=np.full(3 * trees, 1e-6, np.float32),
        missing_left=np.ones(3 * trees, np.bool_),
        left=(every + np.where(leaves == 0, 1, leaves)).astype(np.int32),
        right=(every + np.where(leaves == 0, 2, leaves)).astype(np.int32),
        value=np.where(leaves == 2, np.repeat(list(worth.values()), 3), 0.0),
    )
    made.importance_ = np.ones(len(names(sources)), np.float32)
    return made


def why(model: Hybrid, queries: QueryBatch, item: int) -> Reason | None:
    return reasons(model, queries, np.array([item], np.int32))[0]


# --- Which source ---------------------------------------------------------------------------------------------------


def test_a_pair_bought_together_is_the_reason() -> None:
    reason = why(hybrid("popularity", "co_purchase"), asked((KETTLE, BOUGHT, 4)), FILTER)
    assert reason == Reason(Kind.BOUGHT_WITH, "co_purchase", KETTLE, Deed(BOUGHT, 1, NOW - 4 * DAY))
    assert sentence(reason, NOW, "Kettle") == "often bought with Kettle"


def test_what_everybody_buys_is_popular() -> None:
    reason = why(hybrid("popularity", "co_purchase"), asked((KETTLE, BOUGHT, 4)), HIT)
    assert reason == POPULAR


def test_without_a_ranker_a_source_contributes_its_share_of_the_chance() -> None:
    model, queries = hybrid("popularity", "co_purchase"), asked((KETTLE, BOUGHT, 4))
    candidates = gather(model.sources, queries)
    of_filter = candidates.where(candidates.lists.items == FILTER)
    both, rank = model.cut.chances(of_filter.ranks)[0], of_filter.ranks[0]
    alone = [model.cut.chances(np.array([one]))[0] for one in ([rank[0], np.nan], [np.nan, rank[1]])]
    np.testing.assert_allclose(contributions(model, profiles_of(queries), of_filter), [both - np.array(alone)[::-1]])


def test_a_source_contributes_what_the_ranker_gives_for_its_word() -> None:
    model = hybrid("popularity", "co_purchase", ranker={"score_popularity": 2.0, "score_co_purchase": 0.5})
    queries = asked((KETTLE, BOUGHT, 4))
    candidates = gather(model.sources, queries)
    of_filter = candidates.where(candidates.lists.items == FILTER)
    np.testing.assert_allclose(contributions(model, profiles_of(queries), of_filter), [[2.0, 0.5]])
    assert why(model, queries, FILTER) == POPULAR


def test_the_own_past_is_withheld_with_all_that_the_ranker_knows_of_it() -> None:
    model = hybrid("item_knn", "repeat", ranker={"score_item_knn": 1.0, "pair_taken": 3.0})
    queries = asked((KETTLE, BOUGHT, 4))
    candidates = gather(model.sources, queries)
    of_kettle = candidates.where(candidates.lists.items == KETTLE)
    np.testing.assert_allclose(contributions(model, profiles_of(queries), of_kettle), [[1.0, 3.0]])


def test_several_items_are_explained_as_one_by_one() -> None:
    model, queries = hybrid("popularity", "co_purchase", "item_knn", "repeat"), asked((KETTLE, BOUGHT, 4))
    items = np.array([HIT, FILTER, KETTLE], np.int32)
    assert reasons(model, queries, items) == [why(model, queries, item) for item in items.tolist()]


def test_a_source_that_only_fills_up_is_no_reason() -> None:
    model = hybrid("item_knn", "popularity", item_knn={"similarity": "cosine"})
    source = model.sources["item_knn"].recommender
    assert isinstance(source, ItemKNN)
    to_filter = source.links_.indices == FILTER
    source.links_ = source.links_._replace(values=np.where(to_filter, np.float32(1e-6), source.links_.values))
    assert why(model, asked((KETTLE, BOUGHT, 4)), FILTER) == POPULAR


def test_a_missing_source_is_no_reason() -> None:
    model = hybrid("popularity", "co_purchase")
    fewer = replace(model, sources={"popularity": model.sources["popularity"]})
    assert why(fewer, asked((KETTLE, BOUGHT, 4)), FILTER) == POPULAR


def test_what_no_source_proposes_has_no_reason() -> None:
    assert why(hybrid("co_purchase"), asked((KETTLE, BOUGHT, 4)), HIT) is None


def test_no_items_no_reasons() -> None:
    assert reasons(hybrid("popularity"), asked(), np.zeros(0, np.int32)) == []


def test_a_pair_of_few_buyers_is_not_bought_often() -> None:
    weights = np.zeros((4, 3))
    weights[:, [KETTLE, FILTER]] = 1
    data = shop(weights)
    four = replace(data, log=replace(data.log, basket=data.log.user))
    model = by_name("co_purchase")(by_name("co_purchase").config_type.parse({"measure": "probability"})).fit(
        four, seed=0
    )
    reason = reasons(model, asked((KETTLE, BOUGHT, 4)), np.array([FILTER], np.int32))[0]
    assert reason == Reason(Kind.BECAUSE, "co_purchase", KETTLE, Deed(BOUGHT, 1, NOW - 4 * DAY))


# --- Which earlier item ---------------------------------------------------------------------------------------------


def test_the_earlier_item_that_adds_most_is_named() -> None:
    reason = why(hybrid("item_knn"), asked((3, BOUGHT, 9), (KETTLE, VIEWED, 2)), FILTER)
    assert reason == Reason(Kind.BECAUSE, "item_knn", KETTLE, Deed(VIEWED, 1, NOW - 2 * DAY))


def test_an_item_that_speaks_for_itself_comes_again() -> None:
    assert why(hybrid("item_knn"), asked((KETTLE, BOUGHT, 4)), KETTLE) == Reason(
        Kind.AGAIN, "item_knn", KETTLE, Deed(BOUGHT, 1, NOW - 4 * DAY)
    )


def test_a_model_that_names_no_item_speaks_of_taste() -> None:
    model = by_name("user_knn")(by_name("user_knn").config_type()).fit(kitchen(), seed=0)
    found = reasons(model, asked((KETTLE, BOUGHT, 4)), np.array([FILTER], np.int32))
    assert found == [Reason(Kind.TASTE, "user_knn")]


def test_a_single_model_explains_itself() -> None:
    model = by_name("als")(by_name("als").config_type.parse({"factors": 4})).fit(kitchen(), seed=0)
    queries = asked((KETTLE, BOUGHT, 4))
    found = reasons(model, queries, np.array([FILTER], np.int32))[0]
    assert found == Reason(Kind.BECAUSE, "als", KETTLE, Deed(BOUGHT, 1, NOW - 4 * DAY))
    assert shares(model, queries, FILTER).sum() == pytest.approx(model.score(queries)[0, FILTER], rel=1e-3)


def test_a_model_that_cannot_score_gives_no_reason() -> None:
    model = by_name("als")(by_name("als").config_type.parse({"factors": 4})).fit(kitchen(), seed=0)
    assert reasons(model, asked(), np.array([FILTER], np.int32)) == [None]


def test_whatever_else_answers_gives_no_reason() -> None:
    class Silent:
        def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
            return Ranked.joined([], n)

    assert reasons(Silent(), asked(), np.array([FILTER], np.int32)) == [None]


@pytest.mark.parametrize(
    ("events", "deed"),
    [
        ([(3, VIEWED, 1), (3, BOUGHT, 9), (3, BOUGHT, 5), (3, BOUGHT, 5)], Deed(BOUGHT, 2, NOW - 5 * DAY)),
        ([(3, VIEWED, 1), (3, EventKind.ADD_TO_CART, 2)], Deed(EventKind.ADD_TO_CART, 1, NOW - 2 * DAY)),
        ([(4, BOUGHT, 1)], None),
    ],
)
def test_the_deed_that_says_most_counts(events: list[tuple[int, EventKind, int]], deed: Deed | None) -> None:
    assert deed_of(profiles_of(asked(*events)), 3) == deed


# --- In words -------------------------------------------------------------------------------------------------------


def deed(kind: EventKind, days: int = 4, times: int = 1) -> Deed:
    return Deed(kind, times, NOW - days * DAY)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason(Kind.BECAUSE, "als", 0, deed(BOUGHT)), "because you bought Tea {1}"),
        (Reason(Kind.BECAUSE, "als", 0, deed(VIEWED)), "because you viewed Tea {1}"),
        (Reason(Kind.BECAUSE, "als", 0, deed(EventKind.RATE)), "because you rated Tea {1}"),
        (Reason(Kind.BECAUSE, "als", 0, deed(EventKind.ADD_TO_CART)), "because you put Tea {1} in your cart"),
        (Reason(Kind.BECAUSE, "als", 0, deed(EventKind.ADD_TO_WISHLIST)), "because you put Tea {1} on your wishlist"),
        (Reason(Kind.BECAUSE, "als", 0, deed(EventKind.SELECT_ITEM)), "because you looked at Tea {1}"),
        (Reason(Kind.BECAUSE, "als", 0), "because you chose Tea {1}"),
        (Reason(Kind.BOUGHT_WITH, "co_purchase", 0, deed(BOUGHT)), "often bought with Tea {1}"),
        (Reason(Kind.AFTER, "session_knn", 0, deed(VIEWED)), "others went on to it after Tea {1}"),
        (Reason(Kind.LIKE, "content", 0, deed(VIEWED)), "like Tea {1}"),
        (Reason(Kind.LIKE, "content"), "like what you chose before"),
        (Reason(Kind.TASTE, "user_knn"), "shoppers with your taste took it"),
        (Reason(Kind.AGAIN, "repeat", 0), "you had it before"),
        (Reason(Kind.AGAIN, "repeat", 0, deed(BOUGHT, 0)), "you bought it today"),
        (Reason(Kind.AGAIN, "repeat", 0, deed(BOUGHT, 1)), "you bought it yesterday"),
        (Reason(Kind.AGAIN, "repeat", 0, deed(BOUGHT, 60)), "you bought it 60 days ago"),
        (Reason(Kind.AGAIN, "repeat", 0, deed(BOUGHT, 61)), "you bought it on 2023-09-14"),
        (Reason(Kind.AGAIN, "repeat", 0, deed(BOUGHT, times=3)), "you buy it again and again"),
        (Reason(Kind.AGAIN, "repeat", 0, deed(VIEWED, times=3)), "you viewed it 4 days ago"),
        (POPULAR, "popular in Green"),
        (Reason(Kind.TRENDING, "trending"), "trending in Green"),
    ],
)
def test_reasons_in_words(reason: Reason, words: str) -> None:
    assert sentence(reason, NOW, "Tea {1}", "Tea > Green") == words


def test_without_a_category_the_shop_speaks() -> None:
    assert sentence(POPULAR, NOW) == "popular now"
    assert sentence(Reason(Kind.TRENDING, "trending"), NOW) == "trending now"


def test_what_reviewers_praise_is_added() -> None:
    assert sentence(POPULAR, NOW, praise="fit") == "popular now; reviewers like “fit”"
