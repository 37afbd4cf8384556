"""Who sees which variant: a hash of the unit says so, so that nothing is stored, and every process says the same.

A unit has a place from 0 to 1 in a layer, by which experiments of a layer share no unit, and another one in each
experiment, by which variants are chosen. Both come from BLAKE2b with the name as its key, so that places in different
layers and experiments are independent of each other.
"""

from hashlib import blake2b
from typing import Final, NamedTuple

from aisle.experiments.experiment import Experiment, Variant

_WHOLE: Final = 2**64


class Range(NamedTuple):
    """The places of a layer that an experiment has."""

    first: float
    reach: float
    """How far it reaches now: as far as its traffic, or less while it ramps up."""


def place(salt: str, unit: str) -> float:
    """Return the place of a unit, at least 0 and below 1."""
    key = blake2b(salt.encode(), digest_size=32).digest()
    return int.from_bytes(blake2b(unit.encode(), digest_size=8, key=key).digest()) / _WHOLE


def variant_of(experiment: Experiment, where: Range, unit: str) -> Variant | None:
    """Return the variant that a unit sees; None if it does not take part."""
    if not 0 <= place(experiment.own_layer, unit) - where.first < where.reach:
        return None
    left = place(experiment.salt, unit) * sum(variant.weight for variant in experiment.variants)
    for variant in experiment.variants:
        left -= variant.weight
        if left < 0:
            return variant
    return experiment.variants[-1]  # the weights add up to a rounding error less


def free_range(taken: list[Range], traffic: float) -> float | None:
    """Return where in a layer an experiment finds room for its traffic; None if it does not."""
    first = 0.0
    for other in sorted(taken):
        if other.first - first >= traffic - 1e-9:
            return first
        first = max(first, other.first + other.reach)
    return first if 1 - first >= traffic - 1e-9 else None
