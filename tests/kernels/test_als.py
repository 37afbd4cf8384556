import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array, random_array

from aisle.kernels import als, als_numpy
from aisle.kernels.als_numpy import Rows

UNOBSERVED = 0.3


def problem(rows: int, columns: int, factors: int, seed: int) -> tuple[Rows, NDArray[np.float32], NDArray[np.float32]]:
    """Make random weights, some negative, and vectors of both sides."""
    draw = np.random.default_rng(seed)
    matrix = csr_array(random_array((rows, columns), density=0.3, rng=draw, data_sampler=draw.standard_normal))
    ridge = draw.uniform(0.5, 2, rows).astype(np.float32)
    observed = Rows(
        matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float32), ridge
    )
    solved = draw.standard_normal((rows, factors)).astype(np.float32)
    fixed = draw.standard_normal((columns, factors)).astype(np.float32)
    return observed, solved, fixed


def exact(rows: Rows, fixed: NDArray[np.float32], row: int) -> NDArray[np.float64]:
    """Solve one row's normal equations as the paper writes them, on no particular axes."""
    y = fixed.astype(np.float64)
    entries = slice(rows.indptr[row], rows.indptr[row + 1])
    own, weights = y[rows.indices[entries]], rows.weights[entries]
    left = UNOBSERVED * y.T @ y + rows.ridge[row] * np.eye(y.shape[1]) + own.T @ np.diag(np.abs(weights)) @ own
    right = own.T @ np.where(weights > 0, UNOBSERVED + weights, 0)
    return np.linalg.solve(left, right)


@given(rows=st.integers(1, 40), columns=st.integers(1, 30), factors=st.integers(1, 20), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_enough_steps_reach_the_exact_solution(rows: int, columns: int, factors: int, seed: int) -> None:
    observed, solved, fixed = problem(rows, columns, factors, seed)
    als.half_step(observed, solved, fixed, UNOBSERVED, steps=3 * factors)
    for row in range(rows):
        np.testing.assert_allclose(solved[row], exact(observed, fixed, row), rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_the_kernel_takes_the_steps_of_its_twin(steps: int) -> None:
    observed, solved, fixed = problem(60, 40, 12, seed=1)
    spectrum = als.align(fixed, solved)
    start = solved.copy()
    als.improve_rows(observed, solved, fixed, spectrum, UNOBSERVED, steps, tolerance=0.0)
    for row in range(60):
        entries = slice(observed.indptr[row], observed.indptr[row + 1])
        expected = als_numpy.improve_row(
            start[row],
            fixed[observed.indices[entries]],
            observed.weights[entries],
            spectrum,
            float(observed.ridge[row]),
            UNOBSERVED,
            steps,
        )
        np.testing.assert_allclose(solved[row], expected, rtol=1e-3, atol=1e-4)


def test_the_twin_stops_at_the_solution() -> None:
    neighbours, spectrum = np.eye(2, dtype=np.float32), np.ones(2, np.float32)
    weights = np.ones(2, np.float32)
    row = als_numpy.improve_row(np.zeros(2, np.float32), neighbours, weights, spectrum, 1.0, UNOBSERVED, steps=9)
    np.testing.assert_allclose(row, als_numpy.solve_row(neighbours, weights, spectrum, 1.0, UNOBSERVED), rtol=1e-6)


def test_a_row_is_left_alone_once_it_is_good_enough() -> None:
    observed, solved, fixed = problem(30, 20, 10, seed=2)
    spectrum = als.align(fixed, solved)
    once, often = solved.copy(), solved.copy()
    als.improve_rows(observed, once, fixed, spectrum, UNOBSERVED, steps=1, tolerance=0.0)
    als.improve_rows(observed, often, fixed, spectrum, UNOBSERVED, steps=50, tolerance=0.99)
    np.testing.assert_array_equal(once, often)


def test_rows_with_more_neighbours_than_are_gathered() -> None:
    columns = als.GATHERED + 3
    draw = np.random.default_rng(4)
    fixed = (draw.standard_normal((columns, 4)) / 10).astype(np.float32)
    indptr = np.array([0, columns, columns + 2])
    indices = np.append(np.arange(columns), [5, 9]).astype(np.int32)
    observed = Rows(indptr, indices, np.ones(columns + 2, np.float32), np.ones(2, np.float32))
    solved = np.zeros((2, 4), np.float32)
    als.half_step(observed, solved, fixed, UNOBSERVED, steps=20)
    for row in range(2):
        np.testing.assert_allclose(solved[row], exact(observed, fixed, row), rtol=1e-3, atol=1e-4)


def test_a_row_without_neighbours_becomes_zero() -> None:
    observed = Rows(np.zeros(2, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32), np.ones(1, np.float32))
    solved = np.ones((1, 3), np.float32)
    als.half_step(observed, solved, np.eye(3, dtype=np.float32), UNOBSERVED, steps=3)
    np.testing.assert_allclose(solved, 0, atol=1e-6)


def test_align_keeps_inner_products_and_leaves_a_diagonal() -> None:
    _, one, other = problem(700, 300, 9, seed=5)
    before = one @ other.T
    spectrum = als.align(other, one)
    np.testing.assert_allclose(one @ other.T, before, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(other.T @ other, np.diag(spectrum), atol=1e-3 * spectrum.max())
