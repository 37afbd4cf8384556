import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.kernels import ridge, ridge_numpy
from aisle.kernels.csr import CSR


@given(rows=st.integers(0, 30), columns=st.integers(1, 12), factors=st.integers(1, 15), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_kernel_and_twin_solve_every_row(rows: int, columns: int, factors: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    counts = draw.integers(0, columns + 1, rows)
    indices = np.concatenate([np.zeros(0, np.int64), *(draw.permutation(columns)[:count] for count in counts)])
    observed = CSR(np.cumsum([0, *counts]), indices.astype(np.int32), draw.normal(size=len(indices)).astype(np.float32))
    penalty = draw.uniform(0.05, 3, rows).astype(np.float32)
    features = draw.normal(size=(columns, factors)).astype(np.float32)
    for module in (ridge, ridge_numpy):
        solved = module.solve_rows(observed, penalty, features)
        assert solved.shape == (rows, factors)
        for row in range(rows):
            y = features[observed.indices[observed.indptr[row] : observed.indptr[row + 1]]].astype(np.float64)
            targets = observed.values[observed.indptr[row] : observed.indptr[row + 1]]
            gradient = y.T @ (y @ solved[row] - targets) + penalty[row] * solved[row]
            assert np.abs(gradient).max() < 1e-3


@pytest.mark.parametrize("module", [ridge, ridge_numpy])
def test_a_row_without_entries_is_0_and_a_tiny_penalty_no_trouble(module: object) -> None:
    observed = CSR(np.array([0, 0, 2]), np.array([0, 1], np.int32), np.array([1, 1], np.float32))
    features = np.ones((2, 3), np.float32)
    solved = module.solve_rows(observed, np.full(2, 1e-6, np.float32), features)  # type: ignore[attr-defined]
    np.testing.assert_allclose(solved, np.array([[0, 0, 0], [1 / 3, 1 / 3, 1 / 3]]), rtol=1e-4)
