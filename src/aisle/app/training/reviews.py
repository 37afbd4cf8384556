"""What training learns from reviews: ratings, predicted stars for comments without any, and aspects of each item."""

from typing import Final, NamedTuple

import numpy as np
import polars as pl

from aisle.app.data.tables import Tables
from aisle.evaluation.review_stars import ReviewErrors, cross_validate
from aisle.prepare.aspects import ASPECT, aspects, highlights
from aisle.prepare.item_text import ASPECTS, HIGHLIGHTS
from aisle.prepare.reviews import PREDICTED, rate_events
from aisle.recommenders.content.review_stars import ReviewStars, ReviewStarsConfig, ReviewTexts
from aisle.shop.columns import ITEM_ID, RATING, TEXT, TIMESTAMP, TITLE
from aisle.shop.errors import NotEnoughData

MEASURED_REVIEWS: Final = 4000
"""So many reviews with stars are enough to measure how well words predict stars."""


class WithReviews(NamedTuple):
    """The tables of a shop with the content of its reviews."""

    tables: Tables
    """Ratings among the events; aspects and highlights in the catalogue."""
    skipped: dict[str, str]
    """What could not be learnt from the reviews, and why."""


def with_reviews(tables: Tables, moment: int, seed: int) -> WithReviews:
    """Add the content of reviews written before a moment to events and catalogue; later reviews are ignored.

    Parameters
    ----------
    tables
        The tables of the shop.
    moment
        The moment, in microseconds.
    seed
        Seed of the model of stars.
    """
    reviews = tables.reviews.filter(pl.col(TIMESTAMP) < moment)
    if reviews.height == 0:
        return WithReviews(tables, {"reviews": "there are none"})
    reviews, skipped = _with_predicted_stars(reviews, seed)
    ratings = rate_events(reviews, tables.events)
    types = pl.Schema({name: dtype for name, dtype in tables.events.schema.items() if name in ratings.columns})
    events = pl.concat([tables.events, ratings.select(types.names()).cast(types)], how="diagonal")
    return WithReviews(tables._replace(events=events, catalogue=_with_aspects(tables.catalogue, reviews)), skipped)


def star_errors(reviews: pl.DataFrame, seed: int) -> ReviewErrors | None:
    """Return how well words predict stars, cross-validated; None if all reviews have stars, or too few do."""
    if not reviews[RATING].null_count():
        return None
    starred = reviews.filter(pl.col(RATING).is_not_null(), pl.col(ITEM_ID).is_not_null())
    sample = starred.sample(fraction=1, shuffle=True, seed=seed).head(MEASURED_REVIEWS)
    item = sample[ITEM_ID].rank("dense").to_numpy().astype(np.int64) - 1
    try:
        return cross_validate(ReviewStarsConfig(), _texts(sample), sample[RATING].to_numpy(), item, seed=seed)
    except NotEnoughData:
        return None


def _with_predicted_stars(reviews: pl.DataFrame, seed: int) -> tuple[pl.DataFrame, dict[str, str]]:
    """Add stars predicted from the words to reviews without stars."""
    if not reviews[RATING].null_count():
        return reviews, {}
    starred = reviews.filter(pl.col(RATING).is_not_null())
    unstarred = reviews.filter(pl.col(RATING).is_null())
    try:
        model = ReviewStars(ReviewStarsConfig()).fit(_texts(starred), starred[RATING].to_numpy(), seed=seed)
    except NotEnoughData as error:
        return reviews, {"review_stars": f"{error}; comments without stars stay unread"}
    predicted = pl.Series(PREDICTED, model.predict(_texts(unstarred)).median.astype(np.float64))
    return pl.concat([starred, unstarred.with_columns(predicted)], how="diagonal"), {}


def _with_aspects(catalogue: pl.DataFrame, reviews: pl.DataFrame) -> pl.DataFrame:
    """Add the aspects that reviews mention, and what they praise, to the catalogue."""
    if PREDICTED in reviews.columns:
        reviews = reviews.with_columns(pl.coalesce(RATING, pl.col(PREDICTED).fill_nan(None)).alias(RATING))
    of_reviews = aspects(reviews)
    of_items = of_reviews.group_by(ITEM_ID, maintain_order=True).agg(pl.col(ASPECT).str.join("|").alias(ASPECTS))
    phrases = highlights(of_reviews).rename({ASPECT: HIGHLIGHTS})
    return catalogue.join(of_items, on=ITEM_ID, how="left").join(phrases, on=ITEM_ID, how="left")


def _texts(reviews: pl.DataFrame) -> ReviewTexts:
    return ReviewTexts(*(reviews[name].fill_null("").to_list() for name in (TITLE, TEXT)))
