from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.engine.shelf.long_tail import attention, exposure, in_tail, long_tail_cost, promoted
from aisle.recommenders.query import ItemLists, Ranked

tails = st.lists(st.booleans(), min_size=1, max_size=60).map(lambda flags: np.array(flags, np.bool_))
shares = st.floats(0, 1)


def test_the_head_has_half_of_all_events() -> None:
    assert in_tail(np.array([1, 50, 9, 30, 10])).tolist() == [True, False, True, True, True]
    assert in_tail(np.array([30, 30, 30, 10])).tolist() == [False, False, True, True]


def test_without_events_every_item_is_in_the_tail() -> None:
    assert in_tail(np.zeros(3, np.int64)).tolist() == [True, True, True]


def test_attention_is_that_of_ndcg() -> None:
    np.testing.assert_allclose(attention(3), [1, 1 / np.log2(3), 0.5])


def test_exposure_is_the_share_of_attention() -> None:
    of_places = attention(3)
    assert exposure(np.array([False, True, False, True]), 3) == pytest.approx(of_places[1] / of_places.sum())
    assert np.isnan(exposure(np.zeros(0, np.bool_), 3))


@given(tails, st.integers(1, 30), shares)
def test_the_tail_gets_its_share_or_the_most_that_it_can_have(tail: np.ndarray, n: int, share: float) -> None:
    order = promoted(tail, n, share)
    assert sorted(order.tolist()) == list(range(len(tail)))
    highest = exposure(np.sort(tail)[::-1], n)
    assert exposure(tail[order], n) >= min(share, highest) - 1e-9


@given(tails, st.integers(1, 30), shares)
def test_head_and_tail_each_keep_their_order(tail: np.ndarray, n: int, share: float) -> None:
    order = promoted(tail, n, share)
    assert (np.diff(order[tail[order]]) > 0).all()
    assert (np.diff(order[~tail[order]]) > 0).all()


@given(tails, st.integers(1, 30), shares, st.integers(0, 5))
def test_fixed_candidates_keep_their_places(tail: np.ndarray, n: int, share: float, fixed: int) -> None:
    fixed = min(fixed, len(tail))
    assert promoted(tail, n, share, fixed)[:fixed].tolist() == list(range(fixed))


@given(st.lists(st.booleans(), min_size=1, max_size=6), st.integers(1, 6), shares)
def test_no_order_with_as_much_exposure_has_a_higher_value(flags: list[bool], n: int, share: float) -> None:
    tail = np.array(flags, np.bool_)
    of_places, relevance = attention(min(n, len(tail))), attention(len(tail))

    def value(order: np.ndarray) -> float:
        return float(of_places @ relevance[order[: len(of_places)]])

    best = promoted(tail, n, share)
    reached = exposure(tail[best], n)
    others = [np.array(order) for order in permutations(range(len(tail)))]
    assert value(best) >= max(value(order) for order in others if exposure(tail[order], n) >= reached) - 1e-6


def test_a_share_that_the_ranker_gives_anyway_changes_nothing() -> None:
    tail = np.array([False, True, False, True])
    assert promoted(tail, 4, exposure(tail, 4)).tolist() == [0, 1, 2, 3]
    assert promoted(tail, 4, 0.0).tolist() == [0, 1, 2, 3]


def test_without_a_tail_the_order_stays() -> None:
    assert promoted(np.zeros(3, np.bool_), 3, 0.5).tolist() == [0, 1, 2]
    assert promoted(np.zeros(0, np.bool_), 3, 0.5).tolist() == []


def test_the_first_of_the_tail_enters_the_shelf() -> None:
    assert promoted(np.array([False, False, False, True]), 3, 0.1)[:3].tolist() == [0, 1, 3]


def test_the_cost_of_a_share_is_lost_ndcg() -> None:
    ranked = Ranked(np.array([[0, 1, 2, 3], [1, 0, 3, -1]], np.int32), np.zeros((2, 4), np.float32))
    truth = ItemLists(np.array([0, 1, 2]), np.array([0, 1], np.int32))
    none, all_places = long_tail_cost(ranked, truth, np.array([False, False, True, True]), 2, (0.0, 1.0))
    assert (none.share, none.exposure, none.ndcg, none.cost) == (0.0, 0.0, 1.0, 0.0)
    assert all_places.exposure == pytest.approx((1 + exposure(np.array([True, False]), 2)) / 2)
    assert all_places.ndcg == pytest.approx((0 + 1 / np.log2(3)) / 2)
    assert all_places.cost == pytest.approx(1 - all_places.ndcg)


def test_a_share_can_raise_ndcg() -> None:
    ranked = Ranked(np.array([[0, 1, 2]], np.int32), np.zeros((1, 3), np.float32))
    truth = ItemLists(np.array([0, 1]), np.array([2], np.int32))
    (cost,) = long_tail_cost(ranked, truth, np.array([False, False, True]), 1, (0.5,))
    assert (cost.ndcg, cost.cost) == (1.0, -1.0)


def test_without_a_ground_truth_the_cost_is_unknown() -> None:
    ranked = Ranked(np.array([[0, -1]], np.int32), np.zeros((1, 2), np.float32))
    nothing = ItemLists(np.zeros(2, np.int64), np.zeros(0, np.int32))
    costs = long_tail_cost(ranked, nothing, np.array([True]), 1)
    assert [cost.share for cost in costs] == [0.0, 0.1, 0.2, 0.3]
    assert all(np.isnan(cost.ndcg) and np.isnan(cost.cost) for cost in costs)
