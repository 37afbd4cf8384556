from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array, random_array

from aisle.kernels import products, products_numpy
from aisle.kernels.csr import CSR
from aisle.kernels.products_numpy import Denominator

BOTH = pytest.mark.parametrize("module", [products, products_numpy])


def rows_of(matrix: csr_array) -> CSR:
    return CSR(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.data.astype(np.float32))


def random_rows(rows: int, columns: int, seed: int, lowest: int = 1) -> csr_array:
    """Make small whole numbers: many ties, and sums that no order changes."""
    draw = np.random.default_rng(seed)
    weights = draw.integers(lowest, 4, (rows, columns)) * (draw.random((rows, columns)) < 0.3)
    return csr_array(weights.astype(np.float32))


def dense(rows: CSR, columns: int) -> NDArray[np.float32]:
    shape = (len(rows.indptr) - 1, columns)
    return np.asarray(csr_array((rows.values, rows.indices, rows.indptr), shape=shape).toarray())


def pruned(similarities: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Keep the k largest of each row by sorting everything; of equal ones, those that come first."""
    kept = np.zeros_like(similarities)
    for row, values in enumerate(similarities):
        best = np.argsort(-values, kind="stable")[:k]
        kept[row, best] = np.maximum(values[best], 0)
    return kept


@given(
    shape=st.tuples(st.integers(1, 30), st.integers(1, 20), st.integers(1, 40)),
    k=st.integers(1, 50),
    shrinkage=st.sampled_from([0.0, 1.0]),
    union=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_kernel_and_twin_keep_what_a_full_sort_keeps(
    shape: tuple[int, int, int], k: int, shrinkage: float, union: bool, seed: int
) -> None:
    left, right = random_rows(shape[0], shape[1], seed), random_rows(shape[1], shape[2], seed + 1)
    draw = np.random.default_rng(seed)
    # Powers of two and sizes beyond any inner product: the quotients of ties are equal to the last bit.
    of_left, of_right = ((2.0 ** draw.integers(10, 12, size)).astype(np.float32) for size in (shape[0], shape[2]))
    dots = (left @ right).toarray().astype(np.float32)
    weight = np.add.outer(of_left, of_right) - dots if union else np.outer(of_left, of_right)
    expected = pruned(dots / (weight + np.float32(shrinkage)), k)
    for module in (products, products_numpy):
        similarities = module.top_products(
            rows_of(left), rows_of(right), Denominator(of_left, of_right, shrinkage, union), k
        )
        np.testing.assert_allclose(dense(similarities, shape[2]), expected, rtol=1e-6)


@BOTH
def test_of_many_equal_ones_the_first_are_kept(module: ModuleType) -> None:
    right = CSR(np.array([0, 1000]), np.arange(999, -1, -1, dtype=np.int32), np.ones(1000, np.float32))
    left = CSR(np.array([0, 1]), np.zeros(1, np.int32), np.ones(1, np.float32))
    similarities = module.top_products(
        left, right, Denominator(np.ones(1, np.float32), np.ones(1000, np.float32), 0, False), 300
    )
    assert sorted(similarities.indices.tolist()) == list(range(300))


@BOTH
def test_what_is_not_alike_is_left_out(module: ModuleType) -> None:
    left = rows_of(csr_array(np.array([[1.0, -1.0], [0.0, 0.0]])))
    right = rows_of(csr_array(np.array([[1.0, 0.0, 2.0, 1.0], [1.0, 3.0, 0.0, 0.5]])))
    denominator = Denominator(np.ones(2, np.float32), np.ones(4, np.float32), 0.0, False)
    similarities = module.top_products(left, right, denominator, 9)
    np.testing.assert_array_equal(dense(similarities, 4), [[0, 0, 2, 0.5], [0, 0, 0, 0]])
    assert similarities.counts.tolist() == [2, 0]


@given(rows=st.integers(0, 30), inner=st.integers(1, 20), columns=st.integers(1, 40), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_products_are_those_of_scipy(rows: int, inner: int, columns: int, seed: int) -> None:
    left, right = random_rows(max(rows, 1), inner, seed, lowest=-3)[:rows], random_rows(inner, columns, seed + 1)
    expected = (left @ right).toarray()
    for module in (products, products_numpy):
        np.testing.assert_array_equal(module.products(rows_of(left), rows_of(right), columns), expected)
        full = np.ascontiguousarray(right.toarray(), np.float32)
        np.testing.assert_array_equal(module.dense_products(rows_of(left), full), expected)


@pytest.mark.parametrize("threads", [1, 3])
def test_the_number_of_threads_changes_nothing(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(0)
    left = rows_of(csr_array(random_array((3000, 400), density=0.05, rng=draw)))
    right = rows_of(csr_array(random_array((400, 2000), density=0.05, rng=draw)))
    denominator = Denominator(np.ones(3000, np.float32), np.ones(2000, np.float32), 0.0, False)
    expected = products.top_products(left, right, denominator, 20)
    monkeypatch.setattr("aisle.kernels.threads.threads", threads)
    for similarities, before in zip(products.top_products(left, right, denominator, 20), expected, strict=True):
        np.testing.assert_array_equal(similarities, before)


@pytest.mark.parametrize("seed", range(5))
def test_a_single_row_says_which_columns_it_reaches(seed: int) -> None:
    left, right = random_rows(1, 20, seed, lowest=-3), random_rows(20, 40, seed + 1)
    expected = (left @ right).toarray()
    for module in (products, products_numpy):
        reached, values = module.reach(rows_of(left), rows_of(right), 40)
        np.testing.assert_array_equal(values, expected[0, reached])
        assert sorted(reached.tolist()) == np.flatnonzero((abs(left) @ right).toarray()[0]).tolist()


def test_an_empty_row_reaches_nothing() -> None:
    empty, right = csr_array(np.zeros((1, 20), np.float32)), random_rows(20, 40, 0)
    for module in (products, products_numpy):
        reached, values = module.reach(rows_of(empty), rows_of(right), 40)
        assert len(reached) == len(values) == 0
