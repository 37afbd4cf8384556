"""Differences against tea-tasting, an independent implementation, and against what is known."""

import numpy as np
import polars as pl
import pytest
import tea_tasting as tt

from aisle.experiments.statistics.differences import absolute, relative
from aisle.experiments.statistics.estimates import Estimate, adjusted, adjustment, plain, stratified
from aisle.experiments.statistics.samples import Floats, Sample, values_of

VISITORS = 1_000


def _shop(seed: int, growth: float) -> pl.DataFrame:
    """Visitors who buy more now if they bought more before, and see and click a few items."""
    rng = np.random.default_rng(seed)
    taste = rng.gamma(2.0, 1.0, VISITORS)
    return pl.DataFrame(
        {
            "before": taste * rng.gamma(2.0, 5.0, VISITORS),
            "revenue": growth * taste * rng.gamma(2.0, 5.0, VISITORS),
            "orders": 1 + rng.poisson(taste),
            "orders_before": 1 + rng.poisson(taste),
        }
    ).with_columns(pl.all().cast(pl.Float64))


BASELINE, VARIATION = _shop(1, 1.0), _shop(2, 1.1)
DATA = pl.concat([BASELINE.with_columns(variant=pl.lit(0)), VARIATION.with_columns(variant=pl.lit(1))])


def _samples(ratio: bool) -> list[Sample]:
    def sample(units: pl.DataFrame) -> Sample:
        column = {name: units[name].to_numpy() for name in units.columns}
        under, under_before = (column["orders"], column["orders_before"]) if ratio else (None, None)
        return Sample.of(values_of(column["revenue"], under, (column["before"], under_before)))

    return [sample(BASELINE), sample(VARIATION)]


def _estimates(ratio: bool, cuped: bool) -> tuple[Estimate, Estimate]:
    baseline, variation = _samples(ratio)
    if not cuped:
        return plain(baseline), plain(variation)
    everyone = baseline.merged(variation)
    return adjusted(baseline, everyone), adjusted(variation, everyone)


@pytest.mark.parametrize("cuped", [False, True], ids=["plain", "cuped"])
@pytest.mark.parametrize("ratio", [False, True], ids=["mean", "ratio"])
def test_differences_are_those_of_tea_tasting(ratio: bool, cuped: bool) -> None:
    before = {"numer_covariate": "before", "denom_covariate": "orders_before"} if cuped else {}
    oracle = (
        tt.RatioOfMeans("revenue", "orders", **before)
        if ratio
        else tt.Mean("revenue", covariate="before" if cuped else None)
    )
    theirs = tt.Experiment(metric=oracle).analyze(DATA)["metric"]

    baseline, variation = _estimates(ratio, cuped)
    ours, share = absolute(baseline, variation), relative(baseline, variation)

    assert baseline.value == pytest.approx(theirs.control, rel=1e-9)
    assert variation.value == pytest.approx(theirs.treatment, rel=1e-9)
    low, high = ours.interval()
    assert low == pytest.approx(theirs.effect_size_ci_lower, rel=1e-6)
    assert high == pytest.approx(theirs.effect_size_ci_upper, rel=1e-6)
    assert ours.p_value() == pytest.approx(theirs.pvalue, rel=1e-6)
    # Theirs is an interval of the logarithm of the ratio, ours of the ratio: their widths differ by that ratio.
    assert share.value == pytest.approx(theirs.rel_effect_size, rel=1e-9)
    log_width = np.log1p(theirs.rel_effect_size_ci_upper) - np.log1p(theirs.rel_effect_size_ci_lower)
    low, high = share.interval()
    assert high - low == pytest.approx(log_width * (1 + share.value), rel=1e-6)


def test_the_error_shrinks_by_what_the_time_before_explains() -> None:
    plain_one, adjusted_one = absolute(*_estimates(False, False)), absolute(*_estimates(False, True))

    explained = np.corrcoef(DATA["revenue"], DATA["before"])[0, 1] ** 2
    assert explained > 0.1
    assert adjusted_one.error / plain_one.error == pytest.approx(np.sqrt(1 - explained), rel=0.01)


def test_of_one_unit_no_spread_is_known() -> None:
    one, nobody = Sample.of(np.ones((1, 1, 4))), Sample.of_sums(np.zeros(1), np.zeros((1, 4)), np.zeros((1, 4, 4)))

    assert np.isnan(one.merged(nobody).covariances).all()
    assert np.isnan(nobody.merged(nobody).means).all()


def test_merged_samples_are_the_sample_of_all() -> None:
    baseline, variation = _samples(ratio=True)
    columns = [DATA[name].to_numpy() for name in ("revenue", "orders", "before", "orders_before")]
    everyone = Sample.of(np.stack(columns, axis=-1))

    merged = baseline.merged(variation)

    assert merged.n == 2 * VISITORS
    assert merged.means == pytest.approx(everyone.means)
    assert merged.covariances == pytest.approx(everyone.covariances)


def test_sums_make_the_same_sample_as_values() -> None:
    values = np.random.default_rng(3).normal(5, 2, (50, 4))

    sample = Sample.of_sums(np.array(50.0), values.sum(0), values.T @ values)

    assert sample.means == pytest.approx(Sample.of(values).means)
    assert sample.covariances == pytest.approx(Sample.of(values).covariances)


def test_a_past_that_is_the_same_for_all_changes_nothing() -> None:
    sample = Sample.of(values_of(np.arange(10.0), before=(np.zeros(10), None)))

    assert adjustment(sample) == 0
    assert adjusted(sample, sample) == plain(sample)


def test_strata_are_weighed_by_the_shares_of_all() -> None:
    def estimate(value: float, variance: float, n: float) -> Estimate:
        return Estimate(np.array(value), np.array(variance), np.array(n))

    combined = stratified([estimate(10, 4, 30), estimate(2, 1, 70)], np.array([0.5, 0.5]))

    assert tuple(map(float, combined)) == (6, 1.25, 100)


def test_many_experiments_are_computed_as_one() -> None:
    values: Floats = np.random.default_rng(4).normal(1, 1, (3, 200, 4))

    together = plain(Sample.of(values))

    for number in range(3):
        alone = plain(Sample.of(values[number]))
        assert (together.value[number], together.variance[number]) == pytest.approx((alone.value, alone.variance))


def test_without_variance_there_is_no_p_value() -> None:
    sample = Sample.of(values_of(np.ones(20)))

    assert np.isnan(absolute(plain(sample), plain(sample)).p_value())


def test_a_change_of_nothing_is_no_number() -> None:
    nothing, something = Sample.of(values_of(np.zeros(20))), Sample.of(values_of(np.arange(20.0)))

    assert np.isnan(relative(plain(nothing), plain(something)).value)


def test_a_ratio_over_nothing_is_no_number() -> None:
    sample = Sample.of(values_of(np.ones(20), np.zeros(20)))

    assert np.isnan(plain(sample).value)
