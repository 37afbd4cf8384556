import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.kernels import union, union_numpy


@given(queries=st.integers(0, 5), items=st.integers(1, 30), sources=st.integers(1, 4), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_the_kernel_and_its_twin_agree(queries: int, items: int, sources: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    widths = draw.integers(1, items + 1, sources)
    quotas = draw.integers(1, 10, sources)
    proposals = np.stack(
        [
            np.concatenate([np.where(draw.random(w) < 0.8, draw.permutation(items)[:w], -1) for w in widths])
            for _ in range(queries)
        ]
        or [np.zeros(0, np.int64)]
    )[:queries].astype(np.int32)
    excluded_indptr = np.append(0, np.cumsum(draw.integers(0, 5, queries)))
    excluded = draw.integers(-1, items + 2, excluded_indptr[-1]).astype(np.int32)
    found = union.union(proposals, widths, quotas, excluded_indptr, excluded)
    expected = union_numpy.union(proposals, widths, quotas, excluded_indptr, excluded)
    for name in expected._fields:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


def test_what_is_excluded_leaves_its_place_to_the_next() -> None:
    proposals = np.array([[3, 1, 2, 1, -1]], np.int32)
    arguments = np.array([3, 2]), np.array([2, 2]), np.array([0, 1]), np.array([3], np.int32)
    for module in (union, union_numpy):
        indptr, items, ranks = module.union(proposals, *arguments)
        assert indptr.tolist() == [0, 2]
        assert items.tolist() == [1, 2]
        np.testing.assert_array_equal(ranks, [[1, 1], [2, np.nan]])
