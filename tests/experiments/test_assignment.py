import numpy as np
import pytest
from scipy import stats

from aisle.experiments.assignment import Range, free_range, place, variant_of
from aisle.experiments.experiment import Experiment, Variant
from aisle.experiments.statistics.balance import sample_ratio, uniformity
from tests.experiments.shoppers import TRIAL

UNITS = [f"shopper {number}" for number in range(20_000)]
WHOLE = Range(0.0, 1.0)


def _variants(experiment: Experiment, where: Range = WHOLE) -> list[str | None]:
    chosen = [variant_of(experiment, where, unit) for unit in UNITS]
    return [variant.name if variant else None for variant in chosen]


def test_places_are_uniform_and_always_the_same() -> None:
    places = np.array([place("trial.1", unit) for unit in UNITS])

    assert uniformity(places) > 0.001
    assert 0 <= places.min() <= places.max() < 1
    assert place("trial.1", "anna") == 0.9256069085010652  # another value would move everybody who takes part


def test_variants_have_their_shares() -> None:
    weighted = Experiment(
        name="weighted", placement="home", variants=(Variant(name="a"), Variant(name="b", weight=3, holdout=True))
    )
    chosen = _variants(weighted)

    assert sample_ratio([chosen.count("a"), chosen.count("b")], [1, 3]).p_value > 0.001


def test_two_experiments_are_independent_of_each_other() -> None:
    other = Experiment(name="other", placement="cart", variants=TRIAL.variants)
    table = np.zeros((2, 2))
    for one, two in zip(_variants(TRIAL), _variants(other), strict=True):
        table[one == "popular", two == "popular"] += 1

    assert stats.chi2_contingency(table).pvalue > 0.001


def test_another_version_is_assigned_anew() -> None:
    import msgspec

    again = msgspec.structs.replace(TRIAL, version=2)

    same = np.mean([one == two for one, two in zip(_variants(TRIAL), _variants(again), strict=True)])
    assert same == pytest.approx(0.5, abs=0.02)


def test_experiments_of_a_layer_share_nobody() -> None:
    other = Experiment(name="other", placement="home", variants=TRIAL.variants, traffic=0.4)
    ours, theirs = _variants(TRIAL, Range(0.0, 0.6)), _variants(other, Range(0.6, 0.4))

    assert all((one is None) != (two is None) for one, two in zip(ours, theirs, strict=True))


def test_who_sees_it_early_sees_the_same_later() -> None:
    early, later = _variants(TRIAL, Range(0.2, 0.05)), _variants(TRIAL, Range(0.2, 0.5))

    assert 0.04 < 1 - early.count(None) / len(UNITS) < 0.06
    assert all(one in (None, two) for one, two in zip(early, later, strict=True))


def test_room_in_a_layer_is_found_where_it_is_free() -> None:
    assert free_range([], 1.0) == 0
    assert free_range([Range(0.0, 0.3), Range(0.5, 0.5)], 0.2) == 0.3
    assert free_range([Range(0.0, 0.3), Range(0.5, 0.5)], 0.3) is None
    assert free_range([Range(0.0, 0.7)], 0.3) == 0.7
