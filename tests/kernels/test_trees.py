from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from aisle.kernels import trees, trees_numpy
from aisle.kernels.trees_numpy import Forest
from aisle.recommenders.second_stage.ranker import flatten

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


def by_splits(forest: Forest, rows: NDArray[np.float32]) -> NDArray[np.float64]:
    return trees.scores(trees.splits(forest), rows)


WAYS = [by_splits, trees.scores, trees_numpy.scores]


@pytest.mark.parametrize("walk", WAYS)
def test_a_row_gets_the_sum_of_its_leaves(walk: object) -> None:
    assert callable(walk)
    assert walk(FOREST, ROWS).tolist() == [1.5, 2.5, 4.5, 4.5, 1.5]


@pytest.mark.parametrize("walk", WAYS)
def test_no_rows_no_scores(walk: object) -> None:
    assert callable(walk)
    assert walk(FOREST, ROWS[:0]).shape == (0,)


@given(st.lists(st.tuples(*[st.floats(-3, 3, width=32) | st.just(float("nan"))] * 2), max_size=40))
def test_the_kernel_walks_as_its_twin(rows: list[tuple[float, float]]) -> None:
    features = np.array(rows, np.float32).reshape(len(rows), 2)
    expected = trees_numpy.scores(FOREST, features)
    np.testing.assert_array_equal(trees.scores(FOREST, features), expected)
    np.testing.assert_array_equal(by_splits(FOREST, features), expected)


def grown(leaves: int, draw: np.random.Generator) -> Mapping[str, Any]:
    """Grow a tree of random shape, as LightGBM dumps it."""
    if leaves == 1:
        return {"leaf_value": float(draw.integers(-99, 99))}
    left = int(draw.integers(1, leaves))
    return {
        "split_feature": int(draw.integers(3)),
        "threshold": float(draw.integers(-2, 3)),
        "missing_type": "NaN",
        "default_left": bool(draw.integers(2)),
        "left_child": grown(left, draw),
        "right_child": grown(leaves - left, draw),
    }


@given(
    leaves=st.lists(st.integers(1, 32), min_size=1, max_size=6),
    rows=st.integers(0, 600),
    seed=st.integers(0, 2**32 - 1),
)
@settings(deadline=None)
def test_trees_of_any_shape_are_answered_by_their_splits(leaves: list[int], rows: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    forest = flatten([grown(of_tree, draw) for of_tree in leaves])
    features = draw.integers(-3, 4, (rows, 3)).astype(np.float32)
    features[draw.random(features.shape) < 0.2] = np.nan
    assert isinstance(trees.splits(forest), trees.Splits)
    np.testing.assert_array_equal(by_splits(forest, features), trees_numpy.scores(forest, features))


def test_a_tree_with_too_many_leaves_is_walked() -> None:
    forest = flatten([grown(33, np.random.default_rng(0))])
    assert trees.splits(forest) is forest
