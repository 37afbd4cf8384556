from math import inf

import numpy as np
import polars as pl
import pytest
import tea_tasting as tt

from aisle.experiments.statistics import planning


def test_a_single_look_needs_as_many_units_as_tea_tasting_says() -> None:
    values = np.random.default_rng(1).gamma(1.0, 10.0, 50_000)
    cv = values.std(ddof=1) / values.mean()
    theirs = tt.Mean("x", rel_effect_size=0.02).solve_power(pl.DataFrame({"x": values}), "n_obs")[0].n_obs

    ours = planning.units_needed(0.02, cv, looks=False)

    # Theirs leaves out that a variation that is 2 % higher also varies 2 % more.
    assert ours == pytest.approx(theirs * 1.02**2, rel=0.002)


@pytest.mark.parametrize("looks", [False, True])
@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.9, 0.1)])
def test_effect_units_and_power_fit_each_other(shares: tuple[float, float], looks: bool) -> None:
    units = planning.units_needed(0.05, 3.0, shares, looks=looks)

    assert planning.detectable_effect(units, 3.0, shares, looks=looks) == pytest.approx(0.05, rel=1e-3)
    assert planning.power_of(0.05, units, 3.0, shares, looks=looks) == pytest.approx(0.8, abs=1e-3)


def test_looking_early_costs_units() -> None:
    assert planning.units_needed(0.05, 3.0) > planning.units_needed(0.05, 3.0, looks=False)


def test_too_few_units_show_nothing() -> None:
    assert planning.detectable_effect(10, 5.0) == inf
    assert planning.detectable_effect(0, 5.0) == inf


def test_days_follow_from_the_visitors_who_take_part() -> None:
    assert planning.days_needed(10_000, 1_000, 0.5) == 20
    assert planning.days_needed(10_000, 0) == inf


def test_what_can_be_found_is_said_in_words() -> None:
    assert planning.in_words(0.05, 12_000, 28, "revenue per visitor").startswith(
        "In 28 days, with 12,000 visitors, a change of revenue per visitor by 5.0% or more shows in 80% of cases"
    )
    assert "cannot show any change" in planning.in_words(inf, 10, 28, "revenue per visitor")
