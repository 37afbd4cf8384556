import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aisle.kernels import topn, topn_numpy

NONE = np.zeros(0, np.int32)


def sorted_rows(scores: NDArray[np.float32], n: int) -> NDArray[np.int32]:
    """Rank by sorting everything, as slowly and plainly as can be."""
    ranked = np.full((len(scores), n), -1, np.int32)
    for row, of_row in enumerate(scores.tolist()):
        best = sorted((-score, item) for item, score in enumerate(of_row) if score == score)[:n]
        ranked[row, : len(best)] = [item for _, item in best]
    return ranked


@given(
    queries=st.integers(0, 70),
    items=st.integers(1, 60),
    n=st.integers(1, 70),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_kernels_and_twin_agree_with_a_full_sort(queries: int, items: int, n: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    # Small whole numbers: many ties, and products that no order of summation changes.
    vectors = draw.integers(-2, 3, (items, 3)).astype(np.float32)
    vectors[draw.random(items) < 0.1] = np.nan
    query_vectors = draw.integers(-2, 3, (queries, 3)).astype(np.float32)
    scores = query_vectors @ vectors.T
    indptr = np.arange(queries + 1) * 2
    excluded = draw.integers(-1, items + 1, 2 * queries).astype(np.int32)
    allowed = scores.copy()
    for query in range(queries):
        for item in excluded[2 * query : 2 * query + 2]:
            if 0 <= item < items:
                allowed[query, item] = np.nan
    expected = sorted_rows(allowed, n)
    for ranked, best in (
        topn_numpy.top_rows(scores, n, indptr, excluded),
        topn.top_rows(scores, n, indptr, excluded),
        topn.top_vectors(query_vectors, vectors, n, indptr, excluded),
    ):
        np.testing.assert_array_equal(ranked, expected)
        there = np.take_along_axis(scores, np.maximum(expected, 0), axis=1)
        np.testing.assert_array_equal(best, np.where(expected >= 0, there, np.nan))


def test_items_beyond_one_block_and_their_exclusion() -> None:
    items = 2 * topn.ITEMS + 5
    vectors = np.zeros((items, 1), np.float32)
    winners = [items - 1, topn.ITEMS, topn.ITEMS - 1, 0]
    vectors[winners, 0] = [4, 3, 3, 1]
    indptr, excluded = np.array([0, 0, 1]), np.array([items - 1], np.int32)
    ranked, _ = topn.top_vectors(np.ones((2, 1), np.float32), vectors, 4, indptr, excluded)
    assert ranked.tolist() == [
        [items - 1, topn.ITEMS - 1, topn.ITEMS, 0],
        [topn.ITEMS - 1, topn.ITEMS, 0, 1],
    ]


def test_infinite_scores_rank() -> None:
    scores = np.array([[-np.inf, np.inf, 0, np.nan]], np.float32)
    for module in (topn, topn_numpy):
        ranked, _ = module.top_rows(scores, 4, np.zeros(2, np.int64), NONE)
        assert ranked.tolist() == [[1, 2, 0, -1]]


def test_the_caller_keeps_the_scores() -> None:
    scores = np.ones((1, 3), np.float32)
    scores.flags.writeable = False
    for module in (topn, topn_numpy):
        ranked, _ = module.top_rows(scores, 2, np.array([0, 1]), np.array([0], np.int32))
        assert ranked.tolist() == [[1, 2]]
