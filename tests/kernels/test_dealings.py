from collections.abc import Callable
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.kernels import dealings, dealings_numpy
from aisle.kernels.dealings_numpy import BOUGHT, HIDDEN, OWNED, RATED, REFUNDED, SEEN, UNHIDDEN, VIEWED, Dealings, Deeds

BOTH = pytest.mark.parametrize("deal", [dealings.dealings, dealings_numpy.dealings])
Deal = Callable[[Deeds, float], Dealings]
Event = tuple[int, int, float]

SORTS = (0, VIEWED | SEEN, SEEN, OWNED | BOUGHT, REFUNDED, OWNED | RATED, HIDDEN, UNHIDDEN)
ratings = st.sampled_from((1.0, 1.5, 4.0, float("nan")))
owners = st.lists(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(SORTS), ratings), max_size=15), max_size=4)


def events_of(owners: list[list[Event]]) -> Deeds:
    events = [event for owner in owners for event in owner]
    return Deeds(
        np.array([0, *accumulate(map(len, owners))]),
        np.array([item for item, *_ in events], np.int32),
        np.array([deeds for _, deeds, _ in events], np.int16),
        np.array([rating for *_, rating in events], np.float32),
        np.arange(100, 100 + len(events)),
    )


def lists_of(found: Dealings, indptr: np.ndarray) -> list[list[list[int]]]:
    """Return the filled part of each list of each owner, the moments last."""
    columns = [*found.items, *found.moments]
    return [
        [column[first : first + counts[of]].tolist() for column, of in zip(columns, (0, 1, 2, 3, 4, 2, 3), strict=True)]
        for first, counts in zip(indptr.tolist(), found.counts.tolist(), strict=False)
    ]


@given(owners)
@settings(max_examples=300, deadline=None)
def test_kernel_and_twin_agree(owners: list[list[Event]]) -> None:
    events = events_of(owners)
    compiled, twin = dealings.dealings(events, 1.4), dealings_numpy.dealings(events, 1.4)
    assert lists_of(compiled, events.indptr) == lists_of(twin, events.indptr)


@BOTH
def test_each_item_is_listed_once_and_newest_first(deal: Deal) -> None:
    events = events_of(
        [[(3, VIEWED | SEEN, 0), (1, OWNED | BOUGHT, 0), (2, SEEN, 0), (3, VIEWED | SEEN, 0), (1, SEEN, 0)]]
    )
    (found,) = lists_of(deal(events, 1.0), events.indptr)
    assert found == [[3], [3, 2], [1], [1], [], [101], [101]]


@BOTH
def test_owners_do_not_mix(deal: Deal) -> None:
    events = events_of([[(1, HIDDEN, 0)], [], [(1, VIEWED, 0)]])
    first, second, third = lists_of(deal(events, 1.0), events.indptr)
    assert (first[4], second[4], third[4]) == ([1], [], [])
    assert (first[0], third[0]) == ([], [1])


@BOTH
def test_no_owner(deal: Deal) -> None:
    assert deal(events_of([]), 1.0).counts.shape == (0, 5)
