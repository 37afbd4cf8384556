"""Reviews as ratings: events that training learns from, each rating once."""

from typing import Final

import polars as pl

from aisle.shop.columns import EVENT, EVENT_ID, ITEM_ID, RATING, REVIEW_ID, TIMESTAMP, TRANSACTION_ID, USER_ID
from aisle.shop.events import EventKind

PREDICTED: Final = "predicted"
"""The column with the stars predicted from a review's words, for reviews without stars; null or NaN if unknown."""

_PAIR: Final = (USER_ID, ITEM_ID)
_MOMENT: Final = (*_PAIR, TIMESTAMP)
_FIRST: Final = "first"


def rate_events(reviews: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Return the ratings that reviews add to a log.

    The stars of a review are those that it gives, or else the predicted ones. A review adds nothing if the log has a
    rating of the same user and item at the same moment, as importers make one of each review with stars; at another
    moment, `prepare.clean` keeps the later of the two, as of all ratings that a shopper revises. Predicted stars add
    nothing once the shopper has given the item stars. No rule looks ahead, so that the log can be split at any moment
    afterwards.

    Parameters
    ----------
    reviews
        Columns of `shop.columns.REVIEWS`, and `PREDICTED` if stars were predicted.
    events
        The log: columns of `shop.columns.EVENTS`, at least `event`, `user_id`, `item_id`, `rating` and `timestamp`.

    Returns
    -------
    pl.DataFrame
        The columns `event_id`, `event`, `user_id`, `item_id`, `rating`, `timestamp` and `transaction_id` of
        `shop.columns.EVENTS`, to be appended to the log.
    """
    given = reviews.filter(pl.all_horizontal(pl.col(*_MOMENT).is_not_null())).with_columns(
        pl.col(RATING).fill_nan(None)
    )
    rated = events.filter((pl.col(EVENT) == EventKind.RATE.value) & pl.col(RATING).is_not_null())
    rated = rated.with_columns(pl.col(_PAIR).cast(pl.String))
    starred = pl.concat([rated.select(_MOMENT), given.filter(pl.col(RATING).is_not_null()).select(_MOMENT)])
    first = starred.group_by(_PAIR).agg(pl.col(TIMESTAMP).min().alias(_FIRST))
    unstarred = pl.col(RATING).is_null()
    ratings = (
        given.join(first, on=_PAIR, how="left")
        .join(rated, on=_MOMENT, how="anti")
        .filter(~(unstarred & (pl.col(_FIRST) <= pl.col(TIMESTAMP)).fill_null(False)))
        .with_columns(pl.coalesce(RATING, _predicted(reviews)).alias(RATING))
        .filter(pl.col(RATING).is_not_null())
    )
    return (
        ratings.sort(REVIEW_ID)
        .unique(_MOMENT, keep="last", maintain_order=True)
        .select(
            pl.format("review:{}", REVIEW_ID).alias(EVENT_ID),
            pl.lit(EventKind.RATE.value).alias(EVENT),
            *_PAIR,
            RATING,
            TIMESTAMP,
            TRANSACTION_ID,
        )
    )


def _predicted(reviews: pl.DataFrame) -> pl.Expr:
    column = pl.col(PREDICTED) if PREDICTED in reviews.columns else pl.lit(None)
    return column.cast(pl.Float64).fill_nan(None)
