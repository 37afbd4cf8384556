"""Shelves and vectors as tables, for notebooks."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import polars.selectors as cs
from numpy.typing import NDArray

from aisle.engine.model import TrainedModel
from aisle.recommenders.abilities import HasItemVectors
from aisle.recommenders.similar import at_length_one, directions, similar
from aisle.shop.errors import InputError, NotFound
from aisle.shop.money import from_micros

if TYPE_CHECKING:
    from aisle.app.serving.shelf import Shelf

SHELF: dict[str, type[pl.DataType]] = {
    "place": pl.Int64,
    "item_id": pl.String,
    "name": pl.String,
    "category": pl.String,
    "price": pl.Float64,
    "currency": pl.String,
    "score": pl.Float64,
    "predicted_rating": pl.Float64,
    "reason": pl.String,
}
"""The columns of a shelf; prices are in units of the currency."""


def shelf_frame(shelf: "Shelf") -> pl.DataFrame:
    """Return a shelf with a row for each place."""
    rows = [
        (
            place,
            item.item_id,
            item.name,
            item.category,
            None if item.price is None else from_micros(item.price),
            item.currency,
            item.score,
            item.predicted_rating,
            item.reason,
        )
        for place, item in enumerate(shelf.items, 1)
    ]
    return pl.DataFrame(rows, SHELF, orient="row")


def as_text(frame: pl.DataFrame) -> str:
    """Return a frame as a plain table of all its rows, without the columns that are empty, figures rounded."""
    filled = frame[[column.name for column in frame if column.null_count() < frame.height]]
    with pl.Config(
        tbl_formatting="NOTHING",
        tbl_hide_dataframe_shape=True,
        tbl_hide_column_data_types=True,
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=160,
        fmt_str_lengths=60,
    ):
        return str(filled.with_columns(cs.float().round(3)))


def shelves_frame(shelves: "Mapping[str, Shelf]") -> pl.DataFrame:
    """Return the shelves of some users one below the other, with the column `user_id`."""
    empty = pl.DataFrame(schema={"user_id": pl.String, **SHELF})
    frames = [shelf_frame(shelf).select(pl.lit(user).alias("user_id"), pl.all()) for user, shelf in shelves.items()]
    return pl.concat([empty, *frames])


def vectors_frame(model: TrainedModel, name: str) -> pl.DataFrame:
    """Return the vector of each item in a model, with the columns `item_id` and `vector`.

    Raises
    ------
    NoModel
        If the model was not trained.
    InputError
        If it has no vectors of items.
    """
    vectors = _vectors(model, name)
    return pl.DataFrame(
        {"item_id": list(model.items.ids), "vector": pl.Series(vectors, dtype=pl.Array(pl.Float32, vectors.shape[1]))}
    )


def neighbours_frame(model: TrainedModel, name: str, item_id: str, n: int) -> pl.DataFrame:
    """Return the items whose vectors point in the direction most like that of an item's, with their cosines.

    Raises
    ------
    NotFound
        If the model does not know the item.
    NoModel, InputError
        As `vectors_frame` does.
    """
    vectors = _vectors(model, name)
    if item_id not in model.items:
        raise NotFound(f"the live model knows no item {item_id!r}; one with events joins at the next aisle train")
    nearest = similar(directions(at_length_one(vectors)), np.array([model.items.number(item_id)], np.int32), n)
    filled = nearest.items[0] >= 0
    ids = [model.items.ids[item] for item in nearest.items[0][filled].tolist()]
    return pl.DataFrame(
        {"item_id": ids, "similarity": nearest.scores[0][filled]}, {"item_id": pl.String, "similarity": pl.Float32}
    )


def _vectors(model: TrainedModel, name: str) -> NDArray[np.float32]:
    vectors = _with_vectors(model)
    if name in vectors:
        return vectors[name]
    model.recommender(name)
    having = ", ".join(sorted(vectors)) or "als or content, and train it"
    raise InputError(f"{name} has no vectors of items; choose one of {having}")


def _with_vectors(model: TrainedModel) -> dict[str, NDArray[np.float32]]:
    """Return the vectors of every model that has some, by its name."""
    return {part.name: part.item_vectors_ for part in model.components.values() if isinstance(part, HasItemVectors)}
