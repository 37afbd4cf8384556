"""What an item is expected to bring: learnt from other shoppers, by position and item."""

import numpy as np
import pytest

from aisle.experiments.reward_model import expected_rewards

SIZE = 40_000


def test_learns_positions_and_items() -> None:
    draw = np.random.default_rng(0)
    position, item, shopper = np.arange(SIZE) % 2, draw.integers(0, 3, SIZE), np.arange(SIZE) // 2
    truth = np.array([0.4, 0.2])[position] * np.array([1.5, 1.0, 0.5])[item]
    reward = (draw.random(SIZE) < truth).astype(np.float64)
    expected, of_target = expected_rewards(item, position, reward, shopper, np.zeros(SIZE, np.int64))
    np.testing.assert_allclose(expected, truth, atol=0.02)
    np.testing.assert_allclose(of_target, np.array([0.6, 0.3])[position], atol=0.02)


def test_no_reward_explains_itself() -> None:
    # Only the second shopper clicks; the model of a shopper knows the other one alone.
    nothing = np.zeros(2, np.int64)
    expected, _ = expected_rewards(nothing, nothing, np.array([0.0, 1.0]), np.arange(2), nothing)
    assert expected[0] > expected[1]


def test_a_place_that_stays_empty_brings_nothing() -> None:
    one = np.zeros(10, np.int64)
    _, of_target = expected_rewards(one, one, np.ones(10), np.arange(10), np.full(10, -1))
    assert of_target.tolist() == [0.0] * 10


@pytest.mark.parametrize("reward", [0.0, 1.0])
def test_rewards_that_are_all_alike(reward: float) -> None:
    one = np.zeros(10, np.int64)
    expected, _ = expected_rewards(one, one, np.full(10, reward), np.arange(10), one)
    np.testing.assert_allclose(expected, reward)
