"""How far the stars that words speak of are from those that their writers gave: measured on reviews of other items."""

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
    """How well words tell stars, by cross-validation on the shop's own reviews.

    Attributes
    ----------
    reviews
        How many were predicted.
    mae
        The mean absolute error of the median, in stars.
    mae_always
        The same of always saying the median of all stars.
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
    """Predict every review by a model that has seen none of its item's.

    Parameters
    ----------
    reviews, stars
        As `ReviewStars.fit` takes them.
    item
        The number of each review's item, (reviews,).

    Raises
    ------
    NotEnoughData
        If all reviews are of fewer than `FOLDS` items, or too few to learn from remain without a part of them.
    """
    median = np.full(len(stars), np.nan, np.float32)
    for rest, held_out in item_folds(item, FOLDS, seed):
        model = ReviewStars(config).fit(chosen(reviews, rest), stars[rest], seed=seed)
        median[held_out] = model.predict(chosen(reviews, held_out)).median
    said = np.isfinite(median) & np.isfinite(stars)
    correlation = spearman(median[said], stars[said])
    return ReviewErrors(
        reviews=int(said.sum()),
        mae=mae(median[said], stars[said]),
        mae_always=mae(np.full(said.sum(), np.median(stars[said])), stars[said]),
        spearman=None if np.isnan(correlation) else correlation,
    )


def item_folds(item: NDArray[np.integer], folds: int, seed: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield which reviews to learn from and which to predict: each item's are in one fold, drawn at random.

    Raises
    ------
    NotEnoughData
        If there are fewer items than folds.
    """
    items, number = np.unique(item, return_inverse=True)
    if len(items) < folds:
        raise NotEnoughData(f"{len(items)} items have reviews; {folds} are needed to measure what words tell of stars")
    fold = (np.random.default_rng(seed).permutation(len(items)) % folds)[number]
    for one in range(folds):
        yield np.flatnonzero(fold != one), np.flatnonzero(fold == one)


def chosen(reviews: ReviewTexts, which: NDArray[np.intp]) -> ReviewTexts:
    """Return some of the reviews."""
    numbers = which.tolist()
    return ReviewTexts([reviews.titles[one] for one in numbers], [reviews.texts[one] for one in numbers])
