import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.kernels.partners import partners
from aisle.kernels.partners_numpy import LIFT, LLR, SUM, Partners, Places, Value, partners_of

BASKETS = [[0, 1], [0, 1, 2], [0, 2], [0, 1], [3]]
"""Items 0 and 1 meet three times in five baskets, 0 and 2 twice, 1 and 2 once; 3 stands alone."""


def in_baskets(baskets: list[list[int]], owners: list[int] | None = None) -> Places:
    sizes = np.array([len(basket) for basket in baskets])
    ends = np.cumsum(sizes)
    owner = np.repeat(range(len(baskets)) if owners is None else owners, sizes)
    items = np.array([item for basket in baskets for item in basket])
    return Places(
        items.astype(np.int32), np.repeat(ends - sizes, sizes), np.repeat(ends, sizes), owner.astype(np.int32)
    )


def value_of(
    formula: int, places: Places, items: int, baskets: int, min_support: int = 1, repeats: bool = False
) -> Value:
    return Value(formula, np.ones(1), np.bincount(places.items, minlength=items), baskets, min_support, repeats)


def of(counted: Partners, item: int) -> dict[int, float]:
    row = counted.links.take(np.array([item]))
    return dict(zip(row.indices.tolist(), row.values.tolist(), strict=True))


def test_sums_count_how_often_items_meet_best_first() -> None:
    places = in_baskets(BASKETS)
    counted = partners(places, value_of(SUM, places, 4, 5), 9)
    assert of(counted, 0) == {1: 3, 2: 2}
    assert of(counted, 3) == {}
    assert counted.links.indices.tolist() == [1, 2, 0, 2, 0, 1]


def test_lift_compares_with_chance() -> None:
    places = in_baskets(BASKETS)
    counted = partners(places, value_of(LIFT, places, 4, 5), 9)
    assert of(counted, 0) == pytest.approx({1: 3 * 5 / (4 * 3), 2: 2 * 5 / (4 * 2)})
    assert of(counted, 1) == pytest.approx({0: 1.25, 2: 5 / 6})


def test_the_log_likelihood_ratio_leaves_out_what_meets_less_than_by_chance() -> None:
    places = in_baskets(BASKETS)
    counted = partners(places, value_of(LLR, places, 4, 5), 9)
    # The table of 0 and 1: three baskets with both, one with 0 alone, none with 1 alone, one with neither.
    expected = 2 * (3 * math.log(3 * 5 / (4 * 3)) + math.log(1 * 5 / (4 * 2)) + math.log(1 * 5 / (1 * 2)))
    assert of(counted, 0)[1] == pytest.approx(expected, rel=1e-6)
    assert 2 not in of(counted, 1)


def test_rare_pairs_have_no_value() -> None:
    places = in_baskets(BASKETS)
    assert of(partners(places, value_of(SUM, places, 4, 5, min_support=3), 9), 0) == {1: 3}


def test_an_owner_is_counted_once() -> None:
    counted = partners(places := in_baskets(BASKETS, [7, 7, 8, 9, 9]), value_of(SUM, places, 4, 5), 9)
    assert counted.times.tolist() == [3, 2, 3, 1, 2, 1]
    assert counted.owners.tolist() == [2, 2, 2, 1, 2, 1]


def test_of_equal_partners_the_first_are_kept() -> None:
    places = in_baskets([[3, 1, 2, 0]])
    assert of(partners(places, value_of(SUM, places, 4, 1), 2), 0) == {1: 1, 2: 1}


def test_a_distance_fades_and_its_own_item_counts_only_if_asked_for() -> None:
    items = np.array([0, 1, 0, 2], np.int32)
    places = Places(items, np.arange(1, 5), np.full(4, 4), np.zeros(4, np.int32))
    value = Value(SUM, np.array([1, 0.5]), np.zeros(3, np.int64), 0, 1, repeats=False)
    assert of(partners(places, value, 9), 0) == {1: 1, 2: 1.5}
    assert of(partners(places, value._replace(repeats=True), 9), 0) == {0: 0.5, 1: 1, 2: 1.5}


@given(
    seed=st.integers(0, 2**32 - 1),
    formula=st.sampled_from([SUM, LIFT, LLR]),
    k=st.integers(1, 12),
    min_support=st.integers(1, 3),
    min_owners=st.integers(1, 3),
    repeats=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_the_kernel_agrees_with_its_twin(
    seed: int, formula: int, k: int, min_support: int, min_owners: int, repeats: bool
) -> None:
    draw = np.random.default_rng(seed)
    baskets = [draw.permutation(10)[: draw.integers(0, 6)].tolist() for _ in range(draw.integers(1, 30))]
    places = in_baskets(baskets, draw.integers(0, 5, len(baskets)).tolist())
    value = value_of(formula, places, 10, len(baskets), min_support, repeats)
    value = value._replace(fading=np.array([1, 0.5, 0.25]), min_owners=min_owners)
    counted = partners(places, value, k)
    for item in range(10):
        best, values, times, owners = partners_of(item, places, value, k)
        row = slice(counted.links.indptr[item], counted.links.indptr[item + 1])
        np.testing.assert_allclose(counted.links.values[row], values, rtol=1e-5)
        if formula == SUM:
            np.testing.assert_array_equal(counted.links.indices[row], best)
            np.testing.assert_array_equal(counted.times[row], times)
            np.testing.assert_array_equal(counted.owners[row], owners)


def test_nothing_meets_nothing() -> None:
    places = in_baskets([[]])
    counted = partners(places, value_of(SUM, places, 3, 0), 2)
    assert counted.links.indptr.tolist() == [0, 0, 0, 0]
    assert len(counted.times) == len(counted.owners) == 0
