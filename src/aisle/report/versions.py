"""Trained models as figures: how they rank, what their rankers look at, and whether their chances can be believed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import polars as pl

from aisle.report.charts import FIGURE, SHARE, Axis, bars, lines
from aisle.report.figure import Figure

if TYPE_CHECKING:
    from aisle.app.train import Trained
    from aisle.app.training.calibrating import Reliability
    from aisle.storage.shelves.days import ItemDay

FEATURES: Final = 20
"""So many features are drawn."""


def ranking_figure(figures: pl.DataFrame, k: int) -> Figure | None:
    """Return the NDCG of models with its intervals; None if none was measured.

    Parameters
    ----------
    figures
        As `app.versions.figures` returns them.
    k
        The length of the lists.
    """
    drawn = figures.filter(items="all", figure="ndcg").select(
        pl.format("model {}", "version").alias("model"), *(pl.col(name).round(4) for name in ("value", "low", "high"))
    )
    if drawn.is_empty():
        return None
    about = "Each on the weeks before its training, with the 95 % interval over the shoppers."
    return Figure(f"NDCG@{k} of each model", bars(drawn, Axis("value", "", FIGURE), Axis("model", "")), drawn, about)


def importance_figure(trained: "Trained") -> Figure | None:
    """Return what the ranker of a model looks at; None if it has none."""
    used = [(name.replace("_", " "), share) for name, share in trained.importance.items() if share > 0][:FEATURES]
    if not used:
        return None
    frame = pl.DataFrame(used, {"feature": pl.String, "share": pl.Float64}, orient="row")
    chart = bars(frame, Axis("share", "share of the gain", SHARE), Axis("feature", ""))
    about = "The share of each feature in what the splits of the ranker's trees gain."
    return Figure(f"The {len(used)} features that count most", chart, frame, about)


def reliability_figure(reliability: "Reliability") -> Figure:
    """Return the chances that were stated, in tenths, beside what shoppers did."""
    rows = [
        (number, name, value)
        for number, one in enumerate(reliability.bins, 1)
        for name, value in (("stated", one.stated), ("observed", one.observed))
    ]
    frame = pl.DataFrame(rows, {"tenth": pl.Int64, "what": pl.String, "chance": pl.Float64}, orient="row")
    chart = lines(
        frame, Axis("tenth", "tenth of the items shown"), Axis("chance", "chance", SHARE), Axis("what", ""), timed=False
    )
    about = (
        f"The chance that a shopper takes an item within {reliability.days:.0f} days, as stated and as observed, of "
        f"{reliability.shoppers:,} shoppers."
    )
    return Figure("Stated and observed chances", chart, frame, about)


def item_days_figure(days: Sequence["ItemDay"]) -> Figure | None:
    """Return what became of an item day by day; None if nothing did."""
    series = {"sold": "units", "on shelves": "places", "seen": "seen", "clicked": "clicks"}
    rows = [
        (day.day, name, getattr(day, field))
        for name, field in series.items()
        if any(getattr(one, field) for one in days)
        for day in days
    ]
    if not rows:
        return None
    frame = pl.DataFrame(rows, {"day": pl.Int64, "what": pl.String, "times": pl.Int64}, orient="row").with_columns(
        pl.from_epoch("day", "us").dt.date()
    )
    chart = lines(frame, Axis("day", ""), Axis("times", "times a day"), Axis("what", ""))
    return Figure("Day by day", chart, frame, "How often it was sold, stood on shelves, was seen there and clicked.")
