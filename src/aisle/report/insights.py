"""The page of insights, and how each is drawn."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import polars as pl

from aisle.insights.demand import MONTHS
from aisle.insights.insight import Insight
from aisle.report.charts import BETTER, SHARE, WHOLE_SHARE, WORSE, Axis, Chart, bars, columns, heat, lines
from aisle.report.figure import Figure
from aisle.report.page import render
from aisle.report.quality import percent

if TYPE_CHECKING:
    from aisle.app.data.insights import Insights
    from aisle.app.settings import ShopSection

Drawing = Callable[[pl.DataFrame, str], Chart]
"""Draws a frame; the text is the currency of its money, or empty."""


def insights_page(found: "Insights", shop: "ShopSection") -> str:
    """Return the page.

    Parameters
    ----------
    found
        What the data says.
    shop
        Whose data it is, and whether the shop is simulated.
    """
    shown = [(insight, figure(insight)) for insight in found.insights]
    return render("insights.html", shop, (percent,), found=found, shown=shown)


def figure(insight: Insight) -> Figure | None:
    """Return an insight as a figure, for a page or a notebook; None if there is nothing to draw."""
    if insight.is_empty:
        return None
    chart = DRAWINGS[insight.name](insight.frame, insight.currency or "")
    return Figure(insight.title, chart, insight.frame, insight.sentence)


# --- How each is drawn ------------------------------------------------------------------------------------------------


def _funnel_by_week(frame: pl.DataFrame, _: str) -> Chart:
    long = frame.unpivot(["views", "carts", "purchases"], index="week", variable_name="step", value_name="events")
    return lines(long, Axis("week", "week beginning"), Axis("events", "events per week"), Axis("step", ""))


def _funnel_by_category(frame: pl.DataFrame, _: str) -> Chart:
    told = pl.format(
        "{} of {} views",
        _counted("purchases"),
        _counted("views"),
    )
    drawn = frame.drop_nulls("purchases per view").with_columns(told.alias("told"))
    return bars(drawn, Axis("purchases per view", "purchases per view", SHARE), Axis("category", ""), text="told")


def _weekday_hours(frame: pl.DataFrame, _: str) -> Chart:
    what = frame.columns[-1]
    return heat(frame, Axis("hour", "hour of the day (UTC)"), Axis("weekday", ""), Axis(what, what))


def _seasons(frame: pl.DataFrame, _: str) -> Chart:
    what = frame.columns[-1]
    calendar = frame.sort(pl.col("month").replace_strict({name: place for place, name in enumerate(MONTHS)}))
    return heat(calendar, Axis("month", ""), Axis("year", ""), Axis(what, what))


def _shares(frame: pl.DataFrame, currency: str) -> Chart:
    label = frame.columns[0]
    drawn = frame.with_columns(pl.col("share").map_elements(percent, pl.String).alias("told"))
    value = Axis("revenue", f"revenue in {currency}") if currency else Axis("units", "pieces sold")
    return bars(drawn, value, Axis(label, ""), text="told")


def _price_bands(frame: pl.DataFrame, currency: str) -> Chart:
    return columns(frame, Axis("price", f"price per piece in {currency}"), Axis("revenue", f"revenue in {currency}"))


def _baskets(frame: pl.DataFrame, _: str) -> Chart:
    return columns(frame, Axis("items", "different items in the order"), Axis("orders", "orders"))


def _long_tail(frame: pl.DataFrame, _: str) -> Chart:
    even = pl.DataFrame({"share of items": [0.0, 1.0], "share": [0.0, 1.0], "of": ["if all were equal"] * 2})
    return lines(
        pl.concat([frame, even]),
        Axis("share of items", "share of items, the least popular first", WHOLE_SHARE),
        Axis("share", "their share of all", WHOLE_SHARE),
        Axis("of", ""),
        timed=False,
    )


def _returns(frame: pl.DataFrame, _: str) -> Chart:
    told = pl.format("{} of {}", _counted("returned"), _counted("sold"))
    drawn = frame.drop_nulls("share").with_columns(told.alias("told"))
    return bars(drawn, Axis("share", "returned pieces per piece sold", SHARE), Axis(frame.columns[0], ""), text="told")


def _rfm(frame: pl.DataFrame, currency: str) -> Chart:
    what = f"spent, in {currency}" if currency else "pieces"
    told = pl.format("{} buyers", _counted("buyers"))
    return bars(frame.with_columns(told.alias("told")), Axis("spent", what), Axis("segment", ""), text="told")


def _repeat_purchases(frame: pl.DataFrame, _: str) -> Chart:
    return columns(frame, Axis("orders", "orders placed"), Axis("buyers", "buyers"))


def _cohorts(frame: pl.DataFrame, _: str) -> Chart:
    later = frame.filter(pl.col("months later") > 0) if frame["months later"].max() else frame
    named = later.with_columns(pl.col("first order").dt.strftime("%Y-%m"))
    shares = SHARE if max(later["share"].to_list(), default=0.0) < 0.1 else WHOLE_SHARE
    return heat(
        named, Axis("months later", "months after the first order"), Axis("first order", ""),
        Axis("share", "share who order", shares),
    )  # fmt: skip


def _customers_by_month(frame: pl.DataFrame, _: str) -> Chart:
    counts = frame.with_columns(-pl.col("lost")).unpivot(
        ["new", "returning", "lost"], index="month", variable_name="customers", value_name="number"
    )
    return columns(counts, Axis("month", ""), Axis("number", "customers (below 0: lost)"), Axis("customers", ""))


def _repurchase_intervals(frame: pl.DataFrame, _: str) -> Chart:
    return columns(frame, Axis("days", "days since the order before"), Axis("orders", "orders"))


def _also_viewed(frame: pl.DataFrame, _: str) -> Chart:
    pair = pl.format("{} → {}", _short("item"), _short("also")).alias("pair")
    told = pl.format("{} shoppers", _counted("shoppers")).alias("told")
    drawn = frame.sort("shoppers", descending=True).unique("item", keep="first", maintain_order=True)
    drawn = pl.concat([drawn, frame.join(drawn, on=["item", "also"], how="anti")]).head(15).with_columns(pair, told)
    return bars(drawn, Axis("share", "share of the first item's shoppers", WHOLE_SHARE), Axis("pair", ""), text="told")


def _correlations(frame: pl.DataFrame, _: str) -> Chart:
    return heat(
        frame, Axis("second", ""), Axis("first", ""), Axis("correlation", "correlation", "+.2f"), diverging=True
    )


def _stars(frame: pl.DataFrame, _: str) -> Chart:
    return lines(frame, Axis("month", ""), Axis("stars", "mean of the stars", ".2f", from_zero=False))


def _aspects(frame: pl.DataFrame, _: str) -> Chart:
    tones = pl.when(pl.col("verdict") == "praise").then(pl.lit(BETTER)).otherwise(pl.lit(WORSE)).alias("tone")
    named = pl.format("“{}” of {}", "aspect", _short("item")).alias("named")
    drawn = frame.with_columns(named, tones)
    return bars(drawn, Axis("mentions", "reviews"), Axis("named", ""), text="verdict", tone="tone")


def _short(column: str) -> pl.Expr:
    whole = pl.col(column)
    return pl.when(whole.str.len_chars() > 26).then(whole.str.head(25) + "…").otherwise(whole)


def _counted(column: str) -> pl.Expr:
    return pl.col(column).map_elements(lambda value: f"{value:,}", pl.String)


DRAWINGS: Final[dict[str, Drawing]] = {
    "funnel_by_week": _funnel_by_week,
    "funnel_by_category": _funnel_by_category,
    "weekday_hours": _weekday_hours,
    "seasons": _seasons,
    "categories": _shares,
    "brands": _shares,
    "price_bands": _price_bands,
    "baskets": _baskets,
    "long_tail": _long_tail,
    "returns": _returns,
    "rfm": _rfm,
    "repeat_purchases": _repeat_purchases,
    "cohorts": _cohorts,
    "customers_by_month": _customers_by_month,
    "repurchase_intervals": _repurchase_intervals,
    "also_viewed": _also_viewed,
    "correlations": _correlations,
    "stars": _stars,
    "aspects": _aspects,
}
"""Draws each insight, by its name."""
