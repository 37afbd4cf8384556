"""The tables of a shop that models learn from, read from its database."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import polars as pl
import polars.selectors as cs

from aisle.app.data.columnar import copy_of
from aisle.app.progress import Progress, silent
from aisle.app.settings import Settings
from aisle.engine.request import MAIN_PLACEMENT
from aisle.prepare import shown
from aisle.prepare.build import NEEDED, OPTIONAL
from aisle.prepare.catalogue import SCHEMA
from aisle.prepare.outliers import without_bots
from aisle.prepare.stray import days_of, steady_span
from aisle.shop import columns
from aisle.shop.columns import HIDDEN, ITEM_ID, TIMESTAMP, USER_ID
from aisle.shop.errors import NotEnoughData
from aisle.shop.moments import DAY, now
from aisle.shop.schemas import schema_of
from aisle.storage.catalogue import items
from aisle.storage.connection import Database
from aisle.storage.log import events, reviews
from aisle.storage.shelves import impressions

SHOWN: Final = schema_of(shown.SCHEMA)
"""The columns of what was shown."""

SHOWN_DAYS: Final = 180
SHOWN_SHELVES: Final = 100_000
"""So many of the newest shelves, of so many days, are read."""

REVIEWS: Final = schema_of(columns.REVIEWS)
"""The columns of reviews."""


class Tables(NamedTuple):
    """The tables that models learn from."""

    events: pl.DataFrame
    catalogue: pl.DataFrame
    reviews: pl.DataFrame
    stray: str | None = None
    """Which events and reviews were left out, as they are far from all others."""
    shown: pl.DataFrame = SHOWN.to_frame()
    """What was shown on the main shelf lately, in the columns of `prepare.shown.SCHEMA`."""


def read_tables(db: Database, settings: Settings, progress: Progress = silent) -> Tables:
    """Read all tables that models learn from.

    Raises
    ------
    NotEnoughData
        If there are no events.
    """
    log = read_training_events(db, settings, progress)
    return without_stray(Tables(log, read_catalogue(db), read_reviews(db), shown=read_shown(db)))


def without_stray(tables: Tables) -> Tables:
    """Leave out stray events and reviews: neither the shop's present nor its figures rest on them."""
    moments = pl.concat([tables.events[TIMESTAMP], tables.reviews[TIMESTAMP]])
    span = steady_span(*days_of(moments))
    stray = span.describe_stray(moments)
    if stray is None:
        return tables
    events, reviews = (table.filter(span.holds(table[TIMESTAMP])) for table in (tables.events, tables.reviews))
    return tables if events.height == 0 else tables._replace(events=events, reviews=reviews, stray=stray)


def read_events(
    db: Database,
    settings: Settings,
    progress: Progress = silent,
    column_names: Sequence[str] = (*NEEDED, *OPTIONAL),
) -> pl.DataFrame:
    """Read some columns of all events from their columnar copy, by default those that training needs.

    Ids and kinds are Categorical: they take four bytes a row instead of a string.

    Raises
    ------
    NotEnoughData
        If there are no events.
    """
    return _read(db, settings, progress, column_names)


def read_histories(
    db: Database, settings: Settings, column_names: Sequence[str], progress: Progress = silent
) -> tuple[pl.DataFrame, int]:
    """Read some columns of the events that name a shopper, as `read_events` does, and the moment after all events.

    Raises
    ------
    NotEnoughData
        If there are no events, or none that names a shopper.
    """
    frame = _read(db, settings, progress, column_names, pl.col(USER_ID).is_not_null())
    return frame, (events.last_moment(db) or 0) + 1


def _read(
    db: Database, settings: Settings, progress: Progress, column_names: Sequence[str], where: pl.Expr | bool = True
) -> pl.DataFrame:
    with copy_of(settings).current(db, progress) as log:
        chosen = log.filter(where).select(column_names).with_columns(cs.string().cast(pl.Categorical))
        frame = chosen.collect(engine="streaming")
    if frame.height == 0:
        told = "no event names a shopper; import events with a user_id"
        raise NotEnoughData(told if events.count(db) else "this shop has no events yet; run aisle import FILE…")
    progress("read events", frame.height, frame.height, frame.height)
    return frame


def read_training_events(db: Database, settings: Settings, progress: Progress = silent) -> pl.DataFrame:
    """Read the events for training and evaluation; without those of bots, if the settings leave them out.

    Raises
    ------
    NotEnoughData
        If there are no events.
    """
    frame = read_events(db, settings, progress)
    return without_bots(frame) if settings.train.leave_out_bots else frame


def read_since(db: Database, settings: Settings, since: int | None, progress: Progress = silent) -> pl.DataFrame:
    """Read the events since a moment from the database itself, without stray ones and, if so set, without bots.

    Raises
    ------
    NotEnoughData
        If there are none.
    """
    frames = list(events.stream(db, (*NEEDED, *OPTIONAL), since=since))
    if frames:
        frame = pl.concat(frames)
        progress("read events", frame.height, frame.height, frame.height)
        steady = frame.filter(steady_span(*days_of(frame[TIMESTAMP])).holds(frame[TIMESTAMP]))
        frame = steady if steady.height else frame
        frame = without_bots(frame) if settings.train.leave_out_bots else frame
    if not frames or frame.height == 0:
        raise NotEnoughData("no event came in the days that count for trending items and bestsellers")
    return frame


def read_catalogue(db: Database) -> pl.DataFrame:
    """Read the whole catalogue; it may be empty."""
    return pl.concat([SCHEMA.to_frame(), *items.stream(db, tuple(columns.ITEMS))])


def shown_items(catalogue: pl.DataFrame) -> pl.Series:
    """Return the ids of the items that a catalogue does not hide."""
    return catalogue.filter(~pl.col(HIDDEN).fill_null(False))[ITEM_ID]


def read_reviews(db: Database) -> pl.DataFrame:
    """Read all reviews; there may be none."""
    return pl.concat([REVIEWS.to_frame(), *reviews.stream(db, tuple(columns.REVIEWS))])


def read_shown(db: Database) -> pl.DataFrame:
    """Read the newest shelves that the main placement's own strategy filled for known shoppers, place by place."""
    since = now() - SHOWN_DAYS * DAY
    clicked = events.first_clicks(db, since)
    rows = [
        (
            shelf.user_id,
            item.item_id,
            item.position,
            item.score,
            shelf.timestamp,
            clicked.get((shelf.recommendation_id, item.item_id)),
        )
        for shelf in impressions.of_ids(db, impressions.ids(db, MAIN_PLACEMENT, since)[-SHOWN_SHELVES:])
        for item in shelf.items
    ]
    return pl.DataFrame(rows, SHOWN, orient="row")


def span(frame: pl.DataFrame) -> tuple[int, int]:
    """Return the first and the last moment of a log, which must not be empty."""
    first, last = frame.select(first=pl.col(TIMESTAMP).min(), last=pl.col(TIMESTAMP).max()).row(0)
    return first, last
