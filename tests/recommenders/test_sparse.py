import numpy as np
import pytest
from scipy.sparse import csr_array

from aisle.kernels.csr import CSR
from aisle.recommenders.sparse import answered, entries_of, liked_rows, scaled, table_arrays, table_of, training_rows
from aisle.shop.errors import InputError, NotEnoughData
from tests.recommenders.battery import ask

TABLE = CSR(np.array([0, 2, 2, 4]), np.array([0, 2, 1, 2], np.int32), np.array([1, -2, 3, 4], np.float32))


def dense(table: CSR, columns: int = 3) -> list[list[float]]:
    rows: list[list[float]] = (
        csr_array((table.values, table.indices, table.indptr), shape=(len(table.counts), columns)).toarray().tolist()
    )
    return rows


def test_training_data_is_read_as_it_is() -> None:
    matrix = csr_array(np.array([[0, 2], [3, 0]], np.float32))
    rows = training_rows(matrix)
    assert dense(rows, 2) == [[0, 2], [3, 0]]
    assert rows.values is matrix.data


def test_training_data_without_a_pair_is_not_enough() -> None:
    with pytest.raises(NotEnoughData, match="nobody likes anything in these events; import"):
        training_rows(csr_array(np.zeros((2, 2), np.float32)))


@pytest.mark.parametrize("weight", [np.nan, np.inf])
def test_a_weight_that_is_no_finite_number_is_refused(weight: float) -> None:
    with pytest.raises(InputError, match="a weight is not a finite number"):
        training_rows(csr_array(np.array([[1, weight]], np.float32)))


def test_liked_entries_are_those_above_0() -> None:
    assert dense(liked_rows(TABLE)) == [[1, 0, 0], [0, 0, 0], [0, 3, 4]]


def test_entries_are_scaled_by_row_and_by_column() -> None:
    by_row, by_column = np.array([2, 1, 10], np.float32), np.array([1, 2, 3], np.float32)
    assert dense(scaled(TABLE, by_row, by_column)) == [[2, 0, -12], [0, 0, 0], [0, 60, 120]]


def test_histories_without_a_liked_item_have_no_scores() -> None:
    scores = answered(np.ones((2, 3), np.float32), ask({0: 1.0}, {1: -1.0}), np.array([2], np.int32))
    np.testing.assert_array_equal(scores, [[1], [np.nan]])


def test_a_column_is_read_in_some_rows() -> None:
    assert entries_of(TABLE, np.array([2, 1, 0], np.int32), 2).tolist() == [4, 0, -2]


def test_tables_come_back_from_their_arrays() -> None:
    stored = table_arrays("", TABLE) | table_arrays("other_", TABLE.take(np.array([2])))
    assert list(stored) == ["indptr", "indices", "values", "other_indptr", "other_indices", "other_values"]
    assert dense(table_of("", stored)) == dense(TABLE)
    assert dense(table_of("other_", stored)) == [[0, 3, 4]]
