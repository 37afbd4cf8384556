import numpy as np

from aisle.kernels.csr import CSR

ROWS = CSR(np.array([0, 2, 2, 5]), np.array([3, 1, 0, 1, 3], np.int32), np.array([1, 2, 3, 4, 5], np.float32))


def test_every_entry_has_its_row() -> None:
    assert ROWS.counts.tolist() == [2, 0, 3]
    assert ROWS.rows.tolist() == [0, 0, 2, 2, 2]


def test_rows_are_taken_in_the_order_given() -> None:
    taken = ROWS.take(np.array([2, 1, 0]))
    assert taken.indptr.tolist() == [0, 3, 3, 5]
    assert taken.indices.tolist() == [0, 1, 3, 3, 1]
    assert taken.values.tolist() == [3, 4, 5, 1, 2]


def test_the_transpose_holds_the_rows_of_each_column_in_order() -> None:
    columns = ROWS.transposed(5)
    assert columns.indptr.tolist() == [0, 1, 3, 3, 5, 5]
    assert columns.indices.tolist() == [2, 0, 2, 0, 2]
    assert columns.values.tolist() == [3, 2, 4, 1, 5]
    assert columns.indices.dtype == np.int32
