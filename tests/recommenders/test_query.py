import numpy as np

from aisle.recommenders.query import QueryBatch
from tests.recommenders.battery import ask


def rated() -> QueryBatch:
    return ask({1: 5.0, 2: 1.0}, {}, {3: 4.0})


def test_stars_go_with_the_queries() -> None:
    queries = rated()
    np.testing.assert_array_equal(queries.slice(1, 3).ratings, [4])
    np.testing.assert_array_equal(queries.take(np.array([2, 0])).ratings, [4, 5, 1])


def test_no_stars_stay_no_stars() -> None:
    queries = rated()
    bare = QueryBatch(queries.history, queries.weights, queries.timestamps, queries.now)
    assert bare.slice(0, 1).ratings is None
    assert bare.take(np.array([2])).ratings is None
