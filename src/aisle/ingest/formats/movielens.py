"""MovieLens: star ratings of films, in the layouts of 100K (`u.data`), 1M (`ratings.dat`) and later (`ratings.csv`)."""

from typing import Final

import polars as pl

from aisle.ingest.batch import ROW
from aisle.ingest.formats.format import Format, Sheet, as_object, one_table, renamed
from aisle.ingest.readers import Layout
from aisle.shop import columns as c

_GENRES: Final = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
_RATINGS: Final = one_table(
    "events",
    renamed({"userId": c.USER_ID, "movieId": c.ITEM_ID, "rating": c.RATING, "timestamp": c.TIMESTAMP}, event="rate"),
)
_YEAR_1990: Final = 631_152_000_000_000


def _flagged_films(frame: pl.DataFrame) -> pl.DataFrame:
    flagged = [pl.when(pl.col(genre) == "1").then(pl.lit(genre)) for genre in _GENRES]
    tags = pl.concat_str(flagged, separator="|", ignore_nulls=True)
    return frame.select(
        ROW,
        pl.col("movieId").alias(c.ITEM_ID),
        pl.col("title").alias(c.TITLE),
        pl.col("released").alias(c.AVAILABLE_FROM),
        *_filed(tags),
    )


def _films(frame: pl.DataFrame) -> pl.DataFrame:
    tags = pl.col("genres").str.replace("(no genres listed)", "", literal=True).fill_null("")
    return frame.select(ROW, pl.col("movieId").alias(c.ITEM_ID), pl.col("title").alias(c.TITLE), *_filed(tags))


def _filed(tags: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Return all genres as tags, and the first as the category."""
    some = pl.when(tags != "").then(tags)
    return some.alias(c.TAGS), some.str.split("|").list.first().alias(c.CATEGORY)


def _people(frame: pl.DataFrame) -> pl.DataFrame:
    attributes = as_object("age", "gender", "occupation", "zip_code")
    return frame.select(ROW, pl.col("userId").alias(c.USER_ID), attributes.alias(c.ATTRIBUTES))


_RATING_COLUMNS: Final = ("userId", "movieId", "rating", "timestamp")

MOVIELENS: Final = Format(
    name="movielens",
    about="MovieLens star ratings, films and people: u.data, u.item, u.user, ratings.csv, movies.csv, *.dat",
    tables=("events", "items", "users"),
    sheets=(
        Sheet(files=("u.data", "u?.base", "u?.test"), layout=Layout(_RATING_COLUMNS, "\t"), map=_RATINGS),
        Sheet(
            files=("u.item",),
            layout=Layout(("movieId", "title", "released", "video", "url", *_GENRES), "|", "latin-1"),
            map=one_table("items", _flagged_films),
        ),
        Sheet(
            files=("u.user",),
            layout=Layout(("userId", "age", "gender", "occupation", "zip_code"), "|"),
            map=one_table("users", _people),
        ),
        Sheet(files=("ratings.dat",), layout=Layout(_RATING_COLUMNS, "::"), map=_RATINGS),
        Sheet(
            files=("movies.dat",),
            layout=Layout(("movieId", "title", "genres"), "::", "latin-1"),
            map=one_table("items", _films),
        ),
        Sheet(
            files=("users.dat",),
            layout=Layout(("userId", "gender", "age", "occupation", "zip_code"), "::"),
            map=one_table("users", _people),
        ),
        Sheet(header=frozenset(_RATING_COLUMNS), map=_RATINGS),
        Sheet(header=frozenset({"movieId", "title", "genres"}), map=one_table("items", _films)),
    ),
    earliest=_YEAR_1990,
)
