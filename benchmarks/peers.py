"""How other libraries are fitted on the same pairs and asked for the same shelves; their data loading is not counted.

Each runs as it comes, with as many factors, iterations or neighbours as ours has, and on all cores where it can.
"""

import importlib.util
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from aisle.recommenders.implicit.als import ALSConfig
from aisle.recommenders.implicit.graph_filter import GraphFilterConfig
from aisle.recommenders.implicit.item_knn import ItemKNNConfig
from benchmarks.splits import Split

SEED: Final = 0


class Task(NamedTuple):
    """Pairs to learn from, the users whose shelves are to be filled, and how many items each gets."""

    split: Split
    users: NDArray[np.intp]
    n: int


class Seconds(NamedTuple):
    """What a model took to fit, and to fill all shelves; None for a library that does not fill shelves."""

    fit: float
    score: float | None


class Peer(NamedTuple):
    """A model of another library."""

    library: str
    """Its package, as Python imports it."""
    model: str
    run: Callable[[Task], Seconds]

    @property
    def installed(self) -> bool:
        """Whether it can be measured here."""
        return importlib.util.find_spec(self.library) is not None


def implicit_als(config: ALSConfig) -> Peer:
    """Return implicit's ALS."""

    def run(task: Task) -> Seconds:
        from implicit.cpu.als import AlternatingLeastSquares

        settings = {"factors": config.factors, "iterations": config.iterations, "random_state": SEED}
        return _implicit(AlternatingLeastSquares, settings, task)

    return Peer("implicit", "AlternatingLeastSquares", run)


def implicit_knn(name: str, config: ItemKNNConfig) -> Peer:
    """Return one of implicit's nearest-neighbour models."""

    def run(task: Task) -> Seconds:
        from implicit import nearest_neighbours

        return _implicit(getattr(nearest_neighbours, name), {"K": config.neighbours}, task)

    return Peer("implicit", name, run)


def sklearn_neighbours(config: ItemKNNConfig) -> Peer:
    """Return scikit-learn's search for the nearest items of every item: all of our fit, and none of our score."""

    def run(task: Task) -> Seconds:
        from sklearn.neighbors import NearestNeighbors

        items = csr_matrix(task.split.train.T)
        start = time.perf_counter()
        model = NearestNeighbors(n_neighbors=config.neighbours, metric="cosine", n_jobs=-1).fit(items)
        model.kneighbors(return_distance=False)
        return Seconds(time.perf_counter() - start, None)

    return Peer("sklearn", "NearestNeighbors", run)


def sklearn_svd(config: GraphFilterConfig) -> Peer:
    """Return scikit-learn's randomised singular value decomposition, the costly half of a graph filter's fit."""

    def run(task: Task) -> Seconds:
        from sklearn.decomposition import TruncatedSVD

        matrix = csr_matrix(task.split.train)
        start = time.perf_counter()
        TruncatedSVD(config.rank, random_state=SEED).fit(matrix)
        return Seconds(time.perf_counter() - start, None)

    return Peer("sklearn", "TruncatedSVD", run)


def _implicit(kind: type[Any], settings: dict[str, Any], task: Task) -> Seconds:
    """Fit and ask a model of implicit, with BLAS at one thread, as it asks for."""
    matrix = csr_matrix(task.split.train)
    with threadpool_limits(limits=1, user_api="blas"):
        model = kind(**settings)
        start = time.perf_counter()
        model.fit(matrix, show_progress=False)
        fitted = time.perf_counter()
        model.recommend(task.users.astype(np.int32), matrix[task.users], N=task.n)
    return Seconds(fitted - start, time.perf_counter() - fitted)
