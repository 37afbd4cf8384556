import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aisle.kernels import sgd, sgd_numpy
from aisle.kernels.csr import CSR
from aisle.kernels.sgd_numpy import Factors, Steps


def ratings(users: int, items: int, seed: int) -> CSR:
    """Draw stars for about half of the pairs, each user's in any order."""
    draw = np.random.default_rng(seed)
    rows = [draw.permutation(items)[: draw.integers(0, items + 1)] for _ in range(users)]
    indices = np.concatenate(rows).astype(np.int32)
    stars = draw.integers(1, 6, len(indices)).astype(np.float32)
    return CSR(np.cumsum([0, *map(len, rows)]), indices, stars)


def start(users: int, items: int, factors: int, seed: int) -> tuple[Factors, NDArray[np.float32]]:
    draw = np.random.default_rng(seed)
    shapes: list[tuple[int, ...]] = [(users,), (items,), (users, factors), (items, factors), (items, factors)]
    drawn = [draw.normal(0, 0.1, shape).astype(np.float32) for shape in shapes]
    return Factors(*drawn[:4]), drawn[4]


shops = {
    "users": st.integers(1, 12),
    "items": st.integers(1, 9),
    "factors": st.integers(0, 20),
    "seed": st.integers(0, 2**32 - 1),
}
STEPS = Steps(3, 0.02, 0.1)


@given(**shops)
@settings(max_examples=40, deadline=None)
def test_svd_moves_as_its_twin_does(users: int, items: int, factors: int, seed: int) -> None:
    stars = ratings(users, items, seed)
    fast, slow = (start(users, items, factors, seed)[0] for _ in range(2))
    sgd.descend(stars, 3.0, fast, STEPS)
    sgd_numpy.descend(stars, 3.0, slow, STEPS)
    for one, other in zip(fast, slow, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@given(**shops)
@settings(max_examples=40, deadline=None)
def test_svdpp_moves_as_its_twin_does(users: int, items: int, factors: int, seed: int) -> None:
    stars = ratings(users, items, seed)
    (fast, fast_implicit), (slow, slow_implicit) = (start(users, items, factors, seed) for _ in range(2))
    sgd.descend_implicit(stars, 3.0, fast, fast_implicit, STEPS)
    sgd_numpy.descend_implicit(stars, 3.0, slow, slow_implicit, STEPS)
    for one, other in zip((*fast, fast_implicit), (*slow, slow_implicit), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("module", [sgd, sgd_numpy])
def test_one_visit_is_one_step(module: object) -> None:
    # e = 5 - 3 - .5 - .25 - .2·.1 = 1.23
    factors = Factors(*(np.array(value, np.float32) for value in ([0.5], [0.25], [[0.2]], [[0.1]])))
    one = CSR(np.array([0, 1]), np.zeros(1, np.int32), np.array([5], np.float32))
    module.descend(one, 3.0, factors, Steps(1, 0.1, 0.5))  # type: ignore[attr-defined]
    expected = [
        0.5 + 0.1 * (1.23 - 0.25),
        0.25 + 0.1 * (1.23 - 0.125),
        0.2 + 0.1 * (0.123 - 0.1),
        0.1 + 0.1 * (0.246 - 0.05),
    ]
    np.testing.assert_allclose([value.item() for value in factors], expected, rtol=1e-6)
