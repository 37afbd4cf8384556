"""The reviews table: what shoppers wrote, each review once."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from aisle.storage.connect import Database
from aisle.storage.rows import Rows, Stored, chosen, frames, store_once
from aisle.storage.tables import reviews

if TYPE_CHECKING:
    import polars as pl


def store(db: Database, rows: Rows) -> Stored:
    """Store reviews in one transaction; a review whose `review_id` is there already counts as duplicate.

    Parameters
    ----------
    rows
        A frame with the columns of `shop.columns.REVIEWS`, or tuples in their order.

    Raises
    ------
    StorageError
        If the database refuses; then none of the rows is stored.
    """
    return store_once(db, reviews, rows)


def stream(db: Database, columns: Sequence[str], batch_size: int = 50_000) -> Iterator["pl.DataFrame"]:
    """Yield some columns of all reviews as frames of at most `batch_size` rows, in no promised order.

    Raises
    ------
    InputError
        If there is no such column.
    """
    return frames(db, reviews, chosen(reviews, columns), batch_size)
