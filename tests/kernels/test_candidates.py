import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.kernels import candidates, candidates_numpy

BOTH = (candidates, candidates_numpy)


def lists(draw: np.random.Generator, queries: int, longest: int) -> np.ndarray:
    return np.append(0, np.cumsum(draw.integers(0, longest + 1, queries)))


@given(queries=st.integers(0, 20), longest=st.integers(0, 30), most=st.integers(1, 12), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_kernel_and_twin_keep_the_same(queries: int, longest: int, most: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    indptr = lists(draw, queries, longest)
    # Few ranks: many equal chances.
    ranks = draw.integers(0, 4, (indptr[-1], 3)).astype(np.float32)
    ranks[ranks == 0] = np.nan
    misses = np.column_stack((np.ones(3), draw.random((3, 3))))
    kept = [module.likeliest(indptr, ranks, misses, most) for module in BOTH]
    np.testing.assert_array_equal(*kept)
    np.testing.assert_array_equal(
        np.add.reduceat(np.append(kept[0], 0), indptr[:-1])[np.diff(indptr) > 0],
        np.minimum(np.diff(indptr), most)[np.diff(indptr) > 0],
    )


@pytest.mark.parametrize("module", BOTH)
def test_what_two_sources_propose_is_kept_before_what_one_does(module: object) -> None:
    ranks = np.array([[1, np.nan], [1, 1], [np.nan, 1]], np.float32)
    misses = np.array([[1, 0.5], [1, 0.8]])
    assert module.likeliest(np.array([0, 3]), ranks, misses, 1).tolist() == [False, True, False]  # type: ignore[attr-defined]
    assert module.likeliest(np.array([0, 3]), ranks, misses, 2).tolist() == [True, True, False]  # type: ignore[attr-defined]


@given(queries=st.integers(0, 20), longest=st.integers(0, 30), n=st.integers(1, 12), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_kernel_and_twin_agree_on_the_best(queries: int, longest: int, n: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    indptr = lists(draw, queries, longest)
    items = np.arange(indptr[-1], dtype=np.int32)
    scores = draw.integers(-2, 3, indptr[-1]).astype(np.float64)
    for of_kernel, of_twin in zip(*(module.best(indptr, items, scores, n) for module in BOTH), strict=True):
        np.testing.assert_array_equal(of_kernel, of_twin)


@pytest.mark.parametrize("module", BOTH)
def test_the_best_come_first_and_short_lists_are_filled_up(module: object) -> None:
    items, scores = module.best(  # type: ignore[attr-defined]
        np.array([0, 3, 3]), np.array([4, 7, 9], np.int32), np.array([1.0, 2.0, 1.0]), 4
    )
    assert items.tolist() == [[7, 4, 9, -1], [-1, -1, -1, -1]]
    np.testing.assert_array_equal(scores, np.array([[2, 1, 1, np.nan], [np.nan] * 4], np.float32))
