"""The samples of an experiment as they were at the end of each day, from one pass over what its units did.

What a unit counts for grows from day to day. A day adds to the sums of a variant what the unit's values, and the
products of each two of them, grew by that day; so that sums to the end of any day are cumulative sums of these.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from aisle.experiments.metrics import Metric
from aisle.experiments.statistics.capping import Capped, capped
from aisle.experiments.statistics.samples import COLUMNS, Floats, Sample, values_of
from aisle.shop.columns import DAY

UNIT: Final = "unit"
VARIANT: Final = "variant"
KNOWN: Final = "known"
"""Whether the unit did something before the experiment began."""

BEFORE_PREFIX: Final = "before_"


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
    grown = units.select(
        VARIANT, KNOWN, DAY, is_first=pl.col(UNIT).is_first_distinct(), **_columns(metric), **_past(metric)
    )
    cut = None
    top = grown["top"].to_numpy().astype(np.float64)
    if metric.cap is not None:
        is_last = np.append(grown["is_first"].to_numpy()[1:], True)
        cut = capped(top[is_last], metric.cap)
        top = np.minimum(top, cut.cap)
    if metric.most is not None:
        top = np.minimum(top, metric.most)
    under = None if metric.under is None else grown["under"].to_numpy().astype(np.float64)
    before = [grown[name].to_numpy().astype(np.float64) if name in grown.columns else None for name in _PAST]
    if cut is not None and before[0] is not None:
        before[0] = np.minimum(before[0], cut.cap)
    values = values_of(top, under, before)
    return Timeline(_samples(grown, values, days), cut)


_PAST: Final = ("before_top", "before_under")


def _columns(metric: Metric) -> dict[str, pl.Expr]:
    named = {"top": metric.top, "under": metric.under}
    return {name: pl.col(count).cum_sum().over(UNIT) for name, count in named.items() if count}


def _past(metric: Metric) -> dict[str, pl.Expr]:
    if not metric.has_past:
        return {}
    named = zip(_PAST, (metric.top, metric.under), strict=True)
    return {name: pl.col(BEFORE_PREFIX + count) for name, count in named if count}


def _samples(grown: pl.DataFrame, values: Floats, days: int) -> dict[tuple[str, bool], Sample]:
    """Return the samples of values that have grown up to each row, (rows, 4)."""
    is_first = grown["is_first"].to_numpy()
    previous = np.roll(values, 1, axis=0)
    previous[is_first] = 0
    day = grown[DAY].to_numpy()
    samples = {}
    for variant in grown[VARIANT].unique().sort():
        for known in (True, False):
            of_these = ((grown[VARIANT] == variant) & (grown[KNOWN] == known)).to_numpy()
            here, before, when = values[of_these], previous[of_these], day[of_these]
            samples[variant, known] = Sample.of_sums(
                _until(when, is_first[of_these].astype(np.float64), days),
                np.stack([_until(when, here[:, one] - before[:, one], days) for one in range(COLUMNS)], axis=-1),
                _products(when, here, before, days),
            )
    return samples


def _products(day: Floats, here: Floats, before: Floats, days: int) -> Floats:
    out = np.empty((days, COLUMNS, COLUMNS))
    for one in range(COLUMNS):
        for other in range(one, COLUMNS):
            grown = here[:, one] * here[:, other] - before[:, one] * before[:, other]
            out[:, one, other] = out[:, other, one] = _until(day, grown, days)
    return out


def _until(day: Floats, grown: Floats, days: int) -> Floats:
    """Return sums up to the end of each day."""
    sums: Floats = np.bincount(day, grown, days).cumsum()
    return sums
