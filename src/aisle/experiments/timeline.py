"""The samples of an experiment as they were at the end of each day, from one pass over what its units did.

What a unit counts for grows from day to day. A day adds to the sums of a variant what the unit's values, and the
products of each two of them, grew by that day; so that sums to the end of any day are cumulative sums of these.
"""

from collections.abc import Mapping
from itertools import combinations_with_replacement
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from aisle.experiments.metrics import COUNTS, Metric
from aisle.experiments.statistics.capping import Capped, capped
from aisle.experiments.statistics.samples import COLUMNS, Floats, Sample, values_of
from aisle.shop.columns import DAY

UNIT: Final = "unit"
VARIANT: Final = "variant"
KNOWN: Final = "known"
"""Whether the unit did something before the experiment began."""

BEFORE_PREFIX: Final = "before_"

_IS_FIRST: Final = "is_first"


class Timeline(NamedTuple):
    """The samples of a metric."""

    samples: Mapping[tuple[str, bool], Sample]
    """By variant and by whether the unit has a past; the leading axis is days."""
    capped: Capped | None
    """What was cut, if anything is."""


def timeline(units: pl.DataFrame, metric: Metric, days: int) -> Timeline:
    """Return the samples of a metric at the end of each day.

    Parameters
    ----------
    units
        A row for each unit and day on which it did something, sorted by both: `unit`, `variant`, `known`, `day` as a
        number from 0, the counts of that day, and those before the experiment with the prefix `before_`. A unit's first
        row is of the day on which it first saw the experiment.
    """
    return timeline_of(growing(units), metric, days)


def growing(units: pl.DataFrame) -> pl.DataFrame:
    """Return units as `timeline` takes them with counts that have grown up to each row, and which row is a first."""
    variants = pl.Enum(units[VARIANT].unique().sort())
    number = pl.col(UNIT).rle_id()
    return units.with_columns(
        pl.col(COUNTS).cum_sum().over(number),
        pl.col(VARIANT).cast(variants),
        number.is_first_distinct().alias(_IS_FIRST),
    )


def timeline_of(grown: pl.DataFrame, metric: Metric, days: int) -> Timeline:
    """Return the samples of a metric at the end of each day, of units of which it is known how they grew."""
    cut = None
    top, under = _column(grown, metric.top), _column(grown, metric.under) if metric.under else None
    if metric.cap is not None:
        is_last = np.append(grown[_IS_FIRST].to_numpy()[1:], True)
        cut = capped(top[is_last], metric.cap)
        top = np.minimum(top, cut.cap)
    if metric.most is not None:
        top = np.minimum(top, metric.most)
    before = [
        _column(grown, BEFORE_PREFIX + name) if name and metric.has_past else None
        for name in (metric.top, metric.under)
    ]
    if cut is not None and before[0] is not None:
        before[0] = np.minimum(before[0], cut.cap)
    return Timeline(_samples(grown, values_of(top, under, before), days), cut)


def _column(grown: pl.DataFrame, name: str) -> Floats:
    return grown[name].to_numpy().astype(np.float64)


def _samples(grown: pl.DataFrame, values: Floats, days: int) -> dict[tuple[str, bool], Sample]:
    """Return the samples of values that have grown up to each row, (rows, 4)."""
    is_first = grown[_IS_FIRST].to_numpy()
    columns = np.ascontiguousarray(values.T)
    previous = np.roll(columns, 1, axis=1)
    previous[:, is_first] = 0
    names = grown[VARIANT].unique().sort().cast(pl.String)
    stratum = 2 * grown[VARIANT].to_physical().to_numpy().astype(np.int64) + grown[KNOWN].to_numpy()
    cell = stratum * days + grown[DAY].to_numpy()

    def until(added: Floats) -> Floats:
        """Return sums up to the end of each day, (strata, days)."""
        sums: Floats = np.bincount(cell, added, 2 * len(names) * days).reshape(-1, days).cumsum(axis=1)
        return sums

    n = until(is_first.astype(np.float64))
    sums = np.stack([until(added) for added in columns - previous], axis=-1)
    products = np.empty((*n.shape, COLUMNS, COLUMNS))
    for one, other in combinations_with_replacement(range(COLUMNS), 2):
        added = columns[one] * columns[other] - previous[one] * previous[other]
        products[..., one, other] = products[..., other, one] = until(added)
    return {
        (name, known): Sample.of_sums(n[number], sums[number], products[number])
        for variant, name in enumerate(names)
        for known, number in ((True, 2 * variant + 1), (False, 2 * variant))
    }
