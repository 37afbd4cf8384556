"""What is sold: baskets, categories, brands, prices, the long tail, and what comes back."""

from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from aisle.insights.insight import UNKNOWN, Insight, percent, quantile, top, total
from aisle.insights.shop_log import (
    BOUGHT,
    COUNT,
    DEPARTMENT,
    RETURNED,
    REVENUE,
    SEEN,
    UNITS,
    ShopLog,
    gini,
)
from aisle.shop.columns import BRAND, EVENT, ITEM_ID

NO_SALES: Final = "No purchases yet: import orders, and this says what is sold."

TOP: Final = 15
"""How many categories or brands are shown."""

LARGEST_BASKET: Final = 10
"""Orders of more items are one row."""

BANDS: Final = 8
"""How many price bands there are at most."""

POINTS: Final = 100
"""How many points a curve has."""


def baskets(log: ShopLog) -> Insight:
    """Return how many orders have one item, two, three and so on, and what such an order is worth."""
    name, title = "baskets", "Different items per order"
    size = pl.when(pl.col("lines") > LARGEST_BASKET).then(LARGEST_BASKET + 1).otherwise(pl.col("lines"))
    counts = log.orders.group_by(size.alias("size")).agg(
        pl.len().cast(pl.Int64).alias("orders"), pl.col(REVENUE).mean().alias("mean value")
    )
    written = pl.when(pl.col("size") > LARGEST_BASKET).then(pl.lit(f"{LARGEST_BASKET + 1}+")).otherwise(
        pl.col("size").cast(pl.String)
    )  # fmt: skip
    share = (pl.col("orders") / log.orders.height).alias("share")
    frame = counts.sort("size").select(written.alias("items"), "orders", share, "mean value")
    if frame.is_empty():
        return Insight(name=name, title=title, sentence=NO_SALES, frame=frame)
    single = total(counts.filter(pl.col("size") <= 1)["orders"])
    values = log.orders[REVENUE].drop_nulls()
    worth = (
        f" Half are worth {quantile(values):,.2f} {log.currency} or more, {total(values) / len(values):,.2f} "
        f"on average.{log.money_note}"
        if len(values)
        else " No prices are known, so nothing tells what they are worth."
    )
    middle = quantile(log.orders["lines"])
    half = f", half of them {middle:,.0f} or more" if middle > 1 else ""
    sentence = f"{percent(single / log.orders.height)} of {log.orders.height:,} orders hold a single item{half}.{worth}"
    return Insight(name=name, title=title, sentence=sentence, frame=frame, currency=log.currency)


def categories(log: ShopLog) -> Insight:
    """Return what each category brings."""
    return _shares(log, DEPARTMENT, "category", "categories", "What categories bring")


def brands(log: ShopLog) -> Insight:
    """Return what each brand brings."""
    return _shares(log, BRAND, "brand", "brands", "What brands bring")


def _shares(log: ShopLog, column: str, one: str, name: str, title: str) -> Insight:
    by = REVENUE if log.currency else UNITS
    measures = (UNITS, REVENUE) if log.currency else (UNITS,)
    sums = top(log.sold.select(column, *measures), column, by, TOP)
    frame = sums.with_columns((pl.col(by) / max(total(sums[by]), 1e-9)).alias("share")).rename({column: one})
    if frame.is_empty():
        return Insight(name=name, title=title, sentence=NO_SALES, frame=frame)
    if frame[one].to_list() == [UNKNOWN]:
        sentence = f"No item has a {one}: import a catalogue with one, and this compares them."
        return Insight(name=name, title=title, sentence=sentence, frame=frame.clear())
    best = frame.row(0, named=True)
    what = (
        f"of the {total(sums[by]):,.0f} {log.currency} sold" if log.currency else "of the pieces sold (no prices known)"
    )
    three = percent(total(frame["share"].head(3)))
    sentence = f"{best[one]} brings {percent(best['share'])} {what}, the first three bring {three}.{log.money_note}"
    return Insight(name=name, title=title, sentence=sentence, frame=frame, currency=log.currency)


def price_bands(log: ShopLog) -> Insight:
    """Return how many pieces are sold at which price, in bands between round prices."""
    name, title = "price_bands", "What is sold at which price"
    sold = log.sold.filter(pl.col(UNITS) > 0, pl.col(REVENUE) > 0).with_columns(
        (pl.col(REVENUE) / pl.col(UNITS)).alias("paid")
    )
    schema = {"price": pl.String, "items": pl.Int64, UNITS: pl.Int64, REVENUE: pl.Float64, "share": pl.Float64}
    if sold.is_empty():
        what = "No prices are known: send price and currency with each purchase." if log.count(BOUGHT) else NO_SALES
        return Insight(name=name, title=title, sentence=what, frame=pl.DataFrame(schema=schema))
    edges = _round_edges(sold["paid"])
    labels = [f"under {edges[0]:g}", *(f"{a:g} to {b:g}" for a, b in pairwise(edges))]
    labels.append(f"{edges[-1]:g} and more")
    band = [labels[place] for place in np.searchsorted(edges, sold["paid"].to_numpy(), side="right")]
    sums = sold.group_by(pl.Series("price", band)).agg(
        pl.len().cast(pl.Int64).alias("items"), pl.col(UNITS).sum(), pl.col(REVENUE).sum()
    )
    frame = pl.DataFrame({"price": labels}).join(sums, on="price", maintain_order="left")
    frame = frame.with_columns((pl.col(REVENUE) / total(frame[REVENUE])).alias("share"))
    best = frame.sort("share", descending=True).row(0, named=True)
    sentence = (
        f"Items at {best['price']} {log.currency} bring most: {percent(best['share'])} of the revenue with "
        f"{percent(best['items'] / sold.height)} of the items sold.{log.money_note}"
    )
    return Insight(name=name, title=title, sentence=sentence, frame=frame, currency=log.currency)


