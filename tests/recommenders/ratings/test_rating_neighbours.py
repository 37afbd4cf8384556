from typing import Literal

import numpy as np
import pytest

from aisle.kernels.csr import CSR
from aisle.kernels.similarities_numpy import COSINE, MSD, Measure
from aisle.recommenders.ratings.knn_baseline import KNNBaseline
from aisle.recommenders.ratings.rating_neighbours import Neighbourhood, NeighboursConfig, compared_biases
from aisle.recommenders.ratings.star_ratings import Biases, Ratings

# Users 0 and 1 agree on items 0 and 1; user 2 has rated item 2 alone, as user 0 has.
RATINGS = Ratings(
    CSR(np.array([0, 3, 5, 6]), np.array([0, 1, 2, 0, 1, 2], np.int32), np.array([5, 1, 4, 5, 1, 2], np.float32)), 3
)


def level(mean: float = 3.0) -> Biases:
    return Biases(mean, np.zeros(3, np.float32), np.zeros(3, np.float32), np.inf)


def learnt(by: Literal["user", "item"], min_k: int = 1) -> Neighbourhood:
    config = NeighboursConfig(by=by, min_k=min_k)
    return Neighbourhood.learn(config, compared_biases(config, level()), RATINGS)


def test_neighbours_by_user_have_rated_the_item() -> None:
    # Only users 0 (4 stars, as alike as can be) and 2 (2 stars, alike by 1 / (1 + 4)) have rated item 2.
    neighbours = learnt("user")
    similarity = 1 / (1 + (4 - 2) ** 2)
    mean = (1 * 1 + similarity * -1) / (1 + similarity)
    assert neighbours.of_pairs(level(), np.array([0]), np.array([2]))[0] == pytest.approx(3 + mean, rel=1e-5)


def test_with_too_few_neighbours_the_level_is_predicted() -> None:
    assert learnt("user", min_k=3).of_pairs(level(), np.array([0]), np.array([2])).tolist() == [3]


@pytest.mark.parametrize("by", ["user", "item"])
def test_it_comes_back_from_its_arrays(by: Literal["user", "item"]) -> None:
    model = KNNBaseline(NeighboursConfig(by=by)).learn_neighbours(level(), RATINGS)
    again = KNNBaseline.from_arrays(model.config, model.arrays())
    pairs = np.arange(9) // 3, np.arange(9) % 3
    np.testing.assert_array_equal(again.predict(*pairs), model.predict(*pairs))


def test_pearson_baseline_is_the_shrunk_cosine_of_what_the_baseline_leaves() -> None:
    config = NeighboursConfig(similarity="pearson_baseline", min_support=1, shrinkage=7.0)
    assert config.measure == Measure(COSINE, 2, 7.0)
    assert compared_biases(config, level()).mean == 3


def test_other_similarities_compare_the_stars_themselves() -> None:
    config = NeighboursConfig(similarity="msd", min_support=4, shrinkage=7.0)
    assert config.measure == Measure(MSD, 4, 0.0)
    assert compared_biases(config, level()).mean == 0
