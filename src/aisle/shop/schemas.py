"""The tables of `shop.columns` as Polars schemas. A process that only shows shelves imports neither this nor Polars."""

from collections.abc import Mapping
from typing import Final

import polars as pl

DTYPES: Final[dict[str, type[pl.DataType]]] = {
    "str": pl.String,
    "int64": pl.Int64,
    "int32": pl.Int32,
    "float64": pl.Float64,
    "bool": pl.Boolean,
}
"""Each word for a type in `shop.columns`, as Polars names it."""


def schema_of(columns: Mapping[str, str]) -> pl.Schema:
    """Return columns and types of `shop.columns`, of a whole table or a part of one, as a Polars schema."""
    return pl.Schema({name: DTYPES[word] for name, word in columns.items()})


def conform(frame: pl.DataFrame, columns: Mapping[str, str]) -> pl.DataFrame:
    """Return exactly these columns of a frame in these types; those that it lacks are null."""
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in schema_of(columns).items()
    )
