from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.kernels import standing, standing_numpy
from aisle.kernels.standing_numpy import BEYOND, DOUBLE, SAME_GROUP, STANDS, first_of_each

NONE = np.zeros(0, np.int32)
BOTH = pytest.mark.parametrize("stand", [standing.standing, standing_numpy.standing])
Stand = Callable[..., np.ndarray]

numbers = st.lists(st.integers(0, 12), max_size=30).map(lambda of: np.array(of, np.int32))
few = st.integers(0, 4)


@given(items=numbers, bounded=st.tuples(numbers, numbers), most=st.tuples(few, few), data=st.data())
@settings(max_examples=200, deadline=None)
def test_kernel_and_twin_agree(
    items: np.ndarray, bounded: tuple[np.ndarray, np.ndarray], most: tuple[int, int], data: st.DataObject
) -> None:
    of_item = np.array(data.draw(st.lists(st.integers(-1, 4), min_size=13, max_size=13)), np.int32)
    groups = data.draw(st.sampled_from((of_item[items], NONE)))
    front = items[:3].tolist()
    fixed = data.draw(st.integers(0, len(front))) if len(set(front)) == len(front) else 0
    arguments = items, groups, bounded, most, fixed
    np.testing.assert_array_equal(standing.standing(*arguments), standing_numpy.standing(*arguments))


@BOTH
def test_an_item_and_a_group_stand_once(stand: Stand) -> None:
    items, groups = np.array([5, 3, 5, 8, 2], np.int32), np.array([0, -1, 0, 0, -1], np.int32)
    codes = stand(items, groups, (NONE, NONE), (0, 0), 0)
    assert codes.tolist() == [STANDS, STANDS, DOUBLE, SAME_GROUP, STANDS]


@BOTH
def test_bounded_items_have_few_places(stand: Stand) -> None:
    items = np.array([1, 2, 3, 4, 5], np.int32)
    bounded = np.array([2, 1, 3], np.int32), np.array([5, 3, 4], np.int32)
    codes = stand(items, NONE, bounded, (2, 1), 0)
    # The third of the first set does not count among the second.
    assert codes.tolist() == [STANDS, STANDS, BEYOND[0], STANDS, BEYOND[1]]


@BOTH
def test_fixed_candidates_stand_and_count(stand: Stand) -> None:
    items, groups = np.array([1, 2, 3], np.int32), np.array([0, 0, 0], np.int32)
    assert stand(items, groups, (items, NONE), (1, 0), 2).tolist() == [STANDS, STANDS, SAME_GROUP]
    assert stand(items, NONE, (items, NONE), (1, 0), 2).tolist() == [STANDS, STANDS, BEYOND[0]]


@BOTH
def test_no_candidates(stand: Stand) -> None:
    assert stand(NONE, NONE, (NONE, NONE), (0, 0), 0).tolist() == []


def test_unknown_codes_are_all_first() -> None:
    assert first_of_each(np.array([7, -1, 5, 7, -1], np.int32)).tolist() == [True, True, True, False, True]
