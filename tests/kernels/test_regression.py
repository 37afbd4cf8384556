from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

from aisle.kernels import regression, regression_numpy
from aisle.kernels.csr import CSR


def problem(rows: int, columns: int, seed: int) -> tuple[CSR, list[list[int]]]:
    draw = np.random.default_rng(seed)
    matrix = csr_array(random_array((columns, rows), density=0.3, rng=draw, dtype=np.float32))
    by_column = CSR(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data)
    others = [np.delete(np.arange(columns), column) for column in range(columns)]
    return by_column, [draw.permutation(one)[: draw.integers(0, columns)].tolist() for one in others]


@given(rows=st.integers(1, 30), columns=st.integers(1, 12), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_kernel_and_twin_solve_the_normal_equations(rows: int, columns: int, seed: int) -> None:
    by_column, chosen = problem(rows, columns, seed)
    indptr = np.cumsum([0, *map(len, chosen)])
    neighbours = np.array([one for own in chosen for one in own], np.int32)
    dense = csr_array((by_column.values, by_column.indices, by_column.indptr), shape=(columns, rows)).toarray().T
    gram = dense.astype(np.float64).T @ dense
    for module in (regression, regression_numpy):
        weights = module.regress(by_column, rows, indptr, neighbours, 0.5)
        for column, own in enumerate(chosen):
            expected = np.linalg.solve(gram[np.ix_(own, own)] + 0.5 * np.eye(len(own)), gram[own, column])
            np.testing.assert_allclose(weights[indptr[column] : indptr[column + 1]], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("module", [regression, regression_numpy])
def test_one_neighbour_is_divided_by_its_length(module: ModuleType) -> None:
    by_column = CSR(np.array([0, 2, 4]), np.array([0, 1, 0, 1], np.int32), np.array([1, 2, 3, 1], np.float32))
    weights = module.regress(by_column, 2, np.array([0, 1, 1]), np.array([1], np.int32), 2.0)
    np.testing.assert_allclose(weights, [(3 + 2) / (10 + 2)], rtol=1e-6)
