"""What shoppers wrote, read before training: stars for comments that give none, and what they say of each item."""

from typing import Final, NamedTuple

import numpy as np
import polars as pl

from aisle.evaluation.review_stars import ReviewErrors, cross_validate
from aisle.prepare.aspects import ASPECT, aspects, highlights
from aisle.prepare.item_text import ASPECTS, HIGHLIGHTS
from aisle.prepare.reviews import PREDICTED, rate_events
from aisle.recommenders.content.review_stars import ReviewStars, ReviewStarsConfig, ReviewTexts
from aisle.shop import columns
from aisle.shop.columns import ITEM_ID, RATING, TEXT, TIMESTAMP, TITLE
from aisle.shop.errors import NotEnoughData
from aisle.shop.schemas import schema_of
from aisle.storage import reviews as stored
from aisle.storage.connection import Database

SCHEMA: Final = schema_of(columns.REVIEWS)

MOST_MEASURED: Final = 4000
"""So many starred reviews are enough to say how well words tell stars."""


class Tables(NamedTuple):
    """What a shop has to learn from."""

    events: pl.DataFrame
    catalogue: pl.DataFrame
    reviews: pl.DataFrame


class Opinions(NamedTuple):
    """What reviews add to the events and to the catalogue."""

    ratings: pl.DataFrame
    """Events, as `prepare.reviews.rate_events` gives them."""
    aspects: pl.DataFrame
    """As `prepare.aspects.aspects` gives them."""
    errors: ReviewErrors | None
    """How well words tell stars; None where every review has stars, or too few do."""


def read_reviews(db: Database) -> pl.DataFrame:
    """Read all reviews; there may be none."""
    return pl.concat([SCHEMA.to_frame(), *stored.stream(db, tuple(columns.REVIEWS))])


def opinions(reviews: pl.DataFrame, events: pl.DataFrame, seed: int, left_out: dict[str, str]) -> Opinions:
    """Turn reviews into ratings and aspects; note what they are too few for.

    Parameters
    ----------
    reviews
        All that may be known: for an evaluation, those before the held-out window.
    events
        The log, which holds most ratings already.
    seed
        Of the draws.
    left_out
        Where the reasons are noted, by role.
    """
    errors = None
    if reviews[RATING].null_count():
        reviews, errors = _starred(reviews, seed, left_out)
    if PREDICTED in reviews.columns:
        judged = reviews.with_columns(pl.coalesce(RATING, pl.col(PREDICTED).fill_nan(None)).alias(RATING))
    else:
        judged = reviews
    return Opinions(rate_events(reviews, events), aspects(judged), errors)


def _starred(reviews: pl.DataFrame, seed: int, left_out: dict[str, str]) -> tuple[pl.DataFrame, ReviewErrors | None]:
    """Add the stars that words speak of to reviews that give none."""
    given = reviews.filter(pl.col(RATING).is_not_null())
    silent = reviews.filter(pl.col(RATING).is_null())
    config = ReviewStarsConfig()
    try:
        model = ReviewStars(config).fit(_texts(given), given[RATING].to_numpy(), seed=seed)
        sample = given.filter(pl.col(ITEM_ID).is_not_null()).sample(fraction=1, shuffle=True, seed=seed)
        sample = sample.head(MOST_MEASURED)
        item = sample[ITEM_ID].rank("dense").to_numpy().astype(np.int64) - 1
        errors = cross_validate(config, _texts(sample), sample[RATING].to_numpy(), item, seed=seed)
    except NotEnoughData as error:
        left_out["review_stars"] = f"{error}; comments without stars stay unread"
        return reviews, None
    predicted = silent.with_columns(pl.Series(PREDICTED, model.predict(_texts(silent)).median.astype(np.float64)))
    return pl.concat([given, predicted], how="diagonal"), errors


def _texts(reviews: pl.DataFrame) -> ReviewTexts:
    return ReviewTexts(*(reviews[name].fill_null("").to_list() for name in (TITLE, TEXT)))


def heard(tables: Tables, moment: int, seed: int, left_out: dict[str, str]) -> tuple[Tables, ReviewErrors | None]:
    """Return a shop's tables with what was written before a moment put among events and catalogue.

    Parameters
    ----------
    tables
        What the shop has.
    moment
        In microseconds; what was written later is not looked at.
    seed
        Of the draws.
    left_out
        Where the reasons are noted for what is not there, by role.
    """
    known = tables.reviews.filter(pl.col(TIMESTAMP) < moment)
    if known.height == 0:
        left_out["reviews"] = "nobody has written any"
        return tables, None
    found = opinions(known, tables.events, seed, left_out)
    types = pl.Schema({name: one for name, one in tables.events.schema.items() if name in found.ratings.columns})
    ratings = found.ratings.select(types.names()).cast(types)
    spoken = found.aspects.group_by(ITEM_ID, maintain_order=True).agg(pl.col(ASPECT).str.join("|").alias(ASPECTS))
    praised = highlights(found.aspects).rename({ASPECT: HIGHLIGHTS})
    return Tables(
        pl.concat([tables.events, ratings], how="diagonal"),
        tables.catalogue.join(spoken, on=ITEM_ID, how="left").join(praised, on=ITEM_ID, how="left"),
        tables.reviews,
    ), found.errors
