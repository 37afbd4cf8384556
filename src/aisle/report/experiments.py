"""The charts of an experiment: the changes of its metrics on one axis, and the goal from day to day."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import polars as pl

from aisle.experiments.report import Row
from aisle.report.charts import BETTER, SAME, SHARE, WORSE, Axis, band, intervals
from aisle.report.figure import Figure

_TONES: Final = {"better": BETTER, "worse": WORSE, None: SAME}


def changes(rows: Sequence[Row]) -> Figure | None:
    """Return the change of each metric and variant with its interval, on one axis; None if nothing can be said."""
    told = [row for row in rows if row.change is not None]
    if not told:
        return None
    several = len({row.variant for row in told}) > 1
    names = [row.metric.replace("_", " ") + (f", {row.variant}" if several else "") for row in told]
    frame = pl.DataFrame(
        {
            "metric": names,
            "change": [row.change for row in told],
            "low": [row.low for row in told],
            "high": [row.high for row in told],
            "verdict": [row.verdict or "may be chance" for row in told],
            "tone": [_TONES[row.verdict] for row in told],
        }
    )
    chart = intervals(frame, Axis("change", "change beside the baseline", SHARE), Axis("metric", ""), "tone")
    about = "Intervals hold at every look; only what is more than chance has a colour."
    return Figure("Changes", chart, frame.drop("tone"), about)


def over_time(row: Row, first: date) -> Figure | None:
    """Return the change of a metric as it was known at the end of each day; None before there are two."""
    if len(row.days) < 2:
        return None
    frame = pl.DataFrame(
        {
            "day": [first + timedelta(days=day.day) for day in row.days],
            "change": [day.change for day in row.days],
            "low": [day.low for day in row.days],
            "high": [day.high for day in row.days],
        }
    )
    title = f"{row.metric.replace('_', ' ')} of {row.variant}, as known from day to day"
    return Figure(title.capitalize(), band(frame, Axis("day", ""), Axis("change", "change", SHARE)), frame)
