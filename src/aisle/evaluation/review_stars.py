"""The errors of stars predicted from the words of reviews, by cross-validation over items."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from aisle.metrics.ratings import mae, spearman
from aisle.recommenders.content.review_stars import ReviewStars, ReviewStarsConfig, ReviewTexts
from aisle.shop.errors import NotEnoughData

FOLDS: Final = 5


class ReviewErrors(Struct, frozen=True):
    """Errors of predicted stars, by cross-validation on the shop's own reviews.

    Attributes
    ----------
    mae
        The mean absolute error of the predicted median, in stars.
    mae_always
        The same if the median of all stars were predicted for every review.
    spearman
        The rank correlation of the median with the stars given; null where all stars or all predictions are equal.
    """

    reviews: int
    mae: float
    mae_always: float
    spearman: float | None


def cross_validate(
    config: ReviewStarsConfig,
    reviews: ReviewTexts,
    stars: NDArray[np.floating],
    item: NDArray[np.integer],
    *,
    seed: int,
) -> ReviewErrors:
    """Predict every review by a model that was fitted on reviews of other items.

    Parameters
    ----------
    reviews, stars
        As `ReviewStars.fit` takes them.
    item
        The number of each review's item, (reviews,).

    Raises
    ------
    NotEnoughData
        If the reviews are of fewer than `FOLDS` items, or too few to learn from remain without one of the folds.
    """
    median = np.full(len(stars), np.nan, np.float32)
    for rest, held_out in item_folds(item, FOLDS, seed):
        model = ReviewStars(config).fit(chosen(reviews, rest), stars[rest], seed=seed)
        median[held_out] = model.predict(chosen(reviews, held_out)).median
    valued = np.isfinite(median) & np.isfinite(stars)
    predicted, given = median[valued], stars[valued]
    correlation = spearman(predicted, given)
    return ReviewErrors(
        reviews=len(given),
        mae=mae(predicted, given),
        mae_always=mae(np.full(len(given), np.median(given)), given),
        spearman=None if np.isnan(correlation) else correlation,
    )


def item_folds(item: NDArray[np.integer], folds: int, seed: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield which reviews to learn from and which to predict; all reviews of an item are in one fold, drawn at random.

    Raises
    ------
    NotEnoughData
        If there are fewer items than folds.
    """
    items, number = np.unique(item, return_inverse=True)
    if len(items) < folds:
        raise NotEnoughData(f"{len(items)} items have reviews; {folds} are needed to measure what words tell of stars")
    fold = (np.random.default_rng(seed).permutation(len(items)) % folds)[number]
    for held_out in range(folds):
        yield np.flatnonzero(fold != held_out), np.flatnonzero(fold == held_out)


def chosen(reviews: ReviewTexts, which: NDArray[np.intp]) -> ReviewTexts:
    """Return some of the reviews."""
    numbers = which.tolist()
    return ReviewTexts([reviews.titles[number] for number in numbers], [reviews.texts[number] for number in numbers])
