"""Stochastic gradient descent over star ratings, one visit after the other; equations and twin are in `sgd_numpy`.

Each visit builds on the visit before it: a fit runs on one core, and gives the same factors on any number of cores.
"""

from typing import Final

import numpy as np

from aisle.kernels.compiling import FilledFloatRows, FilledFloats, Floats, Ints, Longs, inlined, kernel
from aisle.kernels.csr import CSR
from aisle.kernels.sgd_numpy import Factors, Steps

_LANES: Final = 16
"""Vectors are padded to whole cache lines with zeros, which stay zeros: half the time for 100 factors."""


def descend(ratings: CSR, mean: float, factors: Factors, steps: Steps) -> None:
    """Move the factors of SVD in place, as `sgd_numpy.descend` does; each user's items are all different."""
    p, q = _padded(factors.user_factors), _padded(factors.item_factors)
    _descend(*ratings, np.float32(mean), factors.user_bias, factors.item_bias, p, q, *_rates(steps))
    _copy_back((p, factors.user_factors), (q, factors.item_factors))


def descend_implicit(ratings: CSR, mean: float, factors: Factors, implicit: Floats, steps: Steps) -> None:
    """Move the factors of SVD++ in place, as `sgd_numpy.descend_implicit` does; each user's items are all different."""
    p, q, y = _padded(factors.user_factors), _padded(factors.item_factors), _padded(implicit)
    _descend_implicit(*ratings, np.float32(mean), factors.user_bias, factors.item_bias, p, q, y, *_rates(steps))
    _copy_back((p, factors.user_factors), (q, factors.item_factors), (y, implicit))


def _rates(steps: Steps) -> tuple[int, np.float32, np.float32]:
    return steps.epochs, np.float32(steps.learning_rate), np.float32(steps.regularization)


def _padded(vectors: Floats) -> Floats:
    rows, factors = vectors.shape
    padded = np.zeros((rows, -(-factors // _LANES) * _LANES), np.float32)
    padded[:, :factors] = vectors
    return padded


def _copy_back(*pairs: tuple[Floats, Floats]) -> None:
    for padded, vectors in pairs:
        vectors[:] = padded[:, : vectors.shape[1]]


@inlined
def _product(vectors: Floats, row: int, others: Floats, other: int) -> np.float32:
    product = np.float32(0)
    for k in range(vectors.shape[1]):
        product += vectors[row, k] * others[other, k]
    return product


@kernel
def _descend(
    indptr: Longs,
    items: Ints,
    stars: Floats,
    mean: np.float32,
    user_bias: FilledFloats,
    item_bias: FilledFloats,
    p: FilledFloatRows,
    q: FilledFloatRows,
    epochs: int,
    rate: np.float32,
    ridge: np.float32,
) -> None:
    keep = np.float32(1) - rate * ridge
    for _ in range(epochs):
        for user in range(len(indptr) - 1):
            first, last = indptr[user], indptr[user + 1]
            if first == last:
                continue
            product = _product(p, user, q, items[first])
            for entry in range(first, last):
                item, following = items[entry], items[min(entry + 1, last - 1)]
                step = rate * (stars[entry] - mean - user_bias[user] - item_bias[item] - product)
                user_bias[user] = keep * user_bias[user] + step
                item_bias[item] = keep * item_bias[item] + step
                # The next visit multiplies the same user vector: doing it here saves a pass over it.
                product = np.float32(0)
                for k in range(p.shape[1]):
                    of_user, of_item = p[user, k], q[item, k]
                    moved = keep * of_user + step * of_item
                    product += moved * q[following, k]
                    p[user, k] = moved
                    q[item, k] = keep * of_item + step * of_user


@inlined
def _sum_implicit(y: Floats, items: Ints, scale: np.float32, z: Floats) -> None:
    z[:] = 0
    for item in items:
        for k in range(len(z)):
            z[k] += y[item, k]
    for k in range(len(z)):
        z[k] *= scale


@inlined
def _move_implicit(y: Floats, items: Ints, shrunk: np.float32, shift: Floats) -> None:
    for item in items:
        for k in range(len(shift)):
            y[item, k] = shrunk * y[item, k] + shift[k]


@kernel
def _descend_implicit(
    indptr: Longs,
    items: Ints,
    stars: Floats,
    mean: np.float32,
    user_bias: FilledFloats,
    item_bias: FilledFloats,
    p: FilledFloatRows,
    q: FilledFloatRows,
    y: FilledFloatRows,
    epochs: int,
    rate: np.float32,
    ridge: np.float32,
) -> None:
    factors = p.shape[1]
    keep = np.float32(1) - rate * ridge
    z = np.empty(factors, np.float32)
    shift = np.empty(factors, np.float32)
    for _ in range(epochs):
        for user in range(len(indptr) - 1):
            first, last = indptr[user], indptr[user + 1]
            if first == last:
                continue
            scale = np.float32(1 / np.sqrt(last - first))
            shrunk = np.float32(keep ** (last - first))
            _sum_implicit(y, items[first:last], scale, z)
            product = _product(p, user, q, items[first])
            for k in range(factors):
                shift[k] = -shrunk * z[k]
                product += z[k] * q[items[first], k]
            for entry in range(first, last):
                item, following = items[entry], items[min(entry + 1, last - 1)]
                step = rate * (stars[entry] - mean - user_bias[user] - item_bias[item] - product)
                user_bias[user] = keep * user_bias[user] + step
                item_bias[item] = keep * item_bias[item] + step
                product = np.float32(0)
                for k in range(factors):
                    both, of_item = p[user, k] + z[k], q[item, k]
                    p[user, k] = keep * p[user, k] + step * of_item
                    z[k] = keep * z[k] + step * of_item
                    product += (p[user, k] + z[k]) * q[following, k]
                    q[item, k] = keep * of_item + step * both
            for k in range(factors):
                shift[k] = scale * (shift[k] + z[k])
            _move_implicit(y, items[first:last], shrunk, shift)
