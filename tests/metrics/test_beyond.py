import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from aisle.metrics import beyond, ranking


def lists(*rows: list[int]) -> NDArray[np.int32]:
    width = max(len(row) for row in rows)
    return np.array([row + [-1] * (width - len(row)) for row in rows], np.int32)


def ragged(*rows: list[int]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    indptr = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int64)
    return indptr, np.array([item for row in rows for item in row], np.int32)


# --- Means of items ---------------------------------------------------------------------------------------------------


def test_a_list_has_the_mean_of_its_items_up_to_k() -> None:
    values = np.array([1.0, 2.0, 6.0])

    means = beyond.mean_of_items(lists([2, 0, 1], [1], []), values, 2)

    np.testing.assert_allclose(means, [3.5, 2.0, np.nan])


def test_information_is_one_bit_for_every_halving_of_the_users() -> None:
    assert beyond.self_information(np.array([8, 4, 1]), 8).tolist() == [0, 1, 3]


def test_an_item_that_nobody_has_is_as_surprising_as_one_that_one_user_has() -> None:
    assert beyond.self_information(np.array([0]), 8).tolist() == [3]


def test_without_users_nothing_is_surprising() -> None:
    assert beyond.self_information(np.array([0, 0]), 0).tolist() == [0, 0]


def test_a_percentile_counts_less_popular_items_and_half_of_the_equals() -> None:
    np.testing.assert_allclose(beyond.percentiles(np.array([5, 1, 1, 9])), [2.5 / 4, 1 / 4, 1 / 4, 3.5 / 4])


@given(st.lists(st.integers(0, 9), min_size=1))
def test_percentiles_are_half_on_average(counts: list[int]) -> None:
    assert beyond.percentiles(np.array(counts)).mean() == pytest.approx(0.5, abs=1e-12)


def test_the_head_is_few_items_and_the_tail_many() -> None:
    # Of 12, the first gathers 6; it begins in the head, the next at 6 of 12, the three last from 8 on.
    assert beyond.popularity_thirds(np.array([1, 6, 2, 1, 2])).tolist() == [2, 0, 1, 2, 2]


def test_items_that_nobody_has_are_in_the_tail() -> None:
    assert beyond.popularity_thirds(np.array([0, 3, 0])).tolist() == [2, 0, 2]
    assert beyond.in_long_tail(beyond.popularity_thirds(np.array([0, 3, 0]))).tolist() == [1, 0, 1]


@given(st.lists(st.integers(0, 30), min_size=1))
def test_more_popular_items_are_never_nearer_to_the_tail(counts: list[int]) -> None:
    by_popularity = np.argsort(-np.array(counts), kind="stable")

    assert (np.diff(beyond.popularity_thirds(np.array(counts))[by_popularity]) >= 0).all()


# --- Diversity --------------------------------------------------------------------------------------------------------

OWNERS = ragged([0, 1], [0, 1], [1, 2, 3, 4], [5], [])
"""The users of each item."""


def test_items_of_the_same_users_are_alike() -> None:
    assert beyond.diversity(lists([0, 1]), *OWNERS, k=2) == pytest.approx([0], abs=1e-12)


def test_items_of_different_users_are_not() -> None:
    assert beyond.diversity(lists([0, 3]), *OWNERS, k=2) == pytest.approx([1], abs=1e-12)


def test_diversity_is_the_mean_over_all_pairs() -> None:
    # cos(0, 1) = 1, cos(0, 2) = cos(1, 2) = 1 / sqrt(2 · 4).
    expected = 1 - (1 + 2 / math.sqrt(8)) / 3

    assert beyond.diversity(lists([0, 1, 2]), *OWNERS, k=3) == pytest.approx([expected], abs=1e-12)


def test_an_item_that_nobody_has_is_like_no_other() -> None:
    assert beyond.diversity(lists([0, 4], [4, 4]), *OWNERS, k=2) == pytest.approx([1, 1], abs=1e-12)


def test_one_item_has_no_diversity() -> None:
    assert np.isnan(beyond.diversity(lists([0, 1], [3]), *OWNERS, k=1)).all()
    assert np.isnan(beyond.diversity(lists([3], []), *OWNERS, k=5)).all()


@given(st.lists(st.sets(st.integers(0, 6)), min_size=2, max_size=6))
def test_diversity_is_one_less_the_mean_cosine(owners: list[set[int]]) -> None:
    vectors = np.array([[user in one for user in range(7)] for one in owners], float)
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1)
    cosines = (vectors / lengths) @ (vectors / lengths).T
    pairs = cosines[np.triu_indices(len(owners), 1)]

    [value] = beyond.diversity(lists(list(range(len(owners)))), *ragged(*map(sorted, owners)), k=6)

    assert value == pytest.approx(1 - pairs.mean(), abs=1e-12)


