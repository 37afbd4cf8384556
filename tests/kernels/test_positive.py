import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.kernels import positive, positive_numpy, topn_numpy
from aisle.kernels.positive_numpy import Listings
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


@st.composite
def listings(draw: st.DrawFn) -> tuple[Listings, np.ndarray, np.ndarray, int]:
    """Sources, of which some list a few items and others score all, with quotas and what is excluded."""
    count, random = draw(st.integers(1, 80)), np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    items, scores = list[np.ndarray](), list[np.ndarray]()
    item_starts = list[int]()
    for _ in range(draw(st.integers(1, 5))):
        is_dense = random.random() < 0.5
        own = random.permutation(count)[: count if is_dense else random.integers(0, count + 1)].astype(np.int32)
        item_starts.append(-1 if is_dense else sum(len(of_source) for of_source in items))
        values = random.choice([-1.0, 0.0, 0.5, 1.0, 2.0, 3.5, np.nan], len(own)).astype(np.float32)
        if not is_dense:  # what is listed may have empty places at its end
            own, values = np.append(own, np.int32(-1)), np.append(values, np.float32(np.nan))
            items.append(own)
        scores.append(values)
    starts = np.append(0, np.cumsum([len(of_source) for of_source in scores]))
    listed = np.concatenate(items) if items else np.zeros(0, np.int32)
    quotas = random.integers(1, 12, len(scores))
    excluded = random.integers(-1, count + 2, random.integers(0, 6)).astype(np.int32)
    return Listings(listed, np.concatenate(scores), np.array(item_starts), starts), quotas, excluded, count


@given(listings())
@settings(max_examples=200, deadline=None)
def test_what_sources_propose_is_what_the_twin_says(drawn: tuple[Listings, np.ndarray, np.ndarray, int]) -> None:
    expected = positive_numpy.propose(*drawn)
    for _ in range(2):  # what is borrowed is left as it was
        found = positive.propose(*drawn)
        for name in found._fields:
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


def test_the_place_of_an_excluded_item_goes_to_the_next() -> None:
    said = Listings(
        np.array([4, 2], np.int32), np.array([0, 3, 2, 1, 0, 9, 1], np.float32), np.array([-1, 0]), np.array([0, 5, 7])
    )
    for module in (positive, positive_numpy):
        found = module.propose(said, np.array([1, 2]), np.array([1], np.int32), 5)
        assert found.items.tolist() == [2, 4]
        np.testing.assert_array_equal(found.ranks, [[1, 2], [np.nan, 1]])
        np.testing.assert_array_equal(found.scores, [[2, 1], [0, 9]])
        np.testing.assert_array_equal(found.best, [3, 9])
