import dataclasses

import numpy as np
import pytest

from aisle.app.recipe import recipe_of
from aisle.app.settings import Settings
from aisle.app.training.fitting import Fitted, TrainingBudget, fit
from aisle.engine.ranking import hybrid as module
from aisle.engine.ranking.candidates import MOST
from aisle.engine.ranking.features import features
from aisle.engine.ranking.hybrid import Hybrid, HybridConfig
from aisle.evaluation.queries import query_batch
from aisle.prepare.interactions import Interactions
from aisle.prepare.split import Window
from aisle.recommenders.query import QueryBatch
from aisle.shop.errors import InputError, SettingsError
from aisle.shop.moments import DAY
from tests.lively_shop import END, lively_data
from tests.recommenders.battery import ask, listed

SOURCES = {"repeat": 20, "item_knn": 10, "popularity": 5}
QUICK = {"models": {"hybrid": {"sources": SOURCES, "ranker": {"trees": 10}, "questions": 200}}}


@pytest.fixture(scope="module")
def data() -> Interactions:
    return lively_data()


@pytest.fixture(scope="module")
def fitted(data: Interactions, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    recipe = recipe_of(Settings.read(tmp_path_factory.mktemp("no"), **QUICK), "hybrid")
    return fit(recipe, data, Window(END - 20 * DAY, END), TrainingBudget())


@pytest.fixture(scope="module")
def hybrid(fitted: Fitted) -> Hybrid:
    assert isinstance(fitted.retrieval.personal, Hybrid)
    return fitted.retrieval.personal


@pytest.fixture(scope="module")
def queries(data: Interactions) -> QueryBatch:
    return query_batch(data, np.arange(30, dtype=np.int32))


def test_the_data_is_enough_for_a_ranker(hybrid: Hybrid, fitted: Fitted) -> None:
    assert hybrid.ranker is not None
    assert fitted.skipped == {}


def test_the_first_are_the_candidates_with_the_best_scores(hybrid: Hybrid, queries: QueryBatch) -> None:
    ranked, scored = hybrid.retrieve(queries, 5), hybrid.scored(queries)
    lists = scored.candidates.lists
    for query in range(len(queries)):
        mine = slice(lists.indptr[query], lists.indptr[query + 1])
        order = sorted(zip(-scored.scores[mine], lists.items[mine].tolist(), strict=True))[:5]
        assert listed(ranked, query) == [item for _, item in order]
        np.testing.assert_allclose(ranked.scores[query, : len(order)], [-score for score, _ in order], rtol=1e-6)


def test_scores_are_those_of_the_ranker(hybrid: Hybrid, queries: QueryBatch) -> None:
    scored = hybrid.scored(queries)
    assert hybrid.ranker is not None
    assert queries.profiles is not None
    rows = features(queries.profiles, scored.candidates, hybrid.state)
    np.testing.assert_array_equal(scored.scores, hybrid.ranker.score(rows))


def test_excluded_items_are_never_returned(hybrid: Hybrid, queries: QueryBatch) -> None:
    ranked = hybrid.retrieve(queries, 24, queries.history)
    for query in range(len(queries)):
        assert not set(listed(ranked, query)) & set(queries.history.slice(query, query + 1).items.tolist())


def test_more_than_there_are_is_padded(hybrid: Hybrid, queries: QueryBatch) -> None:
    ranked = hybrid.retrieve(queries.slice(0, 1), 300)
    there = len(listed(ranked))
    assert 0 < there <= 24
    assert (ranked.items[0, there:] == -1).all()
    assert np.isnan(ranked.scores[0, there:]).all()
    assert np.isfinite(ranked.scores[0, :there]).all()


def test_blocks_give_the_same_as_one_batch(
    hybrid: Hybrid, queries: QueryBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = hybrid.retrieve(queries, 6, queries.history)
    monkeypatch.setattr(module, "BLOCK", 7)
    parts = hybrid.retrieve(queries, 6, queries.history)
    np.testing.assert_array_equal(parts.items, whole.items)
    np.testing.assert_array_equal(parts.scores, whole.scores)


@pytest.mark.parametrize("missing", ["repeat", "item_knn", "popularity"])
def test_a_source_that_is_missing_is_done_without(hybrid: Hybrid, queries: QueryBatch, missing: str) -> None:
    sources = {name: source for name, source in hybrid.sources.items() if name != missing}
    ranked = dataclasses.replace(hybrid, sources=sources).retrieve(queries, 3)
    assert (ranked.items[:, 0] >= 0).all()


def test_without_a_ranker_chances_order_the_shelf(hybrid: Hybrid, queries: QueryBatch) -> None:
    scored = dataclasses.replace(hybrid, ranker=None).scored(queries)
    np.testing.assert_array_equal(scored.scores, hybrid.cut.chances(scored.candidates.ranks))


def test_the_ranker_is_asked_about_so_many_at_most(
    hybrid: Hybrid, queries: QueryBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MOST == 200
    monkeypatch.setattr(module, "MOST", 4)
    scored = hybrid.scored(queries)
    assert np.diff(scored.candidates.lists.indptr).max() == 4


def test_no_queries_no_answers(hybrid: Hybrid, queries: QueryBatch) -> None:
    assert hybrid.retrieve(queries.slice(0, 0), 3).items.shape == (0, 3)


def test_no_items_at_all_cannot_be_asked_for(hybrid: Hybrid, queries: QueryBatch) -> None:
    with pytest.raises(InputError, match="n = 0"):
        hybrid.retrieve(queries, 0)


def test_queries_without_profiles_are_a_mistake_of_the_caller(hybrid: Hybrid) -> None:
    with pytest.raises(ValueError, match="queries_of"):
        hybrid.retrieve(ask({1: 1.0}), 3)


def test_a_hybrid_has_a_source() -> None:
    with pytest.raises(SettingsError, match="sources"):
        HybridConfig.parse({"sources": {}})


def test_settings_survive_json() -> None:
    assert HybridConfig.parse(HybridConfig().plain()) == HybridConfig()
