import numpy as np
import pytest

from aisle.kernels.csr import CSR
from aisle.kernels.sgd_numpy import Factors
from aisle.recommenders.ratings.biased_factors import first_factors, solve_biased
from aisle.recommenders.ratings.star_ratings import Ratings, Scale
from aisle.recommenders.ratings.svd import SVD, SVDConfig
from aisle.recommenders.topn import FEW

LEARNT = SVD(SVDConfig()).keep(
    Scale(1.0, 5.0, 3.0),
    Factors(
        user_bias=np.array([0.5, 0], np.float32),
        item_bias=np.array([1, -1, 0], np.float32),
        user_factors=np.array([[1, 0], [0, 2]], np.float32),
        item_factors=np.array([[1, 1], [0, 1], [2, 0]], np.float32),
    ),
)


def test_the_stars_of_a_pair_are_mean_biases_and_inner_product() -> None:
    assert LEARNT._predict(np.array([0, 1]), np.array([2, 1])).tolist() == [3 + 0.5 + 0 + 2, 3 + 0 - 1 + 2]


def test_a_query_without_ratings_has_the_stars_of_the_items_alone() -> None:
    empty = CSR(np.zeros(2, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
    assert LEARNT.of_queries(empty, np.ones(1, np.float32)).tolist() == [[4, 2, 3]]


def test_a_known_part_of_the_vector_is_added_and_explained_away() -> None:
    history = CSR(np.array([0, 1]), np.array([2], np.int32), np.array([5], np.float32))
    implied = np.array([[1, 0]], np.float32)
    # The known part explains 2 of the stars above the mean, so nothing is left for bias and vector.
    stars = LEARNT.of_queries(history, np.ones(1, np.float32), implied, np.array([2, 0], np.int32))
    np.testing.assert_allclose(stars, [[5, 5]], rtol=1e-6)


@pytest.mark.parametrize("rows", [1, FEW + 1])
def test_few_rows_and_many_solve_the_same_regression(rows: int) -> None:
    vectors = np.array([[1.0], [2.0], [-1.0]], np.float32)
    residuals = CSR(
        np.arange(rows + 1) * 2, np.tile(np.array([0, 2], np.int32), rows), np.tile(np.array([1, 3], np.float32), rows)
    )
    solved = solve_biased(residuals, np.full(rows, 0.5, np.float32), vectors)
    features = np.array([[1.0, 1.0], [1.0, -1.0]])
    expected = np.linalg.solve(features.T @ features + 0.5 * np.eye(2), features.T @ [1.0, 3.0])
    np.testing.assert_allclose(solved[-1], expected, rtol=1e-5)


def test_only_what_was_rated_starts_with_a_vector() -> None:
    ratings = Ratings(CSR(np.array([0, 2, 2]), np.array([0, 2], np.int32), np.array([4, 5], np.float32)), 3)
    factors = first_factors(ratings, 2, 0.1, np.random.default_rng(0))
    assert factors.user_factors.any(axis=1).tolist() == [True, False]
    assert factors.item_factors.any(axis=1).tolist() == [True, False, True]
    assert not factors.user_bias.any()


def test_it_comes_back_from_its_arrays() -> None:
    again = SVD.from_arrays(LEARNT.config, LEARNT.arrays())
    assert again.scale_ == LEARNT.scale_
    for array, other in zip(again.factors_, LEARNT.factors_, strict=True):
        np.testing.assert_array_equal(array, other)
