from dataclasses import replace

import numpy as np
import pytest

from aisle.engine.ranking.candidates import Source
from aisle.engine.ranking.chances import facts
from aisle.engine.ranking.funnel import SourceProposal, funnel
from aisle.engine.ranking.hybrid import profiles_of
from aisle.recommenders.base import NoSettings
from aisle.recommenders.catalog import by_name
from aisle.recommenders.query import ItemLists
from aisle.recommenders.second_stage.calibration import Calibration
from tests.engine.ranking.test_explain import BOUGHT, FILTER, HIT, KETTLE, hybrid, kitchen, query_of

QUERY = query_of((KETTLE, BOUGHT, 4))


def test_every_source_ranks_the_item() -> None:
    result = funnel(hybrid("popularity", "co_purchase"), QUERY, FILTER)
    by_source = {proposal.source: proposal for proposal in result.proposals}
    best = by_source["co_purchase"]
    assert (best.rank, best.score, best.proposed) == (1, 1.0, True)
    # Thirty buy the hit and five the kettle, which has the smaller number, as often as the filter.
    assert by_source["popularity"].rank == 3
    assert by_source["popularity"].score == pytest.approx(5 / 30)


def test_what_is_beyond_the_quota_is_not_proposed() -> None:
    model = hybrid("popularity", "co_purchase")
    few = replace(model, sources={**model.sources, "popularity": Source(model.sources["popularity"].recommender, 2)})
    assert [proposal.proposed for proposal in funnel(few, QUERY, FILTER).proposals] == [False, True]


def test_the_candidates_are_those_of_the_shelf() -> None:
    model = hybrid("popularity", "co_purchase", "item_knn")
    result, shelf = funnel(model, QUERY, FILTER), model.retrieve(QUERY, 6)
    filled = shelf.items[0] >= 0
    assert set(result.items.tolist()) == set(shelf.items[0][filled].tolist())
    assert result.rank == 1 + shelf.items[0].tolist().index(FILTER)
    assert result.score == pytest.approx(shelf.scores[0][shelf.items[0] == FILTER][0])


def test_no_chance_is_stated_without_a_calibration() -> None:
    assert funnel(hybrid("popularity", "co_purchase"), QUERY, FILTER).chance is None


def test_the_chance_is_the_calibrated_one() -> None:
    model = hybrid("popularity", "co_purchase")
    profiles, draw = profiles_of(QUERY), np.random.default_rng(0)
    rows = np.repeat(facts(np.zeros(1), np.ones(1, np.int64), np.zeros(1, np.int64), profiles), 1000, axis=0)
    calibration = Calibration(NoSettings()).fit(rows, draw.random(1000) < 0.4, 28)
    result = funnel(replace(model, calibration=calibration), QUERY, FILTER)
    assert result.chance == pytest.approx(0.4, abs=0.05)
    assert result.chance_days == 28


def test_an_item_that_no_source_proposes_has_no_rank() -> None:
    result = funnel(hybrid("co_purchase"), QUERY, HIT)
    assert (result.rank, result.score, result.chance) == (None, None, None)
    assert [proposal.adds for proposal in result.proposals] == [None]


def test_an_excluded_item_has_no_rank() -> None:
    result = funnel(hybrid("popularity"), QUERY, HIT, ItemLists(np.array([0, 1]), np.array([HIT], np.int32)))
    assert result.proposals == (SourceProposal("popularity", None, None, False, None),)


def test_the_features_that_decide_come_first() -> None:
    worth = {"score_co_purchase": 2.0, "item_buyers": 5.0, "pair_taken": 1.0}
    result = funnel(hybrid("popularity", "co_purchase", ranker=worth), QUERY, FILTER)
    first, *rest = result.features
    assert (first.feature, first.value, first.adds) == ("score_co_purchase", 1.0, 2.0)
    # Every candidate has buyers, and the shopper never took the filter: neither tells it from the others.
    assert {effect.adds for effect in rest} == {0.0}


def test_a_single_model_is_its_only_source() -> None:
    model = by_name("item_knn")(by_name("item_knn").config_type()).fit(kitchen(), seed=0)
    result = funnel(model, QUERY, FILTER)
    ranked = model.retrieve(QUERY, 6)
    assert [(proposal.source, proposal.rank) for proposal in result.proposals] == [
        ("item_knn", 1 + ranked.items[0].tolist().index(FILTER))
    ]
    assert result.proposals[0].proposed
    assert result.rank == result.proposals[0].rank
    assert result.features == ()