# --- Gini -------------------------------------------------------------------------------------------------------------


def test_equal_exposure_has_no_inequality() -> None:
    assert beyond.gini(lists([0, 1], [2, 3]), 4, 2) == pytest.approx(0, abs=1e-12)


def test_one_item_for_everybody_is_as_unequal_as_can_be() -> None:
    assert beyond.gini(lists([2], [2], [2]), 4, 1) == pytest.approx(3 / 4)


def test_gini_by_hand() -> None:
    # Exposures 0, 1, 3: (-2 · 0 + 0 · 1 + 2 · 3) / (3 · 4).
    assert beyond.gini(lists([0, 1], [0], [0]), 3, 2) == pytest.approx(1 / 2)


def test_nothing_shown_has_no_gini() -> None:
    assert math.isnan(beyond.gini(np.full((2, 3), -1, np.int32), 5, 3))


@given(st.lists(st.integers(0, 5), min_size=1))
def test_gini_is_half_the_relative_mean_difference(shown: list[int]) -> None:
    exposure = np.bincount(shown, minlength=6)
    expected = np.abs(exposure[:, None] - exposure).mean() / (2 * exposure.mean())

    assert beyond.gini(lists(*([item] for item in shown)), 6, 1) == pytest.approx(expected, abs=1e-12)


# --- Serendipity ------------------------------------------------------------------------------------------------------


def test_the_most_popular_are_chosen_in_the_order_of_counts_and_numbers() -> None:
    assert beyond.most_popular(np.array([2, 5, 2, 1]), 2).tolist() == [True, True, False, False]


def test_more_than_all_items_are_all() -> None:
    assert beyond.most_popular(np.array([2, 5]), 9).all()


def test_serendipity_leaves_out_hits_that_anybody_could_foresee() -> None:
    ranked = lists([0, 1, 2, 3], [4])
    hits = ranking.find_hits(ranked, *ragged([0, 2, 3], [1]))
    expected = np.array([True, True, False, False, False])

    assert beyond.serendipity(ranked, hits, expected, 4).tolist() == [2 / 4, 0]
    assert beyond.serendipity(ranked, hits, expected, 3).tolist() == [1 / 3, 0]


def test_without_anything_to_find_there_is_no_serendipity() -> None:
    ranked = lists([0])

    assert np.isnan(beyond.serendipity(ranked, ranking.find_hits(ranked, *ragged([])), np.zeros(1, bool), 1)).all()


# --- Calibration ------------------------------------------------------------------------------------------------------

GROUP = np.array([0, 0, 1, 1])


def miscalibration(shown: list[int], history: list[int], k: int = 9) -> float:
    [value] = beyond.miscalibration(lists(shown), *ragged(history), GROUP, k)
    return float(value)


def test_a_list_in_proportion_is_calibrated() -> None:
    assert miscalibration([0, 2], [1, 3, 0, 2]) == pytest.approx(0, abs=1e-12)


def test_a_missing_group_counts_as_the_formula_says() -> None:
    # p = (1/2, 1/2), q = (1, 0), q̃ = (.995, .005).
    expected = 0.5 * math.log(0.5 / 0.995) + 0.5 * math.log(0.5 / 0.005)

    assert miscalibration([0, 1], [0, 2]) == pytest.approx(expected)


def test_a_list_of_quite_other_things_is_as_bad_as_can_be() -> None:
    assert miscalibration([2, 3], [0]) == pytest.approx(-math.log(0.01))


def test_only_the_first_k_places_count() -> None:
    assert miscalibration([0, 2, 3], [1], k=1) == pytest.approx(0, abs=1e-12)


def test_without_a_history_or_a_list_there_is_no_calibration() -> None:
    indptr, items = ragged([], [0], [0])

    values = beyond.miscalibration(lists([0], [], [1]), indptr, items, GROUP, 1)

    assert np.isnan(values).tolist() == [True, True, False]


def test_nobody_has_anything() -> None:
    assert np.isnan(beyond.miscalibration(lists([], []), *ragged([], []), GROUP, 3)).all()


@given(st.lists(st.integers(0, 3), min_size=1, unique=True), st.lists(st.integers(0, 3), min_size=1))
def test_divergence_is_never_negative_and_bounded(shown: list[int], history: list[int]) -> None:
    assert -1e-12 <= miscalibration(shown, history) <= -math.log(beyond.SMOOTHING) + 1e-12
