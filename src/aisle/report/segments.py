"""The charts of segments."""

import polars as pl

from aisle.report.charts import Axis, lines
from aisle.report.figure import Figure


def members_by_day(name: str, sizes: pl.DataFrame) -> Figure:
    """Return how many belonged to a segment from day to day."""
    return Figure(f"Members of {name} by day", lines(sizes, Axis("day", ""), Axis("members", "members")), sizes)
