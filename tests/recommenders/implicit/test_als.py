import tracemalloc

import numpy as np
import pytest

from aisle import kernels
from aisle.prepare.interactions import Interactions
from aisle.recommenders.implicit.als import ALS, ALSConfig
from aisle.shop.errors import InputError, NotEnoughData, SettingsError
from tests.recommenders.battery import VectorBattery, ask, ask_rows, listed, random_shop, shop


class TestALS(VectorBattery):
    def make(self) -> ALS:
        return ALS(ALSConfig(factors=8, iterations=3))


def test_one_user_and_one_item_reach_the_known_minimum() -> None:
    # With x = y = v > 0: v minimises (w0 + 1)(1 - v²)² + 2 r v² with r = λ (1 + w0)^ν, so v² = 1 - r / (1 + w0).
    config = ALSConfig(factors=1, iterations=100, unobserved_weight=0.5, regularization=0.2, regularization_exponent=1)
    model = ALS(config).fit(shop(np.ones((1, 1))), seed=0)
    assert model.score(ask({0: 1.0}))[0, 0] == pytest.approx(1 - 0.2, abs=1e-4)


def test_shoppers_of_two_tastes_get_their_own() -> None:
    weights = np.kron(np.eye(2), np.ones((10, 6)))
    weights[0, 0] = weights[15, 11] = 0
    data = shop(weights)
    model = ALS(ALSConfig(factors=4, iterations=10)).fit(data, seed=0)
    queries = ask_rows(data)
    ranked = model.retrieve(queries, 1, queries.history)
    assert listed(ranked, 0) == [0]
    assert listed(ranked, 15) == [11]


def test_a_query_solves_the_normal_equations() -> None:
    data = random_shop()
    config = ALSConfig(factors=8, iterations=3, regularization=0.3, regularization_exponent=0.7)
    model = ALS(config).fit(data, seed=0)
    y = model.item_vectors_.astype(np.float64)
    liked, disliked = [4, 7, 20], [9]
    ridge = 0.3 * (4 + 0.02 * 30) ** 0.7
    left = (
        0.02 * y.T @ y + ridge * np.eye(8) + y[[*liked, *disliked]].T @ np.diag([1, 2, 0.5, 3]) @ y[[*liked, *disliked]]
    )
    right = np.array([1.02, 2.02, 0.52]) @ y[liked]
    expected = np.linalg.solve(left, right)
    history = {4: 1.0, 7: 2.0, 20: 0.5, 9: -3.0}
    np.testing.assert_allclose(model.query_vectors(ask(history))[0], expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model.query_vectors(ask(*[history] * 20))[19], expected, rtol=1e-3, atol=1e-5)


def test_with_its_kernel_a_server_finds_the_same_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ALS(ALSConfig(factors=8)).fit(random_shop(), seed=0)
    history = {item: 0.1 + item for item in range(0, 30, 2)} | {3: -2.0, 5: 0.0}
    vectors = []
    for loaded in (False, True):
        monkeypatch.setattr(kernels, "_loaded", loaded)
        vectors.append(model.query_vectors(ask(history, {}, {4: 1.0})))
    np.testing.assert_allclose(vectors[1], vectors[0], rtol=1e-5, atol=1e-6)
    assert np.isnan(vectors[1]).all(axis=1).tolist() == [False, True, False]


def test_a_refund_pulls_the_item_down() -> None:
    model = ALS(ALSConfig(factors=8)).fit(random_shop(), seed=0)
    before, after = model.score(ask({3: 1.0, 5: 1.0})), model.score(ask({3: 1.0, 5: -1.0}))
    assert after[0, 5] < before[0, 5]
    assert after[0, 5] == pytest.approx(0, abs=0.2)


@pytest.mark.parametrize("history", [{}, {3: -1.0}, {3: 0.0}])
def test_who_likes_nothing_has_no_vector(history: dict[int, float]) -> None:
    model = ALS(ALSConfig(factors=8)).fit(random_shop(), seed=0)
    assert np.isnan(model.score(ask(history))).all()
    assert listed(model.retrieve(ask(history), 3)) == []


def test_explanations_add_up_to_the_score() -> None:
    model = ALS(ALSConfig(factors=8)).fit(random_shop(), seed=0)
    queries = ask({1: 1.0}, {3: 1.0, 5: 2.0, 8: -1.0})
    parts = model.explain(queries, 1, 12)
    assert parts.shape == (3,)
    assert parts[2] == 0
    assert parts.sum() == pytest.approx(model.score(queries)[1, 12], rel=1e-3)


def test_every_iteration_lowers_the_objective() -> None:
    data = random_shop()
    losses = [objective(data, iterations) for iterations in (1, 2, 4, 8, 16)]
    assert losses == sorted(losses, reverse=True)


def objective(data: Interactions, iterations: int) -> float:
    """Return the loss of the model with every user solved exactly."""
    config = ALSConfig(factors=6, iterations=iterations, regularization_exponent=0, regularization=0.1)
    model = ALS(config).fit(data, seed=2)
    queries = ask_rows(data)
    scores, weights = model.score(queries), data.matrix.toarray()
    errors = np.where(weights > 0, (0.02 + weights) * (1 - scores) ** 2, 0.02 * scores**2)
    lengths = np.sum(model.query_vectors(queries) ** 2) + np.sum(model.item_vectors_**2)
    return float(np.sum(errors) + 0.1 * lengths)


def test_more_factors_than_items() -> None:
    model = ALS(ALSConfig(factors=50, iterations=2)).fit(shop(np.eye(3) + 1), seed=0)
    assert np.isfinite(model.score(ask({0: 1.0}))).all()


def test_nobody_likes_anything() -> None:
    with pytest.raises(NotEnoughData, match="nobody likes anything"):
        ALS(ALSConfig()).fit(shop(np.zeros((2, 3))), seed=0)


def test_a_weight_that_is_no_number() -> None:
    with pytest.raises(InputError, match="not a finite number"):
        ALS(ALSConfig()).fit(shop(np.array([[1, np.nan]])), seed=0)


@pytest.mark.parametrize("name", ["factors", "regularization", "unobserved_weight", "iterations", "cg_steps"])
def test_settings_out_of_range(name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        ALSConfig(**{name: 0})


def test_a_fit_takes_no_more_than_twice_its_arrays() -> None:
    data = random_shop(20_000, 300)
    model = ALS(ALSConfig(factors=32, iterations=1))
    model.fit(data, seed=0)
    tracemalloc.start()
    try:
        model.fit(data, seed=0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    matrix = data.matrix
    arrays = matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes + 4 * 32 * sum(data.shape)
    assert peak < 2 * arrays
