"""The report of an experiment: of each variation and metric the change, an interval that always holds, a verdict."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np
import polars as pl
from msgspec import Struct, structs

from aisle.experiments import comparing
from aisle.experiments.comparing import LEAST, Change
from aisle.experiments.experiment import Experiment
from aisle.experiments.metrics import COUNTS, METRICS, Metric
from aisle.experiments.statistics.balance import sample_ratio
from aisle.experiments.statistics.sequential import LEVEL, AlwaysValid, always_valid
from aisle.experiments.statistics.several import benjamini_hochberg, holm
from aisle.experiments.timeline import UNIT, VARIANT, growing, timeline_of

Role = Literal["goal", "guardrail", "other"]

_CHANCE: Final = 1 - LEVEL


class Figure(Struct, frozen=True):
    """A metric of a variant as it was counted."""

    value: float | None
    """None where there is nothing to divide by."""
    top: float
    """What was added up; of a quantile, the number of units above 0."""
    under: float
    """What it is divided by: units, or another count."""


class Day(Struct, frozen=True):
    """What could be said of a change at the end of a day."""

    day: int
    """Its number, from 0."""
    change: float
    low: float
    high: float


class Row(Struct, frozen=True, kw_only=True):
    """A metric of a variation beside the baseline. Changes are shares of the baseline."""

    metric: str
    role: Role
    variant: str
    baseline: Figure
    variation: Figure
    change: float | None
    """After what CUPED and capping did; None where nothing can be said."""
    low: float | None
    high: float | None
    p_value: float | None
    """Corrected for how many there are: by Holm for the goal, by Benjamini and Hochberg for what is no guardrail."""
    verdict: Literal["better", "worse"] | None = None
    """None: it may be chance."""
    narrower: float | None
    """By which share the time before the experiment makes the interval narrower; None where it says nothing."""
    cap: float | None
    """The greatest value of a unit that counts in full."""
    capped_units: int
    removed: float
    """The share of what was added up that the cap leaves out."""
    days: list[Day]


class Report(Struct, frozen=True, kw_only=True):
    """What an experiment showed so far."""

    experiment: Experiment
    units: dict[str, int]
    """By variant."""
    balance_p: float
    """How probable it is that units are shared out so unevenly by chance."""
    is_broken: bool
    """Whether that is so improbable that nothing else here counts."""
    done: float
    """The units as a share of the planned ones."""
    days: int
    """For how many days it has run, today included."""
    rows: list[Row]
    doubts: dict[str, int]
    """What was left out or is odd, in words."""

    def of(self, role: Role) -> list[Row]:
        """Return the rows of a role."""
        return [row for row in self.rows if row.role == role]


def report(experiment: Experiment, units: pl.DataFrame, planned: float, days: int, doubts: Mapping[str, int]) -> Report:
    """Return the report of an experiment.

    Parameters
    ----------
    units
        As of `timeline`.
    planned
        How many units it was planned with.
    days
        For how many days it has run.
    """
    counted = {variant.name: 0 for variant in experiment.variants}
    per_variant = units.group_by(VARIANT).agg(pl.col(UNIT).n_unique())
    counted |= {name: number for name, number in per_variant.iter_rows() if name in counted}
    balance = sample_ratio(list(counted.values()), list(experiment.shares().values()))
    grown = growing(units)
    totals = units.group_by(pl.col(UNIT).rle_id(), VARIANT).agg(pl.col(COUNTS).sum())
    rows = [
        row for metric in METRICS.values() for row in _rows(experiment, metric, grown, totals, counted, planned, days)
    ]
    return Report(
        experiment=experiment,
        units=counted,
        balance_p=balance.p_value,
        is_broken=balance.is_broken,
        done=sum(counted.values()) / planned,
        days=days,
        rows=_with_verdicts(rows),
        doubts=dict(doubts),
    )


def _rows(
    experiment: Experiment,
    metric: Metric,
    grown: pl.DataFrame,
    totals: pl.DataFrame,
    counted: Mapping[str, int],
    planned: float,
    days: int,
) -> list[Row]:
    """Return the rows of a metric: one for each variation that has enough units."""
    baseline = experiment.variants[0].name
    of_two = [
        variant.name
        for variant in experiment.variants[1:]
        if min(counted[baseline], counted[variant.name]) >= LEAST and not (variant.holdout and metric.is_of_shelves)
    ]
    if not of_two:
        return []
    lines = None if metric.quantile is not None else timeline_of(grown, metric, days)
    cut = lines.capped if lines else None
    shares = experiment.shares()
    rows = []
    for variation in of_two:
        if lines is None:
            change = comparing.of_quantile(totals, metric, baseline, variation)
        else:
            change = comparing.of_timeline(lines, metric, baseline, variation)
        due = planned * (shares[baseline] + shares[variation])
        valid = always_valid(change.difference, np.maximum(change.units, 1) / due)
        rows.append(
            Row(
                metric=metric.name,
                role=_role(experiment, metric),
                variant=variation,
                baseline=_figure(totals, metric, baseline),
                variation=_figure(totals, metric, variation),
                **_now(change, valid),
                narrower=change.narrower,
                cap=cut.cap if cut else None,
                capped_units=cut.units if cut else 0,
                removed=cut.removed if cut else 0.0,
                days=_days(change, valid) if lines else [],
            )
        )
    return rows


def _role(experiment: Experiment, metric: Metric) -> Role:
    if metric.name == experiment.metric:
        return "goal"
    return "guardrail" if metric.name in experiment.guardrails else "other"


def _now(change: Change, valid: AlwaysValid) -> dict[str, Any]:
    """Return what can be said at the end."""
    last = change.difference.value[-1], valid.low[-1], valid.high[-1], valid.p_value[-1]
    said = [float(value) if np.isfinite(value) else None for value in last]
    if None in said:
        said = [None] * len(said)
    return dict(zip(("change", "low", "high", "p_value"), said, strict=True))


def _days(change: Change, valid: AlwaysValid) -> list[Day]:
    columns = np.stack([change.difference.value, valid.low, valid.high], axis=-1)
    return [Day(day, *map(float, row)) for day, row in enumerate(columns) if np.isfinite(row).all()]


def _figure(totals: pl.DataFrame, metric: Metric, variant: str) -> Figure:
    per_unit = totals.filter(pl.col(VARIANT) == variant)
    top = per_unit[metric.top]
    if metric.quantile is not None:
        paid = top.filter(top > 0)
        return Figure(paid.quantile(metric.quantile, "linear"), float(len(paid)), float(len(top)))
    added = float((top.clip(upper_bound=metric.most) if metric.most else top).sum())
    under = float(per_unit[metric.under].sum() if metric.under else per_unit.height)
    return Figure(added / under if under else None, added, under)


def _with_verdicts(rows: list[Row]) -> list[Row]:
    """Return rows with p-values that are corrected for how many there are, and what follows from them."""
    correct = {"goal": holm, "guardrail": lambda p_values: p_values, "other": benjamini_hochberg}
    done = []
    for role, corrected in correct.items():
        of_role = [row for row in rows if row.role == role]
        raw = np.array([np.nan if row.p_value is None else row.p_value for row in of_role])
        done += [_judged(row, float(p_value)) for row, p_value in zip(of_role, corrected(raw), strict=True)]
    return done


def _judged(row: Row, p_value: float) -> Row:
    if row.change is None or np.isnan(p_value):
        return structs.replace(row, p_value=None)
    if p_value >= _CHANCE:
        return structs.replace(row, p_value=p_value)
    grew = row.change > 0
    is_better = grew == (METRICS[row.metric].better == "up")
    return structs.replace(row, p_value=p_value, verdict="better" if is_better else "worse")
