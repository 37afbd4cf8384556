from dataclasses import replace

import numpy as np
import pytest

from aisle.engine.ranking.candidates import Source
from aisle.engine.ranking.funnel import SourceProposal, funnel
from aisle.recommenders.catalog import by_name
from aisle.recommenders.query import ItemLists
from tests.engine.ranking.test_explain import BOUGHT, FILTER, HIT, KETTLE, asked, hybrid, kitchen

QUERY = asked((KETTLE, BOUGHT, 4))


def test_every_source_says_how_the_item_ranks() -> None:
    found = funnel(hybrid("popularity", "co_purchase"), QUERY, FILTER)
    by_source = {one.source: one for one in found.proposals}
    best = by_source["co_purchase"]
    assert (best.rank, best.score, best.proposed) == (1, 1.0, True)
    # Thirty buy the hit and five the kettle, which has the smaller number, as often as the filter.
    assert by_source["popularity"].rank == 3
    assert by_source["popularity"].score == pytest.approx(5 / 30)


def test_what_is_beyond_the_quota_is_not_proposed() -> None:
    model = hybrid("popularity", "co_purchase")
    few = replace(model, sources={**model.sources, "popularity": Source(model.sources["popularity"].recommender, 2)})
    assert [one.proposed for one in funnel(few, QUERY, FILTER).proposals] == [False, True]


def test_the_candidates_are_those_of_the_shelf() -> None:
    model = hybrid("popularity", "co_purchase", "item_knn")
    found, shelf = funnel(model, QUERY, FILTER), model.retrieve(QUERY, 6)
    there = shelf.items[0] >= 0
    assert set(found.items.tolist()) == set(shelf.items[0][there].tolist())
    assert found.rank == 1 + shelf.items[0].tolist().index(FILTER)
    assert found.score == pytest.approx(shelf.scores[0][shelf.items[0] == FILTER][0])


def test_the_chance_is_that_of_the_cut() -> None:
    model = hybrid("popularity", "co_purchase")
    found = funnel(model, QUERY, FILTER)
    assert found.chance == pytest.approx(model.cut.chances(np.array([[3, 1]], np.float32))[0])


def test_what_nothing_proposes_stays_outside() -> None:
    found = funnel(hybrid("co_purchase"), QUERY, HIT)
    assert (found.rank, found.score, found.chance) == (None, None, None)
    assert [one.adds for one in found.proposals] == [None]


def test_what_is_excluded_ranks_nowhere() -> None:
    found = funnel(hybrid("popularity"), QUERY, HIT, ItemLists(np.array([0, 1]), np.array([HIT], np.int32)))
    assert found.proposals == (SourceProposal("popularity", None, None, False, None),)


def test_the_features_that_decide_come_first() -> None:
    worth = {"score_co_purchase": 2.0, "item_buyers": 5.0, "pair_taken": 1.0}
    found = funnel(hybrid("popularity", "co_purchase", ranker=worth), QUERY, FILTER)
    first, *rest = found.features
    assert (first.feature, first.value, first.adds) == ("score_co_purchase", 1.0, 2.0)
    # Every candidate has buyers, and the shopper never took the filter: neither tells it from the others.
    assert {one.adds for one in rest} == {0.0}


def test_one_model_is_its_own_only_source() -> None:
    model = by_name("item_knn")(by_name("item_knn").config_type()).fit(kitchen(), seed=0)
    found = funnel(model, QUERY, FILTER)
    ranked = model.retrieve(QUERY, 6)
    assert [(one.source, one.rank) for one in found.proposals] == [
        ("item_knn", 1 + ranked.items[0].tolist().index(FILTER))
    ]
    assert found.proposals[0].proposed
    assert found.rank == found.proposals[0].rank
    assert found.features == ()
