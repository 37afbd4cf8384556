from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.recommenders.implicit.ease import EASE, EASEConfig
from aisle.shop.errors import InputError, NotEnoughData, SettingsError
from tests.recommenders.battery import Battery, ask, ask_rows, random_shop, shop


class TestDenseEASE(Battery):
    def make(self) -> EASE:
        return EASE(EASEConfig(regularization=5))


class TestSparseEASE(Battery):
    def make(self) -> EASE:
        return EASE(EASEConfig(regularization=5, dense_items=0, neighbours=6))


class TestRecentEASE(Battery):
    def make(self) -> EASE:
        return EASE(EASEConfig(regularization=5, recency=0.8))


def closed_form(weights: NDArray[np.float64], ridge: float) -> NDArray[np.float64]:
    """Return B as the paper writes it."""
    inverse = np.linalg.inv(weights.T @ weights + ridge * np.eye(weights.shape[1]))
    return np.asarray(np.eye(len(inverse)) - inverse / np.diag(inverse))


def test_weights_are_those_of_the_closed_form() -> None:
    data = random_shop()
    model = EASE(EASEConfig(regularization=2)).fit(data, seed=0)
    expected = data.matrix @ closed_form(data.matrix.toarray().astype(np.float64), 2)
    np.testing.assert_allclose(model.score(ask_rows(data)), expected, rtol=1e-3, atol=1e-4)


def test_blocks_of_a_large_catalogue_are_mirrored() -> None:
    data = random_shop(50, 1100)
    model = EASE(EASEConfig(regularization=20)).fit(data, seed=0)
    expected = closed_form(data.matrix.toarray().astype(np.float64), 20)
    assert isinstance(model.weights_, np.ndarray)
    np.testing.assert_allclose(model.weights_, expected, atol=1e-4)


def test_with_all_items_as_neighbours_nothing_is_lost() -> None:
    # Every item is wanted together with every other.
    data = shop(np.vstack([np.ones(12), random_shop(40, 12).matrix.toarray()]))
    dense = EASE(EASEConfig(regularization=2)).fit(data, seed=0)
    sparse = EASE(EASEConfig(regularization=2, dense_items=0)).fit(data, seed=0)
    assert isinstance(sparse.weights_, CSR)
    queries = ask_rows(data)
    np.testing.assert_allclose(sparse.score(queries), dense.score(queries), rtol=1e-3, atol=1e-3)


def test_an_item_hears_so_many_neighbours() -> None:
    model = EASE(EASEConfig(dense_items=0, neighbours=4)).fit(random_shop(), seed=0)
    assert isinstance(model.weights_, CSR)
    assert np.bincount(model.weights_.indices).max() <= 4


def test_items_long_ago_count_less() -> None:
    model = EASE(EASEConfig(regularization=2, recency=0.5)).fit(random_shop(), seed=0)
    plain = EASE(EASEConfig(regularization=2)).fit(random_shop(), seed=0)
    for batch in (1, 20):
        faded = model.score(ask(*[{4: 1.0, 9: 2.0, 2: 1.0}] * batch))
        expected = plain.score(ask(*[{4: 0.25, 9: 1.0, 2: 1.0}] * batch))
        np.testing.assert_allclose(faded, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dense_items", [0, 100])
def test_explanations_add_up_to_the_score(dense_items: int) -> None:
    config = EASEConfig(regularization=2, dense_items=dense_items, neighbours=5, recency=0.9)
    model = EASE(config).fit(random_shop(), seed=0)
    queries = ask({1: 1.0}, {3: 1.0, 5: 2.0, 8: -1.0})
    for item in range(30):
        parts = model.explain(queries, 1, item)
        assert parts.shape == (3,)
        assert parts.sum() == pytest.approx(model.score(queries)[1, item], abs=1e-6)


@pytest.mark.parametrize("history", [{}, {3: -1.0}, {3: 0.0}])
def test_who_likes_nothing_has_no_scores(history: dict[int, float]) -> None:
    model = EASE(EASEConfig()).fit(random_shop(), seed=0)
    assert np.isnan(model.score(ask(history))).all()


def test_too_little_regularization_is_named() -> None:
    with pytest.raises(InputError, match="regularization = 1e-06 is too small"):
        EASE(EASEConfig(regularization=1e-6)).fit(shop(np.full((2, 3), 1e4)), seed=0)


def test_nobody_likes_anything() -> None:
    with pytest.raises(NotEnoughData, match="nobody likes anything"):
        EASE(EASEConfig()).fit(shop(np.zeros((2, 3))), seed=0)


@pytest.mark.parametrize(("name", "value"), [("regularization", 0), ("dense_items", -1), ("recency", 0)])
def test_settings_out_of_range(name: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=name):
        EASEConfig(**{name: value})
