from typing import Any

import numpy as np
import pytest

from aisle.recommenders.implicit import graph_filter
from aisle.recommenders.implicit.graph_filter import GraphFilter, GraphFilterConfig
from aisle.shop.errors import InputError, NotEnoughData, SettingsError
from tests.recommenders.battery import Battery, ask, ask_rows, random_shop, shop


class TestGraphFilter(Battery):
    def make(self) -> GraphFilter:
        return GraphFilter(GraphFilterConfig(rank=6))


class TestFiltersApart(TestGraphFilter):
    """The same of a larger catalogue."""

    @pytest.fixture(autouse=True)
    def larger(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(graph_filter, "WHOLE_ITEMS", 0)


def test_both_forms_score_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    data, queries = random_shop(), ask({1: 1.0}, {3: 1.0, 5: -2.0, 9: 0.5})
    config = GraphFilterConfig(rank=6, neighbours=4)
    whole = GraphFilter(config).fit(data, seed=0)
    monkeypatch.setattr(graph_filter, "WHOLE_ITEMS", 0)
    apart = GraphFilter(config).fit(data, seed=0)
    assert set(whole.arrays()) == {"filter", "popularity"}
    assert set(apart.arrays()) == {"indptr", "indices", "values", "directions", "popularity"}
    np.testing.assert_allclose(whole.score(queries), apart.score(queries), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(whole.explain(queries, 1, 2), apart.explain(queries, 1, 2), rtol=1e-4, atol=1e-6)


def test_scores_are_those_of_the_paper() -> None:
    data = random_shop()
    weights = data.matrix.toarray().astype(np.float64)
    of_users, of_items = weights.sum(axis=1), weights.sum(axis=0)
    normalised = weights / np.sqrt(np.outer(of_users, of_items))
    directions = np.linalg.svd(normalised)[2][:8]
    shares = weights / np.sqrt(of_items)
    expected = weights @ (normalised.T @ normalised)
    expected += 0.3 * shares @ directions.T @ directions * np.sqrt(of_items)
    config = GraphFilterConfig(rank=8, alpha=0.3)
    model = GraphFilter(config).fit(data, seed=0)
    np.testing.assert_allclose(model.score(ask_rows(data)), expected, rtol=2e-3, atol=2e-3)


def test_the_low_pass_filter_lets_the_leading_directions_through() -> None:
    data = shop(np.kron(np.eye(2), np.ones((10, 6))))
    with_it, without = (
        GraphFilter(GraphFilterConfig(rank=2, alpha=alpha)).fit(data, seed=0).score(ask({0: 1.0}))[0]
        for alpha in (1, 0)
    )
    # A history of one item is spread over its block of six.
    np.testing.assert_allclose(with_it - without, np.repeat([1 / 6, 0], 6), atol=1e-5)


def test_nothing_of_the_users_is_kept() -> None:
    model = GraphFilter(GraphFilterConfig(rank=4)).fit(random_shop(2000), seed=0)
    assert max(array.size for array in model.arrays().values()) <= 30 * 30


@pytest.mark.parametrize("history", [{}, {3: -1.0}, {3: 0.0}])
def test_who_likes_nothing_has_no_scores(history: dict[int, float]) -> None:
    model = GraphFilter(GraphFilterConfig(rank=6)).fit(random_shop(), seed=0)
    assert np.isnan(model.score(ask(history))).all()


def test_more_directions_than_items() -> None:
    model = GraphFilter(GraphFilterConfig(rank=50)).fit(shop(np.eye(3) + 1), seed=0)
    assert np.isfinite(model.score(ask({0: 1.0}))).all()


def test_nobody_likes_anything() -> None:
    with pytest.raises(NotEnoughData, match="nobody likes anything"):
        GraphFilter(GraphFilterConfig()).fit(shop(np.zeros((2, 3))), seed=0)


def test_a_weight_that_is_no_number() -> None:
    with pytest.raises(InputError, match="not a finite number"):
        GraphFilter(GraphFilterConfig()).fit(shop(np.array([[1, np.nan]])), seed=0)


@pytest.mark.parametrize(("name", "value"), [("rank", 0), ("alpha", -1), ("neighbours", 0)])
def test_settings_out_of_range(name: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=name):
        GraphFilterConfig(**{name: value})
