import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.kernels import trees, trees_numpy
from aisle.kernels.trees_numpy import Forest

# x0 ≤ 1: (x1 ≤ 0: 1, else 2, NaN goes left), else 4, NaN goes right; and a tree that is one leaf.
FOREST = Forest(
    roots=np.array([0, 5], np.int32),
    feature=np.array([0, 1, -1, -1, -1, -1], np.int32),
    threshold=np.array([1, 0, 0, 0, 0, 0], np.float32),
    missing_left=np.array([False, True, False, False, False, False]),
    left=np.array([1, 2, 2, 3, 4, 5], np.int32),
    right=np.array([4, 3, 2, 3, 4, 5], np.int32),
    value=np.array([0, 0, 1, 2, 4, 0.5]),
)
ROWS = np.array([[1, 0], [0, 1], [2, 0], [np.nan, 0], [0, np.nan]], np.float32)


@pytest.mark.parametrize("walk", [trees.scores, trees_numpy.scores])
def test_a_row_gets_the_sum_of_its_leaves(walk: object) -> None:
    assert callable(walk)
    assert walk(FOREST, ROWS).tolist() == [1.5, 2.5, 4.5, 4.5, 1.5]


@pytest.mark.parametrize("walk", [trees.scores, trees_numpy.scores])
def test_no_rows_no_scores(walk: object) -> None:
    assert callable(walk)
    assert walk(FOREST, ROWS[:0]).shape == (0,)


@given(st.lists(st.tuples(*[st.floats(-3, 3, width=32) | st.just(float("nan"))] * 2), max_size=40))
def test_the_kernel_walks_as_its_twin(rows: list[tuple[float, float]]) -> None:
    features = np.array(rows, np.float32).reshape(len(rows), 2)
    np.testing.assert_array_equal(trees.scores(FOREST, features), trees_numpy.scores(FOREST, features))
