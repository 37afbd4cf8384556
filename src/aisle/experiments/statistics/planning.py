"""How many units an experiment needs, what it can find, and how long it takes.

A multiplicative effect e on a metric with the mean m and the standard deviation s of a unit has the standard error
(1 + e) (s / m) sqrt(1 / n_baseline + 1 / n_variation), as the values of the variation grow with their mean.
"""

from math import ceil, inf, sqrt
from typing import Final

from scipy import stats

from aisle.experiments.statistics.sequential import LEVEL, widening

POWER: Final = 0.8


def units_needed(
    effect: float,
    variation: float,
    shares: tuple[float, float] = (0.5, 0.5),
    *,
    power: float = POWER,
    level: float = LEVEL,
    looks: bool = True,
) -> int:
    """Return the number of units, of all variants, with which an effect is found with a probability.

    Parameters
    ----------
    effect
        As a share of the baseline: 0.05 is +5 %. Not 0.
    variation
        The standard deviation of a unit's value over the mean.
    shares
        The parts of all units that the baseline and the variation get.
    looks
        Whether the result is looked at before the end, as `sequential` allows; else it is read once.
    """
    parts = 1 / shares[0] + 1 / shares[1]
    return ceil(parts * ((1 + effect) * variation * _reach(power, level, looks=looks) / effect) ** 2)


def detectable_effect(
    units: float,
    variation: float,
    shares: tuple[float, float] = (0.5, 0.5),
    *,
    power: float = POWER,
    level: float = LEVEL,
    looks: bool = True,
) -> float:
    """Return the least growth that some units can show, parameters as of `units_needed`; infinity if none can."""
    if units <= 0:
        return inf
    error = variation * sqrt((1 / shares[0] + 1 / shares[1]) / units)
    reach = _reach(power, level, looks=looks) * error
    return reach / (1 - reach) if reach < 1 else inf


def power_of(
    effect: float,
    units: float,
    variation: float,
    shares: tuple[float, float] = (0.5, 0.5),
    *,
    level: float = LEVEL,
    looks: bool = True,
) -> float:
    """Return the probability with which an effect is found once so many units were seen."""
    error = (1 + effect) * variation * sqrt((1 / shares[0] + 1 / shares[1]) / units)
    return float(stats.norm.sf(_width(level, looks=looks) - abs(effect) / error))


def days_needed(units: float, visitors_per_day: float, traffic: float = 1.0) -> float:
    """Return in how many days so many units come, of the traffic that takes part; infinity without any."""
    taking_part = visitors_per_day * traffic
    return ceil(units / taking_part) if taking_part > 0 else inf


def in_words(effect: float, units: float, days: float, what: str) -> str:
    """Say what an experiment can find."""
    if effect == inf:
        return f"{units:,.0f} visitors in {days:,.0f} days cannot show any change of {what}: let it run longer"
    return (
        f"In {days:,.0f} days, with {units:,.0f} visitors, a change of {what} by {effect:.1%} or more shows "
        f"in {POWER:.0%} of cases; a smaller one probably does not."
    )


def _reach(power: float, level: float, *, looks: bool) -> float:
    return _width(level, looks=looks) + float(stats.norm.ppf(power))


def _width(level: float, *, looks: bool) -> float:
    """Return how many standard errors an effect has to be away from 0 at the planned size."""
    return float(widening(1.0, level)) if looks else float(stats.norm.ppf((1 + level) / 2))
