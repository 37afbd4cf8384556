"""Items beside one another: which figures go together, and what the same shoppers look at."""

from typing import Final

import polars as pl

from aisle.insights.insight import Insight, percent
from aisle.insights.shop_log import (
    BOUGHT,
    CARTED,
    COUNT,
    RETURNED,
    REVENUE,
    SEEN,
    SHOPPER,
    UNITS,
    VIEWED,
    ShopLog,
)
from aisle.shop.columns import EVENT, ITEM_ID, PRICE, SESSION_ID, STOCK, USER_ID
from aisle.shop.money import MICROS

FEWEST_ITEMS: Final = 10
"""Figures of fewer items say nothing about whether they go together."""

STRONG: Final = 0.1
"""Figures whose correlation is weaker are not worth a sentence."""

TOP: Final = 8
"""Of how many items it is told what their shoppers also look at."""

ALSO: Final = 5
"""How many other items are named for each."""

CANDIDATES: Final = 50
"""Of how many it is worked out how much more often than by others they are looked at: those with most in common."""

FEWEST_SHOPPERS: Final = 5
"""A pair that fewer shoppers have in common may be chance."""

_COUNTED: Final = {VIEWED: "views", CARTED: "carts", BOUGHT: "purchases", RETURNED: "returns", SEEN: "seen on lists"}


