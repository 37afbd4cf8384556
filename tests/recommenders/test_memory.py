"""What fitting neighbour and linear models takes, against the data that they read and the arrays that they leave."""

import tracemalloc
from typing import Any

import pytest

from aisle.recommenders.base import Recommender
from aisle.recommenders.implicit.ease import EASE, EASEConfig
from aisle.recommenders.implicit.graph_filter import GraphFilter, GraphFilterConfig
from aisle.recommenders.implicit.item_knn import ItemKNN, ItemKNNConfig
from aisle.recommenders.implicit.user_knn import UserKNN, UserKNNConfig
from tests.recommenders.battery import random_shop


@pytest.mark.parametrize(
    "model",
    [
        EASE(EASEConfig(dense_items=0, neighbours=20)),
        GraphFilter(GraphFilterConfig(rank=64, neighbours=50)),
        ItemKNN(ItemKNNConfig(neighbours=50)),
        UserKNN(UserKNNConfig()),
    ],
    ids=lambda model: str(model.name),
)
def test_a_fit_takes_no_more_than_four_times_its_arrays(model: Recommender[Any]) -> None:
    data = random_shop(5_000, 600)
    model.fit(data, seed=0)
    tracemalloc.start()
    try:
        model.fit(data, seed=0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    matrix = data.matrix
    read = matrix.data.nbytes + matrix.indices.nbytes + matrix.indptr.nbytes
    assert peak < 4 * (read + sum(array.nbytes for array in model.arrays().values()))
