"""A variation beside the baseline, day by day, with the past taken off, in strata where there are enough units."""

from typing import Final, NamedTuple

import numpy as np
import polars as pl

from aisle.experiments.metrics import Metric
from aisle.experiments.statistics.differences import Difference, relative
from aisle.experiments.statistics.estimates import Estimate, adjusted, plain, stratified
from aisle.experiments.statistics.quantiles import quantile
from aisle.experiments.statistics.samples import Floats, Sample
from aisle.experiments.timeline import VARIANT, Timeline

LEAST: Final = 50
"""With fewer units of a variant, a stratum is none of its own, and a variation has no verdict."""


class Change(NamedTuple):
    """The change of a metric as a share of the baseline, (days,)."""

    difference: Difference
    units: Floats
    """How many units both variants had."""
    narrower: float | None
    """By which share what was known before makes the interval narrower at the end; None where nothing was."""


def of_timeline(lines: Timeline, metric: Metric, baseline: str, variation: str) -> Change:
    """Compare the means of two variants at the end of each day."""
    pairs = [(lines.samples[baseline, known], lines.samples[variation, known]) for known in (True, False)]
    whole = _merged(pairs, 0), _merged(pairs, 1)
    raw = relative(plain(whole[0]), plain(whole[1]))
    units = whole[0].n + whole[1].n
    if not metric.has_past:
        return Change(raw, units, None)
    if min(float(sample.n[-1]) for pair in pairs for sample in pair) >= LEAST:
        better = relative(*_in_strata(pairs, units))
    else:
        better = relative(*_without_past(*whole))
    error, error_before = better.error[-1], raw.error[-1]
    return Change(better, units, float(1 - error / error_before) if error_before > 0 else None)


def of_quantile(totals: pl.DataFrame, metric: Metric, baseline: str, variation: str) -> Change:
    """Compare the quantiles of two variants as they are now, one day long; `totals` is a row for each unit."""
    assert metric.quantile is not None  # noqa: S101
    paid = totals.filter(pl.col(metric.top) > 0)
    values = [paid.filter(pl.col(VARIANT) == name)[metric.top].to_numpy() for name in (baseline, variation)]
    estimates = [quantile(some, metric.quantile) for some in values]
    first, second = (Estimate(*(np.atleast_1d(part) for part in estimate)) for estimate in estimates)
    number = totals.filter(pl.col(VARIANT).is_in([baseline, variation])).height
    return Change(relative(first, second), np.array([float(number)]), None)


def _in_strata(pairs: list[tuple[Sample, Sample]], units: Floats) -> tuple[Estimate, Estimate]:
    """Estimate both variants among units with a past and those without, weighed alike."""
    (known, known_too), (new, new_too) = pairs
    past = _without_past(known, known_too)
    shares = np.stack([known.n + known_too.n, new.n + new_too.n], axis=-1) / np.maximum(units, 1)[:, None]
    return stratified([past[0], plain(new)], shares), stratified([past[1], plain(new_too)], shares)


def _without_past(baseline: Sample, variation: Sample) -> tuple[Estimate, Estimate]:
    everyone = baseline.merged(variation)
    return adjusted(baseline, everyone), adjusted(variation, everyone)


def _merged(pairs: list[tuple[Sample, Sample]], place: int) -> Sample:
    return pairs[0][place].merged(pairs[1][place])
