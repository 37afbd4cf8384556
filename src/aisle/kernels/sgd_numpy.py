"""Stochastic gradient descent over star ratings in plain NumPy: what the kernels of `sgd` compute.

One epoch visits every rating once, user by user. With e = r - μ - b_u - b_i - q_i·p_u, a step of Funk's factorisation
with the biases of Koren, "Factorization Meets the Neighborhood" (2008), is

    b_u += γ (e - λ b_u)          p_u += γ (e q_i - λ p_u)
    b_i += γ (e - λ b_i)          q_i += γ (e p_u - λ q_i)

SVD++ (the same paper, section 4) adds the items N(u) that a user has rated: q_i is multiplied with p_u + z_u, where
z_u = |N(u)|^(-1/2) Σ_{j ∈ N(u)} y_j, and every y_j of the user is moved by every one of the user's ratings:

    y_j += γ (e |N(u)|^(-1/2) q_i - λ y_j)    for all j ∈ N(u)

All of these y_j shrink by the same factor and move by the same vector, so that only their sum is needed during the
visits of a user: summed up, the step is z_u += γ (e q_i - λ z_u). After the user's n visits, with a = (1 - γ λ)^n, each
y_j has become a y_j + |N(u)|^(-1/2) (z_u after - a z_u before). An epoch of SVD++ thus costs about twice as much as one
of SVD, instead of |N(u)| times as much.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR

Floats = NDArray[np.float32]


class Factors(NamedTuple):
    """The biases and vectors that gradient descent changes, in place; float32."""

    user_bias: Floats
    """(users,)."""
    item_bias: Floats
    """(items,)."""
    user_factors: Floats
    """p, (users, factors); may have no factors at all."""
    item_factors: Floats
    """q, (items, factors)."""


class Steps(NamedTuple):
    """The number of steps of gradient descent, and their size."""

    epochs: int
    learning_rate: float
    """γ."""
    regularization: float
    """λ."""


def descend(ratings: CSR, mean: float, factors: Factors, steps: Steps) -> None:
    """Change the factors of SVD in place; `ratings` has a row per user, and is visited in its order."""
    rate, ridge = steps.learning_rate, steps.regularization
    user_bias, item_bias, user_factors, item_factors = factors
    for _ in range(steps.epochs):
        for user, item, rating in zip(ratings.rows, ratings.indices, ratings.values, strict=True):
            p, q = user_factors[user].copy(), item_factors[item].copy()
            error = rating - mean - user_bias[user] - item_bias[item] - q @ p
            user_bias[user] += rate * (error - ridge * user_bias[user])
            item_bias[item] += rate * (error - ridge * item_bias[item])
            user_factors[user] += rate * (error * q - ridge * p)
            item_factors[item] += rate * (error * p - ridge * q)


def descend_implicit(ratings: CSR, mean: float, factors: Factors, implicit: Floats, steps: Steps) -> None:
    """Change the factors of SVD++, and the implicit factors y (items, factors), one by one as the equations say."""
    rate, ridge = steps.learning_rate, steps.regularization
    user_bias, item_bias, user_factors, item_factors = factors
    for _ in range(steps.epochs):
        for user, item, rating in zip(ratings.rows, ratings.indices, ratings.values, strict=True):
            rated = ratings.indices[ratings.indptr[user] : ratings.indptr[user + 1]]
            scale = len(rated) ** -0.5
            p, q = user_factors[user].copy(), item_factors[item].copy()
            z = scale * implicit[rated].sum(axis=0)
            error = rating - mean - user_bias[user] - item_bias[item] - q @ (p + z)
            user_bias[user] += rate * (error - ridge * user_bias[user])
            item_bias[item] += rate * (error - ridge * item_bias[item])
            user_factors[user] += rate * (error * q - ridge * p)
            item_factors[item] += rate * (error * (p + z) - ridge * q)
            implicit[rated] += rate * (error * scale * q - ridge * implicit[rated])
