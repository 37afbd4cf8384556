from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from aisle.recommenders.implicit.item_knn import ItemKNN, ItemKNNConfig
from aisle.shop.errors import InputError, NotEnoughData, SettingsError
from tests.recommenders.battery import Battery, ask, random_shop, shop

WEIGHTS = np.array([[1, 2, 0, 0], [3, 0, 1, 0], [1, 1, 1, 0], [0, 4, 0, 0]])


class TestItemKNN(Battery):
    def make(self) -> ItemKNN:
        return ItemKNN(ItemKNNConfig(neighbours=10))


def links(config: ItemKNNConfig, weights: NDArray[np.int64] = WEIGHTS) -> NDArray[np.float32]:
    """Return what each item says of each other."""
    model = ItemKNN(config).fit(shop(weights), seed=0)
    return model.score(ask(*({item: 1.0} for item in range(weights.shape[1]))))


def test_cosine() -> None:
    columns = WEIGHTS[:, :3].astype(np.float64)
    lengths = np.linalg.norm(columns, axis=0)
    expected = columns.T @ columns / np.outer(lengths, lengths)
    np.testing.assert_allclose(
        links(ItemKNNConfig(similarity="cosine", alpha=0.5))[:3, :3], expected, rtol=1e-6, atol=1e-7
    )


def test_asymmetric_cosine_with_shrinkage() -> None:
    columns = WEIGHTS[:, :3].astype(np.float64)
    squares = (columns**2).sum(axis=0)
    expected = columns.T @ columns / (np.outer(squares**0.8, squares**0.2) + 3)
    config = ItemKNNConfig(similarity="cosine", alpha=0.8, shrinkage=3)
    np.testing.assert_allclose(links(config)[:3, :3], expected, rtol=1e-6, atol=1e-7)


def test_jaccard_counts_users() -> None:
    expected = [[1, 2 / 4, 2 / 3], [2 / 4, 1, 1 / 4], [2 / 3, 1 / 4, 1]]
    np.testing.assert_allclose(links(ItemKNNConfig(similarity="jaccard"))[:3, :3], expected, rtol=1e-6)


def test_tfidf_makes_little_of_users_with_many_items() -> None:
    rarity = np.log(1 + 4 / np.array([2, 2, 3, 1]))
    columns = np.sqrt(WEIGHTS[:, :3]) * rarity[:, None]
    lengths = np.linalg.norm(columns, axis=0)
    expected = columns.T @ columns / np.outer(lengths, lengths)
    np.testing.assert_allclose(links(ItemKNNConfig(alpha=0.5))[:3, :3], expected, rtol=1e-5, atol=1e-6)


def test_bm25_saturates() -> None:
    rarity = np.log(1 + 4 / np.array([2, 2, 3, 1]))
    weights = WEIGHTS[:, :3].astype(np.float64)
    lengths = WEIGHTS.sum(axis=0)[:3] / WEIGHTS.sum(axis=0).mean()
    columns = rarity[:, None] * weights * 2.2 / (weights + 1.2 * (0.25 + 0.75 * lengths))
    np.testing.assert_allclose(links(ItemKNNConfig(similarity="bm25"))[:3, :3], columns.T @ columns, rtol=1e-5)


def test_only_the_best_neighbours_are_kept() -> None:
    kept = links(ItemKNNConfig(similarity="jaccard", neighbours=2))
    np.testing.assert_allclose(kept[:3, :3], [[1, 0, 2 / 3], [2 / 4, 1, 0], [2 / 3, 0, 1]], rtol=1e-6)


def test_an_item_that_nobody_wants_is_like_nothing() -> None:
    assert not links(ItemKNNConfig())[3].any()
    assert not links(ItemKNNConfig())[:, 3].any()


def test_a_refund_speaks_against_similar_items() -> None:
    model = ItemKNN(ItemKNNConfig()).fit(shop(WEIGHTS), seed=0)
    before, after = model.score(ask({1: 1.0}))[0], model.score(ask({1: 1.0, 2: -1.0}))[0]
    assert after[0] < before[0]


@pytest.mark.parametrize("history", [{}, {3: -1.0}, {3: 0.0}])
def test_who_likes_nothing_has_no_scores(history: dict[int, float]) -> None:
    model = ItemKNN(ItemKNNConfig()).fit(random_shop(), seed=0)
    assert np.isnan(model.score(ask(history))).all()


def test_explanations_add_up_to_the_score() -> None:
    model = ItemKNN(ItemKNNConfig(neighbours=8)).fit(random_shop(), seed=0)
    queries = ask({1: 1.0}, {3: 1.0, 5: 2.0, 8: -1.0})
    for item in range(30):
        parts = model.explain(queries, 1, item)
        assert parts.shape == (3,)
        assert parts.sum() == pytest.approx(model.score(queries)[1, item], abs=1e-6)


def test_nobody_likes_anything() -> None:
    with pytest.raises(NotEnoughData, match="nobody likes anything"):
        ItemKNN(ItemKNNConfig()).fit(shop(np.zeros((2, 3))), seed=0)


def test_a_weight_that_is_no_number() -> None:
    with pytest.raises(InputError, match="not a finite number"):
        ItemKNN(ItemKNNConfig()).fit(shop(np.array([[1, np.nan]])), seed=0)


@pytest.mark.parametrize(
    ("name", "value"), [("neighbours", 0), ("alpha", 1.1), ("shrinkage", -1), ("similarity", "l2")]
)
def test_settings_out_of_range(name: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=name):
        ItemKNNConfig(**{name: value})
