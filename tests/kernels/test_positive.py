import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.kernels import positive, topn_numpy
from tests.kernels.test_topn import sorted_rows


def test_only_scores_above_0_are_positive() -> None:
    scores = np.random.default_rng(0).integers(-3, 3, (70, 50)).astype(np.float32)
    scores[0] = [np.nan, np.inf, -np.inf, 1e-45, *np.zeros(46)]
    expected = sorted_rows(np.where(scores > 0, scores, np.nan), 9)
    for module in (positive, topn_numpy):
        items, best = module.top_positive(scores, 9)
        np.testing.assert_array_equal(items, expected)
        there = np.take_along_axis(scores, np.maximum(expected, 0), axis=1)
        np.testing.assert_array_equal(best, np.where(expected >= 0, there, np.nan))


@pytest.mark.parametrize("power", [0.0, 1.0, 30.0])
def test_ties_and_scores_far_apart_are_in_order(power: float) -> None:
    scores = (np.random.default_rng(0).integers(1, 9, (5, 700)) ** power).astype(np.float32)
    items, best = positive.top_positive(scores, 600)
    np.testing.assert_array_equal(items, sorted_rows(scores, 600))
    np.testing.assert_array_equal(best, np.take_along_axis(scores, items, axis=1))


@given(items=st.integers(1, 300), n=st.integers(1, 80), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_among_some_items_kernel_and_twin_find_the_same(items: int, n: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    among = draw.permutation(items)[: draw.integers(0, items + 1)].astype(np.int32)
    scores = draw.integers(-3, 9, len(among)).astype(np.float32)
    scores[draw.random(len(among)) < 0.1] = np.nan
    dense = np.full((1, items), np.nan, np.float32)
    dense[0, among] = np.where(scores > 0, scores, np.nan)
    for module in (positive, topn_numpy):
        best, values = module.top_among(among, scores, n)
        np.testing.assert_array_equal(best, sorted_rows(dense, n))
        np.testing.assert_array_equal(values, np.where(best >= 0, dense[0, best], np.nan))
