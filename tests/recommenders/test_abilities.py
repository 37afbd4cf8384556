import numpy as np
import pytest

from aisle.recommenders.abilities import Explains
from aisle.recommenders.catalog import NAMES, by_name
from tests.recommenders.battery import ask, random_shop

EXPLAINING = [name for name in NAMES if issubclass(by_name(name), Explains)]


def test_the_sources_of_a_shelf_explain() -> None:
    assert {"als", "audience", "co_purchase", "graph_filter", "item_knn", "session_knn"} <= set(EXPLAINING)


@pytest.mark.parametrize("name", EXPLAINING)
def test_what_the_entries_add_is_the_score(name: str) -> None:
    model = by_name(name)(by_name(name).config_type()).fit(random_shop(), seed=0)
    assert isinstance(model, Explains)
    queries = ask({1: 1.0}, {3: 1.0, 5: 2.0, 8: -1.0, 12: 1.0})
    explained = np.stack([model.explain(queries, 1, item) for item in range(30)])
    assert explained.shape == (30, 4)
    # Where nothing of the history leads to an item, it has a score only to rank it behind the others.
    np.testing.assert_allclose(explained.sum(axis=1), model.score(queries)[1], rtol=1e-3, atol=2e-5)
