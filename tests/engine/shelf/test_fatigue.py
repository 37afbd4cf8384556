"""Fatigue: worked examples of what steps back, and for how long."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.engine.shelf.fatigue import NOTHING_SHOWN, Shown, may_tire, stepped_back, tired
from aisle.engine.shelf.filters import Drop, RequestContext
from aisle.engine.shelf.reranking import rerank
from aisle.shop.moments import DAY, HOUR, MINUTE
from tests.engine.products import bound, falling, known, numbers

NOW = 1_000 * DAY
NOBODY = (np.zeros(0, np.int32), np.zeros(0, np.int64))


def shown(*ages: int, item: int = 5) -> Shown:
    return Shown(np.full(len(ages), item, np.int32), NOW - np.array(ages, np.int64))


def backs(of: Shown, touched_ago: int | None = None, half_life: float = 7) -> list[int]:
    item, moment = NOBODY if touched_ago is None else (np.array([5], np.int32), np.array([NOW - touched_ago]))
    back: list[int] = tired(of, item, moment, NOW, 3, half_life).tolist()
    return back


def test_three_visits_in_vain() -> None:
    assert backs(shown(1 * DAY, 2 * DAY, 3 * DAY)) == [5]


def test_two_visits_are_not_enough() -> None:
    assert backs(shown(1 * DAY, 2 * DAY)) == []


def test_shelves_of_one_visit_count_once() -> None:
    assert backs(shown(HOUR, HOUR + 10 * MINUTE, HOUR + 20 * MINUTE, HOUR + 45 * MINUTE)) == []
    assert backs(shown(HOUR, 2 * HOUR, 3 * HOUR)) == [5]


@pytest.mark.parametrize(
    ("ages", "may"),
    [
        ([], False),
        ([1 * HOUR, 2 * HOUR], False),
        ([3 * HOUR, 1 * HOUR, 2 * HOUR], True),
        ([0, 10 * MINUTE, 20 * MINUTE], False),
        ([0, 30 * MINUTE, 60 * MINUTE], False),
        ([20 * MINUTE * number for number in range(5)], True),
    ],
)
def test_shelves_of_too_few_visits_tire_nobody(ages: list[int], may: bool) -> None:
    assert may_tire([NOW - age for age in ages], 3) is may


@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=9),
    st.integers(1, 4),
)
def test_whoever_is_tired_may_be(shows: list[tuple[int, bool]], visits: int) -> None:
    of = shown(*(number * 20 * MINUTE for number, was_shown in shows if was_shown))
    if len(tired(of, *NOBODY, NOW, visits, 7.0)):
        assert may_tire([NOW - number * 20 * MINUTE for number, _ in shows], visits)


def test_who_touches_an_item_is_interested() -> None:
    visits = shown(1 * DAY, 2 * DAY, 3 * DAY)
    assert backs(visits, touched_ago=HOUR) == []
    assert backs(visits, touched_ago=1 * DAY) == [], "a click in the moment of the shelf is one on it"
    assert backs(visits, touched_ago=4 * DAY) == [5], "what was touched before it was shown says nothing of the shelf"


@pytest.mark.parametrize(("days", "still"), [(6.9, True), (7.1, False)])
def test_it_comes_back_after_a_half_life(days: float, still: bool) -> None:
    # Three visits at once count 3 · 2^(-days / 7), and step back down to 3 / 2.
    at = int(days * DAY)
    assert bool(backs(shown(at, at + HOUR, at + 2 * HOUR), half_life=7 + 0.05)) is still


def test_a_shorter_half_life_brings_it_back_sooner() -> None:
    assert backs(shown(2 * DAY, 3 * DAY, 4 * DAY), half_life=1) == []


def test_each_item_by_itself() -> None:
    both = Shown(
        np.array([5, 5, 5, 9, 9], np.int32), NOW - np.array([1 * DAY, 2 * DAY, 3 * DAY, 1 * DAY, 2 * DAY], np.int64)
    )
    assert backs(both) == [5]


def test_nothing_was_shown() -> None:
    assert backs(NOTHING_SHOWN) == []


def test_what_is_still_to_come_was_not_shown() -> None:
    assert backs(shown(-1 * DAY, 2 * DAY, 3 * DAY)) == []


def test_the_order_of_the_others_stays() -> None:
    order = np.array([3, 1, 0, 2], np.intp)
    assert stepped_back(order, np.array([False, True, False, True])).tolist() == [0, 2, 3, 1]


class TestOnAShelf:
    items = numbers(6)

    def placed(self, tired: list[int], n: int, **rules: Any) -> tuple[list[int], list[int]]:
        context = RequestContext(tired=np.array(tired, np.int32))
        places, drops = rerank(self.items, falling(6), known(*[None] * 6), bound(**rules), n, context)
        return self.items[places].tolist(), np.flatnonzero(drops == Drop.FATIGUE).tolist()

    def test_others_take_the_place(self) -> None:
        assert self.placed([0, 2], 4) == ([1, 3, 4, 5], [0, 2])

    def test_without_others_it_stands_last(self) -> None:
        assert self.placed([0, 2], 6) == ([1, 3, 4, 5, 0, 2], [])
        assert self.placed([0, 2], 5) == ([1, 3, 4, 5, 0], [])

    def test_a_pin_stays(self) -> None:
        assert self.placed([0, 2], 4, pins=["2"]) == ([2, 1, 3, 4], [0])
