import math

import numpy as np
import pytest
from numpy.typing import NDArray

from aisle.evaluation.stars import GivenStars, StarErrors
from aisle.recommenders.abilities import PredictsRatings


class SameForAll(PredictsRatings):
    """Predicts an item's stars, whoever asks."""

    def __init__(self, stars: list[float]) -> None:
        self._stars = np.array(stars, np.float32)

    @property
    def scale(self) -> tuple[float, float]:
        return 1.0, 5.0

    @property
    def users_count(self) -> int:
        return 100

    @property
    def items_count(self) -> int:
        return len(self._stars)

    def _predict(self, users: NDArray[np.integer], items: NDArray[np.integer]) -> NDArray[np.float32]:
        predicted: NDArray[np.float32] = self._stars[items]
        return predicted


def given(*ratings: tuple[int, int, float]) -> GivenStars:
    user, item, stars = zip(*ratings, strict=True) if ratings else ((), (), ())
    return GivenStars(np.array(user, np.int32), np.array(item, np.int32), np.array(stars, np.float32))


def test_errors_are_those_of_all_ratings_alike() -> None:
    errors = StarErrors.of(SameForAll([3, 5]), given((0, 0, 3), (0, 1, 4), (7, 0, 1)))

    assert errors is not None
    assert (errors.ratings, errors.shoppers) == (3, 2)
    assert errors.rmse.value == pytest.approx(math.sqrt((0 + 1 + 4) / 3))
    assert errors.mae.value == pytest.approx((0 + 1 + 2) / 3)


def test_intervals_draw_shoppers_with_all_their_ratings() -> None:
    # Whoever is drawn has errors of 0 or of 2 only, so that the interval reaches from one to the other.
    errors = StarErrors.of(SameForAll([3]), given(*[(0, 0, 3)] * 50, *[(1, 0, 5)] * 50))

    assert errors is not None
    assert (errors.mae.low, errors.mae.value, errors.mae.high) == (0, 1, 2)
    assert (errors.rmse.low, errors.rmse.high) == (0, 2)


def test_one_shopper_has_an_interval_without_width() -> None:
    errors = StarErrors.of(SameForAll([3]), given((0, 0, 4)))

    assert errors is not None
    assert errors.rmse.low == errors.rmse.value == errors.rmse.high == 1


def test_what_the_model_cannot_say_is_left_out() -> None:
    errors = StarErrors.of(SameForAll([3, np.nan]), given((0, 0, 4), (1, 1, 4)))

    assert errors is not None
    assert (errors.ratings, errors.shoppers, errors.mae.value) == (1, 1, 1)


@pytest.mark.parametrize("ratings", [(), ((0, 0, 4.0),)])
def test_nothing_to_compare_has_no_errors(ratings: tuple[tuple[int, int, float], ...]) -> None:
    assert StarErrors.of(SameForAll([np.nan]), given(*ratings)) is None
