"""How other libraries are fitted on the same pairs, and fill the same shelves; loading their data is not counted.

Each has as many factors, iterations or neighbours as our model, its other settings by default, and all cores.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from aisle.recommenders.implicit.als import ALSConfig
from aisle.recommenders.implicit.graph_filter import GraphFilterConfig
from aisle.recommenders.implicit.item_knn import ItemKNNConfig
from benchmarks.data.splits import Split
from benchmarks.peers import implicit
from benchmarks.shared.rows import timed

SEED: Final = 0


class Task(NamedTuple):
    """Pairs to learn from, the users whose shelves are filled, and how many items each shelf has."""

    split: Split
    users: NDArray[np.intp]
    n: int


class Seconds(NamedTuple):
    """How long a model took to fit, and to fill all shelves; None for a library that fills no shelves."""

    fit: float
    score: float | None


class Peer(NamedTuple):
    """A model of another library, as Python imports it, and what measures it."""

    library: str
    model: str
    run: Callable[[Task], Seconds]


def implicit_als(config: ALSConfig) -> Peer:
    """Return implicit's ALS."""
    settings = {"factors": config.factors, "iterations": config.iterations, "random_state": SEED}
    return Peer("implicit", implicit.ALS, partial(_implicit, implicit.ALS, settings))


def implicit_knn(name: str, config: ItemKNNConfig) -> Peer:
    """Return one of implicit's nearest-neighbour models."""
    return Peer("implicit", name, partial(_implicit, name, {"K": config.neighbours}))


def sklearn_neighbours(config: ItemKNNConfig) -> Peer:
    """Return scikit-learn's search for the nearest items of every item: our whole fit, without a score."""

    def run(task: Task) -> Seconds:
        from sklearn.neighbors import NearestNeighbors

        items = csr_matrix(task.split.train.T)

        def fit() -> None:
            model = NearestNeighbors(n_neighbors=config.neighbours, metric="cosine", n_jobs=-1).fit(items)
            model.kneighbors(return_distance=False)

        return Seconds(timed(fit)[1], None)

    return Peer("sklearn", "NearestNeighbors", run)


def sklearn_svd(config: GraphFilterConfig) -> Peer:
    """Return scikit-learn's randomised singular value decomposition, the costly half of a graph filter's fit."""

    def run(task: Task) -> Seconds:
        from sklearn.decomposition import TruncatedSVD

        matrix = csr_matrix(task.split.train)
        return Seconds(timed(lambda: TruncatedSVD(config.rank, random_state=SEED).fit(matrix))[1], None)

    return Peer("sklearn", "TruncatedSVD", run)


def _implicit(name: str, settings: dict[str, Any], task: Task) -> Seconds:
    """Measure a model of implicit."""
    matrix = csr_matrix(task.split.train)
    model = implicit.model_of(name, settings)
    _, fit_s = timed(lambda: implicit.fit(model, matrix))
    with threadpool_limits(limits=1, user_api="blas"):
        users = task.users.astype(np.int32)
        _, score_s = timed(lambda: model.recommend(users, matrix[task.users], N=task.n))
    return Seconds(fit_s, score_s)
