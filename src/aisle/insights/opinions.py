"""What shoppers think: stars over time, and what they say of items."""

from typing import Final

import polars as pl

from aisle.insights.insight import Insight, total
from aisle.insights.shop_log import MONTH, ShopLog, first_day
from aisle.prepare.aspects import ASPECT, MENTIONS, POLARITY, aspects
from aisle.shop.columns import ITEM_ID, TIMESTAMP

MOST_ASPECTS: Final = 20
"""How many aspects are shown."""

LEAST_LETTERS: Final = 3
"""Shorter phrases say nothing to a reader."""

MOST_REVIEWS: Final = 50_000
"""The newest reviews in which aspects are searched."""


def stars(log: ShopLog) -> Insight:
    """Return the mean of the stars that came in each month, and how many there were."""
    name, title = "stars", "Stars, month by month"
    sums = log.ratings.group_by(MONTH).agg(pl.col("ratings").sum(), pl.col("sum").sum()).sort(MONTH)
    frame = sums.select(first_day(MONTH).alias(MONTH), (pl.col("sum") / pl.col("ratings")).alias("stars"), "ratings")
    if frame.is_empty():
        none = "No stars yet: send rate events, or import reviews."
        return Insight(name=name, title=title, sentence=none, frame=frame)
    count, usual = int(sums["ratings"].sum()), _mean(sums)
    sentence = f"{count:,} ratings give {usual:.2f} stars on average"
    if frame.height >= 4:
        half = sums.height // 2
        change = _mean(sums.tail(-half)) - _mean(sums.head(half))
        course = "as many as" if abs(change) < 0.05 else f"{abs(change):.2f} {'more' if change > 0 else 'fewer'} than"
        sentence += f"; the later half of the months has {course} the earlier one"
    return Insight(name=name, title=title, sentence=sentence + ".", frame=frame)


def _mean(sums: pl.DataFrame) -> float:
    return total(sums["sum"]) / total(sums["ratings"])


def aspects_by_item(log: ShopLog) -> Insight:
    """Return what reviewers praise and criticise about items, most mentioned first."""
    name, title = "aspects", "What reviews praise and criticise"
    schema = {"item": pl.String, "aspect": pl.String, "verdict": pl.String, "mentions": pl.Int64}
    newest = log.reviews.sort(TIMESTAMP, descending=True, nulls_last=True).head(MOST_REVIEWS)
    found = aspects(newest).filter(pl.col(ASPECT).str.len_chars() >= LEAST_LETTERS)
    if found.is_empty():
        none = "No phrase is repeated in the reviews of an item; with more reviews of texts and stars, this names them."
        return Insight(name=name, title=title, sentence=none, frame=pl.DataFrame(schema=schema))
    verdict = pl.when(pl.col(POLARITY) > 0).then(pl.lit("praise")).otherwise(pl.lit("criticism"))
    named = found.join(log.items.select(ITEM_ID, "name"), on=ITEM_ID, how="left").with_columns(
        pl.coalesce("name", ITEM_ID).alias("item")
    )
    frame = named.sort(MENTIONS, "item", ASPECT, descending=[True, False, False]).head(MOST_ASPECTS)
    frame = frame.select("item", pl.col(ASPECT), verdict.alias("verdict"), pl.col(MENTIONS).cast(pl.Int64))
    first = frame.row(0, named=True)
    good = named.filter(pl.col(POLARITY) > 0).height
    sentence = (
        f"{named.height:,} aspects of {named['item'].n_unique():,} items, {good:,} of them praise; "
        f"most mentioned is “{first['aspect']}” of {first['item']} ({first['mentions']:,} reviews, {first['verdict']})."
    )
    return Insight(name=name, title=title, sentence=sentence, frame=frame)
