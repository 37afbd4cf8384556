import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.kernels.similarities import positive_similarities
from aisle.kernels.similarities_numpy import COSINE, MSD, PEARSON, Measure, similar_to


def sparse(dense: NDArray[np.floating]) -> CSR:
    rows, columns = dense.nonzero()
    indptr = np.append(0, np.cumsum(np.bincount(rows, minlength=len(dense))))
    return CSR(indptr, columns.astype(np.int32), dense[rows, columns].astype(np.float32))


def dense_of(similar: CSR, others: int) -> NDArray[np.float32]:
    dense = np.zeros((len(similar.counts), others), np.float32)
    dense[similar.rows, similar.indices] = similar.values
    return dense


@given(
    rows=st.integers(0, 12),
    others=st.integers(1, 40),
    columns=st.integers(1, 8),
    formula=st.sampled_from([COSINE, MSD, PEARSON]),
    min_support=st.integers(1, 4),
    shrinkage=st.sampled_from([0.0, 20.0]),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=80, deadline=None)
def test_kernel_and_twin_agree(
    rows: int, others: int, columns: int, formula: int, min_support: int, shrinkage: float, seed: int
) -> None:
    draw = np.random.default_rng(seed)
    own = draw.integers(-5, 6, (rows, columns)) * (draw.random((rows, columns)) < 0.6)
    met = sparse(draw.integers(-5, 6, (others, columns)) * 1.0).transposed(columns)
    measure = Measure(formula, min_support, shrinkage)
    similar = positive_similarities(sparse(own * 1.0), met, others, measure)
    assert (similar.values > 0).all()
    for row, similarities in enumerate(dense_of(similar, others)):
        there = np.flatnonzero(own[row]).astype(np.int32)
        expected = similar_to(there, own[row, there].astype(np.float32), met, others, measure)
        np.testing.assert_allclose(similarities, np.maximum(expected, 0), rtol=1e-5, atol=1e-6)


OWN, OTHER = np.array([4.0, 2.0, 5.0, 0.0]), np.array([5.0, 1.0, 4.0, 3.0])


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (Measure(COSINE, 1, 0), 42 / np.sqrt(45 * 42)),
        (Measure(MSD, 1, 0), 1 / (1 + 3 / 3)),
        (Measure(PEARSON, 1, 0), (3 * 42 - 11 * 10) / np.sqrt((3 * 45 - 121) * (3 * 42 - 100))),
        (Measure(COSINE, 2, 100), 42 / np.sqrt(45 * 42) * 2 / 102),
        (Measure(MSD, 4, 0), 0),
    ],
)
def test_known_similarities(measure: Measure, expected: float) -> None:
    rows = sparse(np.array([OWN, OTHER]))
    columns = rows.transposed(4)
    assert similar_to(*rows.take(np.array([0]))[1:], columns, 2, measure)[1] == pytest.approx(expected, rel=1e-6)
    assert dense_of(positive_similarities(rows, columns, 2, measure), 2)[0, 1] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("formula", [COSINE, MSD, PEARSON])
def test_nothing_in_common_and_nothing_to_divide_by_is_not_similar(formula: int) -> None:
    rows = sparse(np.array([[3.0, 3.0, 0.0], [0.0, 0.0, 2.0], [4.0, 4.0, 0.0]]))
    similar = dense_of(positive_similarities(rows, rows.transposed(3), 3, Measure(formula, 1, 0)), 3)
    assert similar[0, 1] == 0
    assert (similar[0, 2] == 0) == (formula == PEARSON)


def test_among_themselves_each_is_most_similar_to_itself() -> None:
    rows = sparse(np.array([[3.0, 3.0], [1.0, 0.0], [0.0, 0.0]]))
    similar = positive_similarities(rows, rows.transposed(2), 3, Measure(PEARSON, 2, 0), among_themselves=True)
    np.testing.assert_array_equal(dense_of(similar, 3), np.diag([1, 1, 0]))
