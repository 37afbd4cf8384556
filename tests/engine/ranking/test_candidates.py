from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from aisle import kernels
from aisle.engine.ranking import candidates as module
from aisle.engine.ranking.candidates import Candidates, Source, gather
from aisle.recommenders.base import Config, Recommender
from aisle.recommenders.query import ItemLists, QueryBatch
from tests.recommenders.battery import ask

NAN = np.nan


class FixedScores(Recommender[Config]):
    """Scores items by a fixed table; the first item of the history says which row counts."""

    name = "fixed_scores"
    config_type = Config

    def __init__(self, *scores: list[float]) -> None:
        super().__init__(Config())
        self.scores_ = np.array(scores, np.float32)

    def fit(self, data: Any, *, seed: int) -> "FixedScores":
        return self

    def score(self, queries: QueryBatch, items: Any = None) -> np.ndarray:
        return self.scores_[queries.history.items[queries.history.indptr[:-1]]]

    @property
    def items_count(self) -> int:
        return int(self.scores_.shape[1])

    def arrays(self) -> dict[str, np.ndarray]:
        return {}

    def restore(self, arrays: Mapping[str, Any]) -> None:
        pass


SOURCES = {
    "one": Source(FixedScores([4, 3, 2, 0, -1], [NAN] * 5), 2),
    "two": Source(FixedScores([0, 1, 5, 0.5, 0], [0, 0, 0, 8, 2]), 3),
}
QUERIES = ask({0: 1.0}, {1: 1.0})


def assert_same(actual: Candidates, expected: Candidates) -> None:
    assert actual.sources == expected.sources
    np.testing.assert_array_equal(actual.lists.indptr, expected.lists.indptr)
    np.testing.assert_array_equal(actual.lists.items, expected.lists.items)
    np.testing.assert_array_equal(actual.scores, expected.scores)
    np.testing.assert_array_equal(actual.ranks, expected.ranks)


def test_candidates_are_the_union_of_what_sources_propose() -> None:
    candidates = gather(SOURCES, QUERIES)
    assert candidates.lists.indptr.tolist() == [0, 4, 6]
    assert candidates.lists.items.tolist() == [0, 1, 2, 3, 3, 4]
    assert candidates.sources == ("one", "two")


def test_ranks_are_those_within_the_quota() -> None:
    ranks = [[1, NAN], [2, 2], [NAN, 1], [NAN, 3], [NAN, 1], [NAN, 2]]
    np.testing.assert_array_equal(gather(SOURCES, QUERIES).ranks, ranks)


def test_scores_are_shares_of_the_best_even_where_not_proposed() -> None:
    scores = [[1, 0], [0.75, 0.2], [0.5, 1], [0, 0.1], [NAN, 1], [NAN, 0.25]]
    np.testing.assert_allclose(gather(SOURCES, QUERIES).scores, np.array(scores), rtol=1e-6)


def test_an_excluded_item_is_no_candidate_and_the_others_move_up() -> None:
    candidates = gather(SOURCES, QUERIES, ItemLists(np.array([0, 2, 2]), np.array([0, 2], np.int32)))
    assert candidates.lists.items.tolist() == [1, 3, 3, 4]
    np.testing.assert_array_equal(candidates.ranks[:2], [[1, 1], [NAN, 2]])
    np.testing.assert_allclose(candidates.scores[0], [0.75, 0.2], rtol=1e-6)


def test_the_columns_of_a_missing_source_are_nan() -> None:
    candidates = gather(SOURCES, QUERIES).of_sources(("two", "gone", "one"))
    assert candidates.sources == ("two", "gone", "one")
    assert np.isnan(candidates.scores[:, 1]).all()
    assert np.isnan(candidates.ranks[:, 1]).all()
    np.testing.assert_array_equal(candidates.ranks[:, [2, 0]], gather(SOURCES, QUERIES).ranks)


def test_masked_candidates_keep_their_query() -> None:
    candidates = gather(SOURCES, QUERIES)
    masked = candidates.where(candidates.lists.items == 3)
    assert masked.lists.indptr.tolist() == [0, 1, 2]
    assert masked.lists.items.tolist() == [3, 3]
    np.testing.assert_array_equal(masked.scores, candidates.scores[3:5])
    assert len(masked) == 2


@pytest.mark.parametrize("exclude", [None, ItemLists(np.array([0, 2, 3]), np.array([0, 2, 3], np.int32))])
def test_blocks_give_the_same_as_one_batch(exclude: ItemLists | None, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = gather(SOURCES, QUERIES, exclude)
    monkeypatch.setattr(module, "BLOCK_BYTES", 1)
    assert_same(gather(SOURCES, QUERIES, exclude), whole)


@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize("exclude", [None, ItemLists(np.array([0, 2, 3]), np.array([0, 2, 3], np.int32))])
def test_one_shopper_gets_the_same_as_in_a_batch(
    exclude: ItemLists | None, loaded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = gather(SOURCES, QUERIES, exclude)
    monkeypatch.setattr(kernels, "_loaded", loaded)
    for query in range(2):
        alone = gather(SOURCES, QUERIES.single(query), exclude.slice(query, query + 1) if exclude else None)
        of_query = whole.where(whole.lists.queries == query)
        assert alone.lists.items.tolist() == of_query.lists.items.tolist()
        np.testing.assert_array_equal(alone.ranks, of_query.ranks)
        np.testing.assert_array_equal(alone.scores, of_query.scores)


def test_without_queries_there_are_no_candidates() -> None:
    candidates = gather(SOURCES, QUERIES.slice(0, 0))
    assert (len(candidates), len(candidates.lists), candidates.ranks.shape) == (0, 0, (0, 2))
