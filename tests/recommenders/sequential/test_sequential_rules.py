from dataclasses import replace

import numpy as np
import pytest

from aisle.prepare.interactions import Interactions
from aisle.recommenders.sequential.sequential_rules import SequentialRules, SequentialRulesConfig
from tests.recommenders.battery import NOW, Battery, ask, listed, log_with, shop


class TestSequentialRules(Battery):
    def make(self) -> SequentialRules:
        return SequentialRules(SequentialRulesConfig())


def walks(*items: list[int]) -> Interactions:
    """Make a shop of five items whose users went through these."""
    user = np.repeat(np.arange(len(items), dtype=np.int32), [len(of) for of in items])
    data = shop(np.ones((len(items), 5)))
    log = log_with(
        data.log,
        user=user,
        item=np.concatenate(items).astype(np.int32),
        weight=np.ones(len(user), np.float32),
        timestamp=NOW + np.arange(len(user)),
        session=user,
    )
    return replace(data, log=log)


def fit(data: Interactions, **settings: object) -> SequentialRules:
    return SequentialRules(SequentialRulesConfig.parse({"confidence": 0, "min_support": 1, **settings})).fit(
        data, seed=0
    )


WALKS = walks([0, 1, 2], [0, 2], [0, 1, 0])


def test_what_follows_counts_by_its_distance() -> None:
    scores = fit(WALKS).score(ask({0: 1}, {1: 1}, {2: 1}))
    np.testing.assert_allclose(scores[:, :3], np.array([[0, 2, 1.5], [1, 0, 1], [0, 0, 0]]), atol=1e-6)
    np.testing.assert_allclose(fit(WALKS, distance_power=2).score(ask({0: 1}))[0, 2], 1.25)


def test_the_window_ends() -> None:
    np.testing.assert_allclose(fit(WALKS, window=1).score(ask({0: 1}))[0, :3], [0, 2, 1], atol=1e-6)


def test_an_item_follows_itself_if_repeats_are_wanted() -> None:
    again = walks([0, 0, 1])
    np.testing.assert_allclose(fit(again, repeats=True).score(ask({0: 1}))[0, :2], [1, 1.5])
    np.testing.assert_allclose(fit(again).score(ask({0: 1}))[0, :2], [0, 1], atol=1e-6)


def test_confidence_makes_shares() -> None:
    np.testing.assert_allclose(fit(WALKS, confidence=1).score(ask({0: 1}))[0, 1:3], [2 / 3.5, 1.5 / 3.5], rtol=1e-6)


def test_rare_pairs_make_no_rule() -> None:
    assert fit(WALKS, min_support=2).links_.indices.tolist() == [1, 2]


def test_one_shopper_alone_makes_no_rule() -> None:
    model = SequentialRules(SequentialRulesConfig()).fit(walks([0, 1, 0, 1], [2, 3], [2, 3]), seed=0)
    assert [model.support(0, 1), model.support(2, 3)] == [0, 2]


def test_the_last_items_of_a_history_count_more() -> None:
    model = fit(walks([0, 2], [1, 3]), decay=0.5)
    np.testing.assert_allclose(model.score(ask({0: 1, 4: -1, 1: 1}))[0, 2:4], [0.5, 1])


def test_sequences_may_be_sessions() -> None:
    data = walks([0, 1])
    apart = replace(data, log=replace(data.log, session=np.array([0, 1], np.int32)))
    assert len(fit(apart, by="session").links_.indices) == 0
    assert len(fit(apart, by="user").links_.indices) == 1


def test_where_nothing_leads_popularity_ranks() -> None:
    assert listed(fit(WALKS).retrieve(ask({4: 1}), 5)) == [0, 1, 2, 3, 4]


def test_an_explanation_adds_up_to_the_score() -> None:
    model = fit(WALKS)
    queries = ask({3: 1}, {0: 1, 3: 1, 1: 1})
    shares = model.explain(queries, 1, 2)
    np.testing.assert_allclose(shares, [1.5 / 4, 0, 1])
    assert shares.sum() == pytest.approx(model.score(queries)[1, 2])


def test_a_rule_knows_in_how_many_sequences_it_held() -> None:
    model = fit(WALKS)
    assert [model.support(0, 1), model.support(0, 2), model.support(2, 0)] == [2, 2, 0]


def test_a_bundle_of_an_earlier_version_has_no_support_to_tell() -> None:
    model = fit(WALKS)
    model.followed_ = None
    assert model.support(0, 1) == 0
