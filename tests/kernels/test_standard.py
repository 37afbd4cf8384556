from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.kernels import standard, standard_numpy

BOTH = pytest.mark.parametrize("module", [standard, standard_numpy])


@given(rows=st.integers(0, 40), columns=st.integers(1, 30), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_kernel_and_twin_agree_with_the_formula(rows: int, columns: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    scores = draw.normal(3, 2, (rows, columns)).astype(np.float32)
    scores[draw.random((rows, columns)) < 0.3] = np.nan
    before = draw.random((rows, columns), np.float32)
    for module in (standard, standard_numpy):
        total = before.copy()
        scored = module.add_standardised(total, scores, 0.7)
        for row, own in enumerate(scores.astype(np.float64)):
            there = ~np.isnan(own)
            assert scored[row] == there.any()
            np.testing.assert_array_equal(total[row, ~there], before[row, ~there])
            if there.sum() > 1:
                values = own[there]
                expected = before[row, there] + 0.7 * (values - values.mean()) / values.std()
                np.testing.assert_allclose(total[row, there], expected, rtol=1e-4, atol=1e-4)


@BOTH
def test_equal_scores_add_nothing(module: ModuleType) -> None:
    total = np.ones((2, 3), np.float32)
    assert module.add_standardised(total, np.full((2, 3), 0.5, np.float32), 1.0).tolist() == [True, True]
    np.testing.assert_array_equal(total, 1)


@BOTH
def test_the_caller_keeps_the_scores(module: ModuleType) -> None:
    scores = np.arange(6, dtype=np.float32).reshape(2, 3)
    scores.flags.writeable = False
    total = np.zeros((2, 3), np.float32)
    module.add_standardised(total, scores, 2.0)
    np.testing.assert_allclose(total, 2 * np.array([[-1, 0, 1]] * 2) * np.sqrt(1.5), rtol=1e-6)
