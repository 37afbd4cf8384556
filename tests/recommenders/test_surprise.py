"""Surprise as the oracle: the same definitions give the same stars, pair by pair."""

from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from aisle.kernels.sgd import descend, descend_implicit
from aisle.kernels.sgd_numpy import Factors, Steps
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.base import Recommender
from aisle.recommenders.ratings.baseline import Baseline, BaselineConfig
from aisle.recommenders.ratings.knn_baseline import KNNBaseline
from aisle.recommenders.ratings.knn_means import KNNMeans
from aisle.recommenders.ratings.rating_neighbours import NeighboursConfig
from aisle.recommenders.ratings.star_ratings import ratings_of
from tests.recommenders.rating_battery import random_ratings

surprise = pytest.importorskip("surprise", reason="scikit-surprise is the oracle; install the group peers")

DATA = random_ratings(users=60, items=45)
RATINGS = ratings_of(DATA)
USERS, ITEMS = np.divmod(np.arange(60 * 45), 45)


def trainset() -> Any:
    """Return the ratings as Surprise keeps them, to be visited in the same order."""
    by_user: dict[int, list[tuple[int, float]]] = {user: [] for user in range(60)}
    by_item: dict[int, list[tuple[int, float]]] = {item: [] for item in range(45)}
    stars = RATINGS.by_user
    for user, (start, stop) in enumerate(pairwise(stars.indptr)):
        for item, value in zip(stars.indices[start:stop].tolist(), stars.values[start:stop].tolist(), strict=True):
            by_user[user].append((item, value))
            by_item[item].append((user, value))
    assert all(by_user.values())
    assert all(by_item.values())
    names = ({number: number for number in range(count)} for count in (60, 45))
    return surprise.Trainset(by_user, by_item, 60, 45, len(stars.values), (1, 5), *names)


def expected(algorithm: Any) -> NDArray[np.float64]:
    """Return what Surprise predicts for every pair."""
    algorithm.fit(trainset())
    return np.array([algorithm.predict(user, item).est for user, item in zip(USERS, ITEMS, strict=True)])


def predicted(model: Recommender[Any]) -> NDArray[np.float32]:
    model.fit(DATA, seed=0)
    assert isinstance(model, PredictsRatings)
    return model.predict(USERS, ITEMS)


@pytest.mark.parametrize(
    ("options", "config"),
    [
        ({"method": "als"}, BaselineConfig()),
        (
            {"method": "als", "n_epochs": 4, "reg_u": 3, "reg_i": 7},
            BaselineConfig(iterations=4, user_regularization=3, item_regularization=7),
        ),
        ({"method": "sgd"}, BaselineConfig(method="sgd")),
        (
            {"method": "sgd", "n_epochs": 50, "learning_rate": 0.01, "reg": 0.1},
            BaselineConfig(method="sgd", epochs=50, learning_rate=0.01, regularization=0.1),
        ),
    ],
)
def test_baselines(options: dict[str, Any], config: BaselineConfig) -> None:
    theirs = expected(surprise.BaselineOnly(bsl_options=options, verbose=False))
    np.testing.assert_allclose(predicted(Baseline(config)), theirs, atol=1e-4)


def assert_alike(ours: NDArray[np.float32], theirs: NDArray[np.float64]) -> None:
    """Assert that stars agree, but for one pair in a thousand, where rounding decides which of two equals is nearer."""
    assert np.mean(np.abs(ours - theirs) > 1e-4) < 1e-3


CASES = [
    (by, similarity, k, min_k, min_support)
    for (by, similarity), (k, min_k, min_support) in product(
        product(("user", "item"), ("cosine", "msd", "pearson", "pearson_baseline")), ((40, 1, 1), (5, 3, 4))
    )
]


def similarity_options(by: str, similarity: str, min_support: int) -> dict[str, Any]:
    return {"name": similarity, "user_based": by == "user", "min_support": min_support, "shrinkage": 20}


@pytest.mark.parametrize(("by", "similarity", "k", "min_k", "min_support"), CASES)
def test_knn_with_means(by: Any, similarity: Any, k: int, min_k: int, min_support: int) -> None:
    options = similarity_options(by, similarity, min_support)
    theirs = expected(surprise.KNNWithMeans(k, min_k, sim_options=options, verbose=False))
    config = NeighboursConfig(by=by, similarity=similarity, k=k, min_k=min_k, min_support=min_support, shrinkage=20)
    assert_alike(predicted(KNNMeans(config)), theirs)


@pytest.mark.parametrize(("by", "similarity", "k", "min_k", "min_support"), CASES)
def test_knn_baseline(by: Any, similarity: Any, k: int, min_k: int, min_support: int) -> None:
    options = similarity_options(by, similarity, min_support)
    theirs = expected(surprise.KNNBaseline(k, min_k, sim_options=options, verbose=False))
    config = NeighboursConfig(by=by, similarity=similarity, k=k, min_k=min_k, min_support=min_support, shrinkage=20)
    assert_alike(predicted(KNNBaseline(config)), theirs)


def drawn(seed: int, factors: int) -> tuple[Factors, NDArray[np.float32]]:
    """Return the first factors that Surprise draws: p, q and, for SVD++, y."""
    draw = np.random.RandomState(seed)
    p, q, y = (draw.normal(0, 0.1, (count, factors)).astype(np.float32) for count in (60, 45, 45))
    return Factors(np.zeros(60, np.float32), np.zeros(45, np.float32), p, q), y


def test_svd_from_the_same_factors() -> None:
    factors, _ = drawn(7, factors=12)
    descend(RATINGS.by_user, RATINGS.mean, factors, Steps(20, 0.005, 0.02))
    stars = (
        RATINGS.mean + factors.user_bias[:, None] + factors.item_bias + factors.user_factors @ factors.item_factors.T
    )
    theirs = expected(surprise.SVD(n_factors=12, random_state=7))
    np.testing.assert_allclose(np.clip(stars, 1, 5).ravel(), theirs, atol=1e-4)


def test_svdpp_from_the_same_factors() -> None:
    factors, implicit = drawn(7, factors=12)
    descend_implicit(RATINGS.by_user, RATINGS.mean, factors, implicit, Steps(20, 0.007, 0.02))
    rated = DATA.matrix.toarray() > 0
    users = factors.user_factors + rated @ implicit / np.sqrt(rated.sum(axis=1, keepdims=True))
    stars = RATINGS.mean + factors.user_bias[:, None] + factors.item_bias + users @ factors.item_factors.T
    theirs = expected(surprise.SVDpp(n_factors=12, random_state=7))
    np.testing.assert_allclose(np.clip(stars, 1, 5).ravel(), theirs, atol=1e-4)
