import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from aisle.kernels.csr import CSR
from aisle.kernels.subspace import leading_directions


def both_ways(matrix: csr_array) -> tuple[CSR, CSR]:
    sides = matrix, matrix.T.tocsr()
    by_row, by_column = (CSR(m.indptr.astype(np.int64), m.indices.astype(np.int32), m.data) for m in sides)
    return by_row, by_column


def test_directions_span_those_of_the_exact_decomposition() -> None:
    draw = np.random.default_rng(0)
    # Ten strong directions over noise.
    strong = draw.standard_normal((300, 10)) @ draw.standard_normal((10, 200))
    matrix = csr_array((strong + 0.1 * draw.standard_normal((300, 200))).astype(np.float32))
    directions = leading_directions(*both_ways(matrix), rank=10, seed=1)
    exact = np.linalg.svd(matrix.toarray().astype(np.float64))[2][:10]
    np.testing.assert_allclose(directions @ directions.T, exact.T @ exact, atol=1e-4)
    np.testing.assert_allclose(np.abs(directions[:, -1] @ exact[0]), 1, atol=1e-4)


def test_a_matrix_of_lower_rank_has_fewer_directions() -> None:
    matrix = csr_array(np.kron(np.eye(3), np.ones((4, 5))).astype(np.float32))
    directions = leading_directions(*both_ways(matrix), rank=8, seed=1)
    assert directions.shape == (15, 8)
    np.testing.assert_allclose(directions @ directions.T, np.kron(np.eye(3), np.full((5, 5), 0.2)), atol=1e-5)


def test_more_directions_than_the_matrix_has_rows() -> None:
    matrix = csr_array(np.eye(3, 7, dtype=np.float32))
    assert leading_directions(*both_ways(matrix), rank=20, seed=1).shape == (7, 3)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_nothing(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = csr_array(random_array((6000, 5000), density=0.002, rng=np.random.default_rng(2), dtype=np.float32))
    expected = leading_directions(*both_ways(matrix), rank=5, seed=1)
    monkeypatch.setattr("aisle.kernels.threads.threads", threads)
    np.testing.assert_array_equal(leading_directions(*both_ways(matrix), rank=5, seed=1), expected)
