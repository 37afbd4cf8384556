import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.kernels.neighbours import nearest_means
from aisle.kernels.neighbours_numpy import nearest_means as nearest_means_of_groups


def plainly(similar: NDArray[np.float32], values: NDArray[np.float32], k: int, min_k: int) -> float:
    """Sort all candidates and average the first, as slowly and plainly as can be."""
    ranked = sorted(zip(-similar.astype(float), range(len(similar)), values.astype(float), strict=True))
    near = [(-loss, value) for loss, _, value in ranked if loss < 0][:k]
    if not near or len(near) < min_k:
        return 0.0
    return float(np.average([value for _, value in near], weights=[one for one, _ in near]))


@given(
    shape=st.tuples(st.integers(1, 8), st.integers(1, 8), st.integers(1, 30)),
    k=st.integers(1, 12),
    min_k=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=80, deadline=None)
def test_kernel_and_twin_agree_with_a_full_sort(shape: tuple[int, int, int], k: int, min_k: int, seed: int) -> None:
    rows, columns, others = shape
    draw = np.random.default_rng(seed)
    # Few different similarities: many ties, which the order decides.
    dense = draw.integers(0, 4, (rows, others)).astype(np.float32) / np.float32(4)
    x, other = dense.nonzero()
    indptr = np.append(0, np.cumsum(np.bincount(x, minlength=rows)))
    similar = CSR(indptr, other.astype(np.int32), dense[x, other])
    rows_with = [np.flatnonzero(draw.random(others) < 0.7).astype(np.int32) for _ in range(columns)]
    values = [draw.normal(size=len(one)).astype(np.float32) for one in rows_with]
    deviations = CSR(np.cumsum([0, *map(len, rows_with)]), np.concatenate(rows_with), np.concatenate(values))
    pairs = [draw.integers(0, columns, draw.integers(0, 6)).astype(np.int32) for _ in range(rows)]
    means = nearest_means(
        np.cumsum([0, *map(len, pairs)]), np.concatenate(pairs), similar, deviations, others, k, min_k
    )
    expected = [plainly(dense[row, rows_with[y]], values[y], k, min_k) for row in range(rows) for y in pairs[row]]
    np.testing.assert_allclose(means, expected, rtol=1e-5, atol=1e-6)
    for row in range(rows):
        means = nearest_means_of_groups(
            deviations.rows, dense[row, deviations.indices], deviations.values, columns, k, min_k
        )
        expected = [plainly(dense[row, rows_with[y]], values[y], k, min_k) for y in range(columns)]
        np.testing.assert_allclose(means, expected, rtol=1e-5, atol=1e-6)