def correlations(log: ShopLog) -> Insight:
    """Return how numeric columns of items go together: Spearman's rank correlations, which no outlier moves."""
    name, title = "correlations", "Which figures of items go together"
    figures = _figures(log)
    varying = [column for column in figures.columns[1:] if figures[column].n_unique() > 1]
    rows = []
    for first in varying:
        for second in varying:
            both = figures.select(pl.col(first).alias("first"), pl.col(second).alias("second")).drop_nulls()
            if both.height >= FEWEST_ITEMS:
                value = both.select(pl.corr("first", "second", method="spearman")).item()
                rows.append((first, second, value, both.height))
    schema = {"first": pl.String, "second": pl.String, "correlation": pl.Float64, "items": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row").filter(pl.col("correlation").is_finite())
    # Revenue is the price times the pieces: that it goes with the price tells nothing.
    price = frame.filter(pl.col("first") == "price", ~pl.col("second").is_in(["price", "revenue"]))
    strongest = price.sort(pl.col("correlation").abs(), descending=True)
    if frame.is_empty():
        few = f"It takes {FEWEST_ITEMS} items with two figures each to say what goes together."
        return Insight(name=name, title=title, sentence=few, frame=frame)
    if strongest.is_empty():
        sentence = f"{len(varying)} figures of {figures.height:,} items; no prices are known to compare them with."
    elif abs(strongest["correlation"][0]) < STRONG:
        sentence = "The price goes with none of the other figures."
    else:
        other, value = strongest["second"][0], strongest["correlation"][0]
        way = "more" if value > 0 else "fewer" if other in _COUNTED.values() else "less"
        sentence = f"The price goes most with {other}: dearer items have {way} of them (correlation {value:+.2f})."
    return Insight(name=name, title=title, sentence=sentence.replace("-", "−"), frame=frame)


def _figures(log: ShopLog) -> pl.DataFrame:
    """Return the figures of each item: its price, stock and stars, and what was done with it."""
    price = pl.when(pl.col("currency").fill_null(log.currency or "") == (log.currency or "")).then(
        pl.col(PRICE) / MICROS
    )
    figures = log.items.select(ITEM_ID, price.alias("price"), pl.col(STOCK).alias("stock"))
    paid = log.by_item.filter(pl.col(EVENT) == BOUGHT, pl.col(UNITS) > 0).select(
        ITEM_ID, (pl.col(REVENUE) / pl.col(UNITS)).alias("paid"), pl.col(REVENUE).alias("revenue")
    )
    figures = figures.join(paid, on=ITEM_ID, how="left").with_columns(pl.coalesce("price", "paid").alias("price"))
    for kind, called in _COUNTED.items():
        if log.count(kind):
            counted = log.by_item.filter(pl.col(EVENT) == kind).select(ITEM_ID, pl.col(COUNT).alias(called))
            figures = figures.join(counted, on=ITEM_ID, how="left").with_columns(pl.col(called).fill_null(0))
    if log.ratings.height:
        mean = (pl.col("sum").sum() / pl.col("ratings").sum()).alias("stars")
        figures = figures.join(log.ratings.group_by(ITEM_ID).agg(mean), on=ITEM_ID, how="left")
    return figures.drop("paid")


def also_viewed(log: ShopLog) -> Insight:
    """Return what those who looked at the most popular items also look at, more than others do."""
    kind, did = (VIEWED, "looked at") if log.count(VIEWED) else (BOUGHT, "bought")
    name, title = "also_viewed", f"Those who {did} … also {did} …"
    looked = log.events.filter(
        pl.col(EVENT) == kind, pl.col(ITEM_ID).is_not_null(), pl.coalesce(USER_ID, SESSION_ID).is_not_null()
    ).select(pl.coalesce(USER_ID, SESSION_ID).hash().alias(SHOPPER), ITEM_ID)
    popular = (
        log.by_item.filter(pl.col(EVENT) == kind).sort(COUNT, ITEM_ID, descending=[True, False])[ITEM_ID].head(TOP)
    )
    of_item = looked.filter(pl.col(ITEM_ID).is_in(popular.implode())).unique().rename({ITEM_ID: "of"})
    of_item = of_item.collect(engine="streaming").lazy()
    theirs = looked.join(of_item.select(SHOPPER).unique(), on=SHOPPER, how="semi").unique()
    pairs = theirs.join(of_item, on=SHOPPER).filter(pl.col(ITEM_ID) != pl.col("of"))
    shared = pairs.group_by("of", ITEM_ID).agg(pl.len().cast(pl.Int64).alias("shoppers")).collect(engine="streaming")
    known = shared.filter(pl.col("shoppers") >= FEWEST_SHOPPERS).sort("shoppers", ITEM_ID, descending=[True, False])
    known = known.group_by("of", maintain_order=True).head(CANDIDATES)
    counted = looked.filter(pl.col(ITEM_ID).is_in([*popular, *known[ITEM_ID]]))
    shoppers = pl.col(SHOPPER).n_unique().cast(pl.Int64).alias("all")
    counts = counted.group_by(ITEM_ID).agg(shoppers).collect(engine="streaming")
    everybody = int(looked.select(pl.col(SHOPPER).n_unique()).collect(engine="streaming").item())
    known = known.join(counts, on=ITEM_ID)
    sizes = counts.select(pl.col(ITEM_ID).alias("of"), pl.col("all").alias("size"))
    scored = known.join(sizes, on="of").with_columns(
        (pl.col("shoppers") / pl.col("size")).alias("share"),
        (pl.col("shoppers") * everybody / (pl.col("size") * pl.col("all"))).alias("times as often"),
    )
    best = scored.filter(pl.col("times as often") > 1).sort(
        "of", "shoppers", "times as often", descending=[False, True, True]
    )
    best = best.group_by("of", maintain_order=True).head(ALSO)
    names = log.items.select(ITEM_ID, "name")
    frame = best.join(names.rename({ITEM_ID: "of", "name": "item"}), on="of", maintain_order="left").join(
        names.rename({"name": "also"}), on=ITEM_ID, maintain_order="left"
    ).select("item", "also", "shoppers", "share", "times as often")  # fmt: skip
    if frame.is_empty():
        few = f"No two items have {FEWEST_SHOPPERS} shoppers in common so far."
        return Insight(name=name, title=title, sentence=few, frame=frame)
    first = frame.sort("shoppers", descending=True).row(0, named=True)
    sentence = (
        f"{percent(first['share'])} of those who {did} {first['item']} also {did} {first['also']}, "
        f"{first['times as often']:.1f} times as often as others."
    )
    return Insight(name=name, title=title, sentence=sentence, frame=frame)
