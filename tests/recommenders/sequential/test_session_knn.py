from dataclasses import replace

import numpy as np
import pytest

from aisle.prepare.interactions import Interactions
from aisle.recommenders.sequential.session_knn import SessionKNN, SessionKNNConfig
from aisle.shop.errors import SettingsError
from aisle.shop.moments import DAY
from tests.recommenders.battery import NOW, Battery, ask, listed
from tests.recommenders.sequential.test_sequential_rules import walks


class TestSessionKNN(Battery):
    def make(self) -> SessionKNN:
        return SessionKNN(SessionKNNConfig())


SESSIONS = walks([0, 1, 2], [1, 3], [4])


def fit(data: Interactions, **settings: object) -> SessionKNN:
    plain = {"decay": 0.5, "distance_decay": 0.5, "min_support": 1}
    return SessionKNN(SessionKNNConfig.parse({**plain, **settings})).fit(data, seed=0)


def test_neighbours_that_share_more_and_newer_items_say_more() -> None:
    scores = fit(SESSIONS).score(ask({0: 1, 1: 1}))
    np.testing.assert_allclose(scores[0], [0.75, 2.5, 0.75, 0.5, 0], atol=1e-6)


def test_one_session_alone_proposes_nothing() -> None:
    model = SessionKNN(SessionKNNConfig()).fit(walks([0, 1, 2, 1], [0, 2], [0, 3]), seed=0)
    queries = ask({0: 1})
    assert (model.score(queries)[0, :4] > 0).tolist() == [True, False, True, False]
    assert (model.explain(queries, 0, 1).tolist(), model.explain(queries, 0, 2).tolist()) == (
        [0],
        [pytest.approx(1.19)],
    )


def test_many_queries_are_answered_like_one() -> None:
    model = fit(SESSIONS, rarity=0.5, before=0.3)
    history = {0: 1.0, 1: 1.0}
    many = model.score(ask(*[history] * 40))
    np.testing.assert_allclose(many, np.repeat(model.score(ask(history)), 40, axis=0), rtol=1e-6)


def test_only_the_newest_sessions_with_an_item_are_kept() -> None:
    model = fit(walks([1, 0], [1, 2], [1, 3]), candidates=2)
    assert model.index_.newest[model.index_.newest_indptr[1] : model.index_.newest_indptr[2]].tolist() == [2, 1]
    np.testing.assert_allclose(model.score(ask({1: 1}))[0, [0, 2, 3]], [0, 0.5, 0.5], atol=1e-6)


def test_only_the_last_items_are_asked_about() -> None:
    model = fit(SESSIONS, last_items=1)
    np.testing.assert_array_equal(model.score(ask({0: 1, 4: 1})), model.score(ask({4: 1})))


def test_sessions_fade() -> None:
    log = replace(SESSIONS.log, timestamp=NOW - DAY * np.array([9, 8, 4, 3, 2, 0]))
    model = fit(replace(SESSIONS, log=log), half_life_days=2.0)
    np.testing.assert_allclose(model.index_.faded, [1 / 4, 1 / 2, 1])


def test_rare_items_can_count_more() -> None:
    model = fit(SESSIONS, rarity=1.0)
    np.testing.assert_allclose(model.index_.rarity[:2], np.log([4 / 1, 4 / 2]), rtol=1e-6)


def test_where_no_neighbour_is_popularity_ranks() -> None:
    assert listed(fit(SESSIONS).retrieve(ask({4: 1}), 5))[:2] == [4, 1]
    assert np.isnan(fit(SESSIONS).score(ask({4: -1}))).all()


@pytest.mark.parametrize("name", ["candidates", "neighbours", "last_items", "decay", "half_life_days"])
def test_settings_are_above_0(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        SessionKNNConfig.parse({name: 0})


@pytest.mark.parametrize("settings", [{}, {"neighbours": 3, "before": 0.3}, {"candidates": 2, "rarity": 1.0}])
def test_an_explanation_adds_up_to_the_score(settings: dict[str, float]) -> None:
    draw = np.random.default_rng(2)
    model = fit(walks(*draw.integers(0, 5, (40, 3)).tolist()), half_life_days=3.0, **settings)
    queries = ask({4: 1}, {4: 1, 3: -1, 2: 1, 0: 1})
    scores = model.score(queries)[1]
    explained = np.stack([model.explain(queries, 1, item) for item in range(5)])
    assert explained.shape == (5, 4)
    assert (explained[:, 1] == 0).all()
    np.testing.assert_allclose(explained.sum(axis=1), np.maximum(scores, 0), rtol=1e-5)


def test_an_explanation_names_who_shares_the_session() -> None:
    # Only the last session holds 3, and of the query's items only 1 is in it.
    assert (fit(SESSIONS).explain(ask({0: 1, 1: 1}), 0, 3) > 0).tolist() == [False, True]


def test_a_pair_knows_how_many_sessions_hold_it() -> None:
    model = fit(walks([0, 1, 1], [1, 0], [1, 3]))
    assert [model.support(0, 1), model.support(1, 3), model.support(0, 3)] == [2, 1, 0]
