"""The errors of a model's predicted stars, given the stars of the held-out window."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from aisle.evaluation.bootstrap import Interval, interval, resampled_means
from aisle.metrics.ratings import mae, rmse
from aisle.recommenders.abilities import PredictsRatings

SEED: Final = 0
"""Draws the shoppers of the intervals."""


@dataclass(frozen=True, eq=False)
class GivenStars:
    """The last stars of each pair of a known user and a known item in a window; all arrays are (ratings,).

    Attributes
    ----------
    user, item
        Numbers of the training data.
    stars
        On the shop's own scale.
    """

    user: NDArray[np.int32]
    item: NDArray[np.int32]
    stars: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.stars)


class StarErrors(Struct, frozen=True):
    """Errors of predicted stars, in stars, of users as the training left them.

    The intervals draw shoppers with all their ratings, as the ratings of one shopper are not independent.

    Attributes
    ----------
    ratings, shoppers
        The number of ratings that were predicted, and of their shoppers.
    rmse
        The root of the mean squared error.
    """

    ratings: int
    shoppers: int
    rmse: Interval
    mae: Interval

    @classmethod
    def of(cls, model: PredictsRatings, given: GivenStars) -> Self | None:
        """Compare predictions with the stars given; None if there are no predictions."""
        predicted = model.predict(given.user, given.item)
        valued = ~np.isnan(predicted)
        if not valued.any():
            return None
        predicted, stars, user = predicted[valued], given.stars[valued], given.user[valued]
        sums = _per_shopper(predicted.astype(np.float64) - stars, user)
        means = resampled_means(sums, SEED)
        return cls(
            ratings=len(stars),
            shoppers=sums.shape[1],
            rmse=interval(rmse(predicted, stars), np.sqrt(means[0] / means[2])),
            mae=interval(mae(predicted, stars), means[1] / means[2]),
        )


def _per_shopper(errors: NDArray[np.float64], user: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the sums of squared and of absolute errors, and the number of errors, (3, shoppers)."""
    _, shopper = np.unique(user, return_inverse=True)
    return np.stack([np.bincount(shopper, terms) for terms in (errors**2, np.abs(errors), np.ones(len(errors)))])
