"""What is checked before an experiment starts: whether it can show anything, and whether it stands in another's way."""

from collections.abc import Sequence
from math import inf, isfinite, sqrt
from typing import NamedTuple

import numpy as np
import polars as pl

from aisle.app.experiments.reading import HISTORY_DAYS, usual_units
from aisle.app.settings import Settings
from aisle.experiments.assignment import Range, free_range, place
from aisle.experiments.experiment import EVERYWHERE, Experiment
from aisle.experiments.metrics import METRICS, Metric
from aisle.experiments.statistics import planning
from aisle.experiments.statistics.balance import BROKEN, uniformity
from aisle.experiments.statistics.estimates import plain
from aisle.experiments.timeline import UNIT, timeline
from aisle.storage.connection import Database

UNKNOWN_PLAN = 10_000
"""With how many visitors an experiment is planned where nothing is known of its metric."""

FEWEST = 100
"""The fewest visitors that the smallest variant should get."""

ENOUGH = 1_000
"""The fewest visitors of whom it is checked that they are assigned evenly."""


class Check(NamedTuple):
    """What one check found."""

    name: str
    ok: bool
    says: str
    must: bool = False
    """Whether the experiment cannot start before it is so."""
    advice: str = ""
    """What to do about it; empty where it is ok."""


class Checklist(NamedTuple):
    """What all checks found."""

    checks: list[Check]
    planned: float
    """How many units it takes."""
    first: float
    """Where in its layer it finds room."""

    @property
    def forbids(self) -> list[Check]:
        """Return the checks without which it cannot start."""
        return [check for check in self.checks if check.must and not check.ok]

    @property
    def warns(self) -> list[Check]:
        """Return the checks that somebody may overrule."""
        return [check for check in self.checks if not check.must and not check.ok]


def check(
    db: Database, settings: Settings, experiment: Experiment, running: Sequence[tuple[Experiment, Range]], now: int
) -> Checklist:
    """Check an experiment that is to start now, beside those that run."""
    units = usual_units(db, settings, experiment.unit, now).frame
    metric = METRICS[experiment.metric]
    shares = experiment.shares()
    baseline, *others = (shares[variant.name] for variant in experiment.variants)
    both = baseline, min(others)
    spread = _spread(units, metric)
    a_day = units[UNIT].n_unique() / HISTORY_DAYS
    planned = planning.units_needed(experiment.effect, spread, both) if spread is not None else UNKNOWN_PLAN
    by_then = a_day * experiment.traffic * experiment.days
    layer, first = _layer(experiment, running)
    checks = [
        _power(experiment, metric, spread, both, by_then, planned, a_day),
        _traffic(experiment, by_then, by_then * both[1]),
        _known(metric, spread),
        _evenness(experiment, units[UNIT].unique()),
        layer,
        _overlap(experiment, running),
    ]
    return Checklist(checks, float(planned), first if first is not None else 0.0)


def _spread(units: pl.DataFrame, metric: Metric) -> float | None:
    """Return how far units are apart, over their mean; None where nothing is known."""
    if metric.quantile is not None or metric.is_of_shelves or units.is_empty():
        return None
    whole = units.with_columns(pl.lit("all").alias("variant"))
    samples = list(timeline(whole, metric, HISTORY_DAYS + 1).samples.values())
    estimate = plain(samples[0].merged(samples[1]))
    value, error = float(estimate.value[-1]), sqrt(float(estimate.variance[-1] * estimate.n[-1]))
    return error / value if isfinite(error) and value > 0 and error > 0 else None


def _power(
    experiment: Experiment,
    metric: Metric,
    spread: float | None,
    shares: tuple[float, float],
    by_then: float,
    planned: float,
    a_day: float,
) -> Check:
    if spread is None:
        says = f"nobody knows how {metric.what} differs between visitors; planned with {planned:,}"
        return Check("power", False, says, advice="Choose a goal that is known, or look at the report with patience.")
    effect = planning.detectable_effect(by_then, spread, shares)
    needs = planning.days_needed(planned, a_day, experiment.traffic)
    says = planning.in_words(effect, by_then, experiment.days, metric.what)
    if effect <= experiment.effect:
        return Check("power", True, says)
    days = f"{needs:,.0f} days" if needs < inf else "visitors that do not come"
    return Check(
        "power",
        False,
        f"{says} One of {experiment.effect:.1%} takes {planned:,.0f} visitors, which are {days}.",
        advice="Give it more days or traffic, look for a greater change, or compare fewer variants.",
    )


def _traffic(experiment: Experiment, visitors: float, smallest: float) -> Check:
    """Check that the smallest variant gets visitors at all."""
    says = f"about {visitors:,.0f} visitors in {experiment.days} days, of whom {smallest:,.0f} see the smallest variant"
    if smallest >= FEWEST:
        return Check("traffic", True, says)
    return Check("traffic", False, says, advice="Give it more days or traffic, or the smallest variant more weight.")


def _known(metric: Metric, spread: float | None) -> Check:
    """Check that the goal is measured."""
    if spread is not None:
        return Check("metrics", True, f"{metric.what} is known; visitors differ by {spread:.1f} times its mean")
    says = f"{metric.what} was not measured in the last {HISTORY_DAYS} days"
    return Check("metrics", False, says, advice="Send the events that it is made of, or choose another goal.")


def _evenness(experiment: Experiment, units: pl.Series) -> Check:
    """Check that the visitors that there are would be assigned evenly."""
    if len(units) < ENOUGH:
        return Check("assignment", True, f"with {len(units):,} visitors there are too few to check it")
    p_value = uniformity(np.array([place(experiment.salt, unit) for unit in units.to_list()]))
    if p_value >= BROKEN:
        return Check("assignment", True, f"{len(units):,} visitors are spread evenly (p = {p_value:.2f})")
    says = f"{len(units):,} visitors are spread unevenly (p = {p_value:.1g})"
    return Check("assignment", False, says, advice="Give it another name, which spreads them anew.")


def _layer(experiment: Experiment, running: Sequence[tuple[Experiment, Range]]) -> tuple[Check, float | None]:
    """Find room in the layer: experiments of a layer share no visitor."""
    taken = [Range(where.first, other.traffic) for other, where in running if other.own_layer == experiment.own_layer]
    first = free_range(taken, experiment.traffic)
    says = f"{experiment.traffic:.0%} of the visitors in {experiment.own_layer}"
    if first is not None:
        return Check("layer", True, f"{says} are free", must=True), first
    used = sum(where.reach for where in taken)
    says = f"{says} are not free, {used:.0%} take part in others"
    return Check("layer", False, says, must=True, advice="Lower its traffic, or stop one of the others."), None


def _overlap(experiment: Experiment, running: Sequence[tuple[Experiment, Range]]) -> Check:
    same = [
        other
        for other, _ in running
        if other.own_layer != experiment.own_layer
        and {other.placement, experiment.placement} & _same(other, experiment)
    ]
    if not same:
        return Check("overlap", True, "no other experiment changes the same placement for the same visitors")
    names = ", ".join(other.name for other in same)
    clash = any(other.placement == experiment.placement for other in same)
    advice = "Put both into one layer, in which they share no visitor, or wait until the other is over."
    return Check("overlap", False, f"{names} is about the same placement in another layer", must=clash, advice=advice)


def _same(one: Experiment, other: Experiment) -> set[str]:
    return {EVERYWHERE, one.placement} if one.placement == other.placement else {EVERYWHERE}
