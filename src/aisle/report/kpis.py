"""The charts of KPIs."""

import polars as pl

from aisle.report.charts import COUNT, SHARE, Axis, bars, columns, lines
from aisle.report.figure import Figure


def sales_by_day(days: pl.DataFrame, currency: str) -> Figure:
    """Return the revenue of each day, or its orders where nothing was paid."""
    value = Axis("revenue", f"revenue in {currency}", COUNT) if currency else Axis("orders", "orders")
    title = "Revenue by day" if currency else "Orders by day"
    return Figure(title, columns(days.fill_null(0), Axis("day", ""), value), days)


def clicks_by_day(days: pl.DataFrame) -> Figure | None:
    """Return how much of what was seen on shelves was clicked; None if nothing was seen."""
    seen = days.drop_nulls("ctr")
    if seen.is_empty():
        return None
    chart = lines(seen, Axis("day", ""), Axis("ctr", "clicks per item seen", SHARE))
    return Figure("How much of what is seen is clicked", chart, seen.select("day", "seen", "clicks", "ctr"))


def clicks_by_placement(placements: pl.DataFrame) -> Figure | None:
    """Return the click rate of each placement; None if nothing was seen."""
    seen = placements.filter(pl.col("seen") > 0).sort("ctr", "placement", descending=[True, False])
    if seen.is_empty():
        return None
    told = pl.format("{} of {}", *(pl.col(name).map_elements("{:,}".format, pl.String) for name in ("clicks", "seen")))
    chart = bars(
        seen.with_columns(told.alias("told")), Axis("ctr", "clicks per item seen", SHARE), Axis("placement", ""), "told"
    )
    return Figure("Clicks by placement", chart, seen.select("placement", "seen", "clicks", "ctr"))