def _round_edges(prices: pl.Series) -> list[float]:
    """Return rising round prices (1, 2 or 5 times a power of ten) from the low to the high end of some prices."""
    low, high = quantile(prices, 0.02), quantile(prices, 0.98)
    powers = range(int(np.floor(np.log10(low))) - 1, int(np.ceil(np.log10(high))) + 1)
    edges = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    within = [edge for edge in edges if low < edge < high] or [min(edges, key=lambda edge: abs(edge - low))]
    return within[:: -(-len(within) // (BANDS - 1))]


# --- The long tail ----------------------------------------------------------------------------------------------------


def long_tail(log: ShopLog) -> Insight:
    """Return which share of the sales and of the exposure the least popular items have: Lorenz curves."""
    name, title = "long_tail", "The long tail: how evenly sales and exposure spread over the items"
    seen = log.by_item.filter(pl.col(EVENT) == SEEN)
    curves = {
        "sales": _per_item(log, log.by_item.filter(pl.col(EVENT) == BOUGHT).select(ITEM_ID, UNITS)),
        "exposure": _per_item(log, seen.select(ITEM_ID, COUNT) if log.count(SEEN) else log.places),
    }
    frame = pl.concat([_lorenz(values, kind) for kind, values in curves.items() if total(values) > 0] or [_NO_CURVE])
    if frame.is_empty():
        return Insight(name=name, title=title, sentence=NO_SALES, frame=frame)
    told = {kind: gini(values) for kind, values in curves.items() if total(values) > 0}
    said = [f"the Gini coefficient of {kind} is {value:.2f}" for kind, value in told.items()]
    if "sales" in told:
        sales = curves["sales"].sort(descending=True)
        best = total(sales.head(max(1, len(sales) // 100)))
        said.insert(
            0, f"the best 1 % of the {len(sales):,} items bring {percent(best / total(sales))} of the pieces sold"
        )
    if "exposure" not in told:
        said.append("no exposure is known, as no view_item_list events come and no shelves are counted")
    sentence = "; ".join(said) + "."
    return Insight(name=name, title=title, sentence=sentence[0].upper() + sentence[1:], frame=frame)


_NO_CURVE: Final = pl.DataFrame(schema={"share of items": pl.Float64, "share": pl.Float64, "of": pl.String})


def _per_item(log: ShopLog, counted: pl.DataFrame) -> pl.Series:
    """Return how much of something each item has, those without any too."""
    _, measure = counted.columns
    return log.items.select(ITEM_ID).join(counted, on=ITEM_ID, how="left")[measure].fill_null(0)


def _lorenz(values: pl.Series, kind: str) -> pl.DataFrame:
    ordered = np.sort(values.to_numpy().astype(np.float64))
    curve = np.concatenate([[0.0], np.cumsum(ordered) / ordered.sum()])
    at = np.unique(np.linspace(0, len(ordered), POINTS + 1).round().astype(np.int64))
    return pl.DataFrame({"share of items": at / len(ordered), "share": curve[at], "of": [kind] * len(at)})


# --- Returns ----------------------------------------------------------------------------------------------------------


def returns(log: ShopLog) -> Insight:
    """Return which share of the pieces sold comes back, by category, or by item where no category is known."""
    by = DEPARTMENT if (log.items[DEPARTMENT] != UNKNOWN).any() else "name"
    column = "category" if by == DEPARTMENT else "item"
    name, title = "returns", f"What comes back: returned pieces by {column}"
    counts = log.by_item.filter(pl.col(EVENT).is_in([BOUGHT, RETURNED])).join(log.items, on=ITEM_ID)
    worst = _returned(counts, "name").sort("returned", "name", descending=[True, False])
    frame = top(_returned(counts, by), by, "returned", TOP).rename({by: column})
    sold = pl.when(pl.col("sold") > 0).then(pl.col("sold"))
    frame = frame.with_columns((pl.col("returned") / sold).alias("share"))
    back, out = total(frame["returned"]), total(frame["sold"])
    if not back:
        what = NO_SALES if not out else "Nothing came back, or no refund events are sent: import returns as refunds."
        return Insight(name=name, title=title, sentence=what, frame=frame.clear())
    rate = f"{percent(back / out)} of the pieces sold come back" if out else f"{back:,.0f} pieces came back"
    first = worst.row(0, named=True)
    sentence = f"{rate}; most often {first['name']} ({first['returned']:,} of {first['sold']:,} sold)."
    return Insight(name=name, title=title, sentence=sentence, frame=frame)


def _returned(counts: pl.DataFrame, by: str) -> pl.DataFrame:
    return counts.group_by(by).agg(
        pl.col(UNITS).filter(pl.col(EVENT) == BOUGHT).sum().alias("sold"),
        pl.col(UNITS).filter(pl.col(EVENT) == RETURNED).sum().alias("returned"),
    )
