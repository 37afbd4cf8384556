"""Exploration: the chances are those with which it really happens."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from aisle.engine.shelf.exploration import EVEN, bounded, draw, most_drawn, thompson, trade

DRAWS = 40_000


class TestThompson:
    taken, looked = np.array([0.0, 3, 10, 0, 1]), np.array([0.0, 50, 20, 100, 3])

    def test_the_chance_is_how_often_an_item_may_be_the_best(self) -> None:
        """Against a simulation of the same beliefs, with the shop's rate 15 / 189 counting five times."""
        rate = 15 / 189
        yes, no = self.taken + 5 * rate, self.looked + 5 * (1 - rate)
        random = np.random.default_rng(0)
        believed = random.normal(np.log(yes / no), np.sqrt(1 / yes + 1 / no), (100_000, 5))
        best = np.bincount(believed.argmax(axis=1), minlength=5) / 100_000
        np.testing.assert_allclose(thompson(self.taken, self.looked), EVEN / 5 + (1 - EVEN) * best, atol=0.003)

    def test_an_unknown_item_is_tried_more_than_one_known_to_be_bad(self) -> None:
        chances = thompson(self.taken, self.looked)
        assert chances[0] > chances[3]

    def test_items_that_nobody_knows_are_alike(self) -> None:
        np.testing.assert_allclose(thompson(np.zeros(4), np.zeros(4)), 0.25)

    def test_one_item(self) -> None:
        assert thompson(np.ones(1), np.ones(1)).tolist() == [1.0]


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 100_000)), min_size=3, max_size=20),
    st.integers(1, 3),
)
def test_chances_sum_up_and_keep_their_bound(counts: list[tuple[int, int]], most: int) -> None:
    taken, looked = np.array(counts, np.float64).T
    chances = bounded(thompson(taken, looked), most)
    assert chances.sum() == pytest.approx(1)
    assert chances.max() <= 1 / most + 1e-9
    assert chances.min() > 0


@pytest.mark.parametrize(("share", "most"), [(0.1, 1), (0.15, 2), (0.2, 2), (0.3, 3)])
def test_every_item_stands_at_every_place_as_often_as_its_chance_says(share: float, most: int) -> None:
    chances = bounded(np.array([0.55, 0.25, 0.1, 0.06, 0.04]), most)
    assert most_drawn(share, 10) == most
    random, times = np.random.default_rng(1), np.zeros((10, 5))
    for _ in range(DRAWS):
        drawn = draw(chances, share, 10, random)
        assert len(set(drawn.chosen.tolist())) == len(drawn.chosen) == len(set(drawn.places.tolist()))
        times[drawn.places, drawn.chosen] += 1
    expected: NDArray[np.float64] = np.tile(share * chances, (10, 1))
    error = np.sqrt(expected * (1 - expected) / DRAWS)
    assert (np.abs(times / DRAWS - expected) < 5 * error).all()


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_places_trade_as_often_as_their_chance_says(share: float) -> None:
    random, times, chances = np.random.default_rng(1), np.zeros((5, 5)), np.zeros((5, 5))
    for _ in range(DRAWS):
        stands, likely = trade(share, 5, random)
        times[np.arange(5), stands] += 1
        chances[np.arange(5), stands] = likely
    assert chances.sum(axis=1) == pytest.approx(1)
    assert (np.abs(times / DRAWS - chances) < 5 * np.sqrt(chances * (1 - chances) / DRAWS)).all()


def test_one_place_has_nobody_to_trade_with() -> None:
    stands, likely = trade(0.3, 1, np.random.default_rng(0))
    assert (stands.tolist(), likely.tolist()) == ([0], [1.0])


def test_equal_seeds_draw_the_same() -> None:
    chances = np.full(8, 1 / 8)
    one, other = (draw(chances, 0.25, 8, np.random.default_rng(3)) for _ in range(2))
    assert [part.tolist() for part in one] == [part.tolist() for part in other]
