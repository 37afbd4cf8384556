"""An insight: a small table about a shop, and the sentence that says what it shows."""

from collections.abc import Sequence
from typing import Final

import msgspec
import polars as pl

OTHERS: Final = "others"
"""The row that sums up what is beyond the first ones."""

UNKNOWN: Final = "not known"
"""What stands for a category, a brand or a title that an item lacks."""


class Insight(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that the data says."""

    name: str
    """Its name for programs."""
    title: str
    sentence: str
    """What the table shows, computed from it; without data, what to do to see something here."""
    frame: pl.DataFrame
    """Few rows, already summed up; money in units of the currency, which the sentence names."""
    currency: str | None = None
    """The currency of all money in it."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return self.frame.is_empty()


def top(frame: pl.DataFrame, label: str, by: str, n: int) -> pl.DataFrame:
    """Return the n rows with the most of a column, and one that sums up all others; rows of one label are one."""
    summed = frame.group_by(label).agg(pl.exclude(label).sum()).sort(by, label, descending=[True, False])
    rest = summed.slice(n)
    if rest.is_empty():
        return summed
    others = rest.select(pl.lit(f"{OTHERS} ({rest.height:,})").alias(label), pl.exclude(label).sum())
    return pl.concat([summed.head(n), others.select(summed.columns)])


def total(values: pl.Series) -> float:
    """Return the sum of numbers."""
    return float(values.cast(pl.Float64).sum())


def quantile(values: pl.Series, share: float = 0.5) -> float:
    """Return a quantile of numbers, by default the median; 0 of none."""
    return float(values.cast(pl.Float64).quantile(share, "linear") or 0.0)


def percent(share: float) -> str:
    """Write a share as people read it."""
    return f"{100 * share:.1f} %" if 0 < share < 0.1 else f"{100 * share:.0f} %"


def listed(words: Sequence[str]) -> str:
    """Write words one after another: a, b and c."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""
