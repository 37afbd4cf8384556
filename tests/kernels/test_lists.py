from types import ModuleType

import numpy as np
import pytest

from aisle.kernels import lists, lists_numpy


@pytest.mark.parametrize("module", [lists, lists_numpy])
def test_what_is_not_on_the_list_has_another_score(module: ModuleType) -> None:
    among, scores = np.array([4, 1, 7], np.int32), np.array([0.5, -2, np.nan], np.float32)
    for otherwise in (0.0, np.nan):  # twice: nothing of the first list stays behind
        found = module.look_up(among, scores, otherwise, np.array([1, 0, 4, 4, 7, 9], np.int32), 10)
        np.testing.assert_array_equal(found, [-2, otherwise, 0.5, 0.5, np.nan, otherwise])
    assert module.look_up(among[:0], scores[:0], 1.0, among, 10).tolist() == [1, 1, 1]
