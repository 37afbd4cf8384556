import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.kernels import lambdas, lambdas_numpy
from aisle.kernels.lambdas_numpy import Shelves

BOTH = [lambdas.gradients, lambdas_numpy.gradients]


@pytest.mark.parametrize("gradients", BOTH)
def test_two_candidates_with_equal_scores(gradients: object) -> None:
    assert callable(gradients)
    shelves = Shelves.of(np.array([1.0, 0.0]), np.array([0, 2]), 5)
    gradient, curvature = gradients(shelves, np.zeros(2), 5)
    # p = 1/2, the discounts are 1 and 1 / log2(3), the ideal DCG is 1; all pushes together are scaled by a logarithm.
    push = 0.5 * (1 - 1 / np.log2(3)) / lambdas_numpy.NEAREST
    scale = np.log2(1 + 2 * push) / (2 * push)
    np.testing.assert_allclose(gradient, [-push * scale, push * scale], rtol=1e-12)
    np.testing.assert_allclose(curvature, [push * scale / 2] * 2, rtol=1e-12)


@pytest.mark.parametrize("gradients", BOTH)
def test_pairs_after_the_last_rank_and_shelves_without_a_gain_do_not_count(gradients: object) -> None:
    assert callable(gradients)
    shelves = Shelves.of(np.array([1.0, 1.0, 0.0, 0.0, 0.0]), np.array([0, 3, 3, 5]), 1)
    gradient, _ = gradients(shelves, np.array([3.0, 1.0, 0.0, 1.0, 0.0]), 1)
    assert gradient[1] == 0
    assert gradient[0] < 0 < gradient[2]
    assert not gradient[3:].any()


SHELF = st.lists(st.tuples(st.sampled_from([0.0, 0.3, 1.0]), st.integers(-4, 4)), max_size=9)


@given(st.lists(SHELF, min_size=1, max_size=5), st.integers(1, 6))
def test_the_kernel_does_as_its_twin(shelves: list[list[tuple[float, int]]], last: int) -> None:
    in_order = [sorted(shelf, reverse=True) for shelf in shelves]
    indptr = np.append(0, np.cumsum([len(shelf) for shelf in in_order])).astype(np.int64)
    gains, scores = np.array([pair for shelf in in_order for pair in shelf], np.float64).reshape(-1, 2).T.copy()
    of = Shelves.of(gains, indptr, last)
    for ours, twin in zip(lambdas.gradients(of, scores, last), lambdas_numpy.gradients(of, scores, last), strict=True):
        np.testing.assert_allclose(ours, twin, rtol=1e-9, atol=1e-12)
