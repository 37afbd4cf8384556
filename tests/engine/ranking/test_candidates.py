from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from aisle.engine.ranking import candidates as module
from aisle.engine.ranking.candidates import Candidates, Source, gather
from aisle.recommenders.base import Config, Recommender
from aisle.recommenders.query import ItemLists, QueryBatch
from tests.recommenders.battery import ask

NAN = np.nan


class Told(Recommender[Config]):
    """Scores everybody's items as it was told, by the first item of the history."""

    name = "told"
    config_type = Config

    def __init__(self, *scores: list[float]) -> None:
        super().__init__(Config())
        self.scores_ = np.array(scores, np.float32)

    def fit(self, data: Any, *, seed: int) -> "Told":
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
    "one": Source(Told([4, 3, 2, 0, -1], [NAN] * 5), 2),
    "two": Source(Told([0, 1, 5, 0.5, 0], [0, 0, 0, 8, 2]), 3),
}
QUERIES = ask({0: 1.0}, {1: 1.0})


def assert_same(one: Candidates, other: Candidates) -> None:
    assert one.sources == other.sources
    for mine, theirs in (
        (one.lists.indptr, other.lists.indptr), (one.lists.items, other.lists.items),
        (one.scores, other.scores), (one.ranks, other.ranks),
    ):  # fmt: skip
        np.testing.assert_array_equal(mine, theirs)


def test_candidates_are_the_union_of_what_sources_propose() -> None:
    found = gather(SOURCES, QUERIES)
    assert found.lists.indptr.tolist() == [0, 4, 6]
    assert found.lists.items.tolist() == [0, 1, 2, 3, 3, 4]
    assert found.sources == ("one", "two")


def test_ranks_are_those_within_the_quota() -> None:
    ranks = [[1, NAN], [2, 2], [NAN, 1], [NAN, 3], [NAN, 1], [NAN, 2]]
    np.testing.assert_array_equal(gather(SOURCES, QUERIES).ranks, ranks)


def test_scores_are_shares_of_the_best_even_where_not_proposed() -> None:
    scores = [[1, 0], [0.75, 0.2], [0.5, 1], [0, 0.1], [NAN, 1], [NAN, 0.25]]
    np.testing.assert_allclose(gather(SOURCES, QUERIES).scores, np.array(scores), rtol=1e-6)


def test_what_is_excluded_is_nobodys_candidate_and_others_move_up() -> None:
    found = gather(SOURCES, QUERIES, ItemLists(np.array([0, 2, 2]), np.array([0, 2], np.int32)))
    assert found.lists.items.tolist() == [1, 3, 3, 4]
    np.testing.assert_array_equal(found.ranks[:2], [[1, 1], [NAN, 2]])
    np.testing.assert_allclose(found.scores[0], [0.75, 0.2], rtol=1e-6)


def test_a_source_that_is_missing_says_nothing() -> None:
    found = gather(SOURCES, QUERIES).of_sources(("two", "gone", "one"))
    assert found.sources == ("two", "gone", "one")
    assert np.isnan(found.scores[:, 1]).all()
    assert np.isnan(found.ranks[:, 1]).all()
    np.testing.assert_array_equal(found.ranks[:, [2, 0]], gather(SOURCES, QUERIES).ranks)


def test_the_chosen_ones_keep_their_query() -> None:
    found = gather(SOURCES, QUERIES)
    chosen = found.where(found.lists.items == 3)
    assert chosen.lists.indptr.tolist() == [0, 1, 2]
    assert chosen.lists.items.tolist() == [3, 3]
    np.testing.assert_array_equal(chosen.scores, found.scores[3:5])
    assert len(chosen) == 2


@pytest.mark.parametrize("exclude", [None, ItemLists(np.array([0, 2, 3]), np.array([0, 2, 3], np.int32))])
def test_blocks_give_the_same_as_one_batch(exclude: ItemLists | None, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = gather(SOURCES, QUERIES, exclude)
    monkeypatch.setattr(module, "BLOCK_BYTES", 1)
    assert_same(gather(SOURCES, QUERIES, exclude), whole)


def test_no_queries_no_candidates() -> None:
    found = gather(SOURCES, QUERIES.slice(0, 0))
    assert (len(found), len(found.lists), found.ranks.shape) == (0, 0, (0, 2))
