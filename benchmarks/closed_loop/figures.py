"""What the days of a policy amount to: money with intervals, regret, variety, and how soon new items were found.

Intervals are those of a bootstrap by visitor, 95 %: visitors are drawn again with all that they did, the same ones for
every policy, so that a ratio of two policies compares the same visitors.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.shop.money import MICROS
from benchmarks.closed_loop.loop import outcomes
from benchmarks.closed_loop.town import Town
from benchmarks.closed_loop.visiting import N
from benchmarks.shared.rows import Row

RESAMPLES: Final = 2_000
RECENT: Final = 3
"""So many days together show whether an item has its share."""
HALF: Final = 0.5
"""A new item is found when it is shown at least this often, compared with the oracle."""
ENOUGH_DAYS: Final = 7
"""New items that come later are not asked whether they were found."""
TOP: Final = 0.01
_SALES: Final = ("revenue", "elsewhere")

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Lived:
    """The days of one policy, as tables of `benchmarks.closed_loop.visiting`."""

    visits: pl.DataFrame
    shown: pl.DataFrame
    oracle: pl.DataFrame

    @classmethod
    def read(cls, folder: Path, policy: str, days: int) -> Self:
        """Read what a policy wrote down."""
        return cls(*(outcomes(folder, policy, days, table) for table in ("visits", "shown", "oracle")))

    def by_visitor(self, column: str) -> Floats:
        """Return the sum of a column for each visitor, in the same order for every policy."""
        visitor = pl.when("known").then(pl.col("user")).otherwise(-1 - pl.col("visit"))
        return (
            self.visits.group_by(visitor.alias("visitor")).agg(pl.sum(column)).sort("visitor")[column].to_numpy() * 1.0
        )


def table(lived: dict[str, Lived]) -> list[Row]:
    """Return a row for each policy; ratios are to the first one."""
    first = next(iter(lived.values()))
    draws = np.random.default_rng(0).poisson(1.0, (RESAMPLES, len(first.by_visitor("revenue")))).astype(np.float64)
    rows: list[Row] = []
    for policy, days in lived.items():
        revenue, expected = days.by_visitor("revenue") / MICROS, days.by_visitor("expected")
        low, high = interval(draws @ revenue / draws.sum(axis=1))
        row: Row = {"policy": policy, "revenue": float(revenue.mean()), "low": low, "high": high}
        row |= _ratio("×", draws, revenue, first.by_visitor("revenue") / MICROS)
        row |= _ratio("expected ×", draws, expected, first.by_visitor("expected"))
        row |= _ratio("clicks ×", draws, days.by_visitor("expected_clicks"), first.by_visitor("expected_clicks"))
        rows.append(row | _whole(days, first))
    return rows


def variety(town: Town, lived: dict[str, Lived]) -> list[Row]:
    """Return a row for each policy: what its shelves hold, whom the sales go to, and when new items are found."""
    return [{"policy": policy} | _variety(town, days) | found(town, days) for policy, days in lived.items()]


def interval(values: Floats) -> tuple[float, float]:
    """Return the 95 % interval of draws."""
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


def _ratio(name: str, draws: Floats, own: Floats, other: Floats) -> Row:
    low, high = interval((draws @ own) / np.maximum(draws @ other, 1e-9))
    return {name: float(own.sum() / max(other.sum(), 1e-9)), f"{name} low": low, f"{name} high": high}


def _whole(days: Lived, first: Lived) -> Row:
    """Return what the shelf is to the whole shop, and to the oracle's."""
    sales, sales_of_first = (sum(float(one.by_visitor(name).sum()) for name in _SALES) for one in (days, first))
    return {
        "all sales ×": sales / max(sales_of_first, 1.0),
        "regret": 1 - float(days.by_visitor("expected").sum() / max(days.by_visitor("best").sum(), 1e-9)),
        "clicks": float(days.visits["clicks"].to_numpy().mean()),
    }


def _variety(town: Town, days: Lived) -> Row:
    bought = np.sort(np.bincount(days.shown.filter("bought")["item"].to_numpy(), minlength=town.size.items))
    top = max(1, round(TOP * town.size.items))
    return {
        "coverage": days.shown["item"].n_unique() / town.size.items,
        "repeats": float(days.shown["owned"].to_numpy().mean()),
        "top 1 %": float(bought[-top:].sum() / max(bought.sum(), 1)),
    }


def found(town: Town, days: Lived) -> Row:
    """Return how many good new items came, how many were found, and after how many days and impressions (medians).

    Good is an item that the oracle shows as often as an average item is shown, from its first day to the last. What was
    not found counts as found a day after the last.
    """
    last = int(days.visits["day"].to_numpy().max())
    shown, ideal = (
        _by_day(frame, town.size.items, last) for frame in (days.shown.filter(pl.col("page") == 0), days.oracle)
    )
    shelves = np.bincount(days.visits["day"].to_numpy(), minlength=last + 1)[1:]
    launch = town.world.catalogue.launch - town.size.days_before
    waits, impressions, hits = [], [], 0
    for item in np.flatnonzero((launch >= 0) & (launch <= last - ENOUGH_DAYS)):
        ours, oracle = shown[item, launch[item] :], ideal[item, launch[item] :]
        if oracle.sum() < shelves[launch[item] :].sum() * N / town.size.items:
            continue
        enough = (_recent(ours) >= HALF * _recent(oracle)) & (_recent(oracle) > 0)
        hits += bool(enough.any())
        day = int(enough.argmax()) if enough.any() else len(enough)
        waits.append(day + 1)
        impressions.append(int(ours[: day + 1].sum()))
    return {
        "good new": len(waits),
        "found": hits,
        "days": float(np.median(waits)) if waits else np.nan,
        "mean days": float(np.mean(waits)) if waits else np.nan,
        "impressions": float(np.median(impressions)) if waits else np.nan,
    }


def _by_day(frame: pl.DataFrame, items: int, days: int) -> NDArray[np.int64]:
    """Return how often each item is in a frame on each day, (items, days)."""
    cell = frame["item"].to_numpy().astype(np.int64) * days + frame["day"].to_numpy() - 1
    return np.bincount(cell, minlength=items * days).reshape(items, days)


def _recent(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sums of `RECENT` days up to each, (days,)."""
    total = np.concatenate([[0], np.cumsum(counts)])
    ends = np.arange(1, len(total))
    sums: NDArray[np.int64] = total[ends] - total[np.maximum(ends - RECENT, 0)]
    return sums
