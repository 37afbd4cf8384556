import msgspec
import numpy as np
import polars as pl
import pytest

from aisle.experiments.decision import decide
from aisle.experiments.experiment import Variant
from aisle.experiments.metrics import METRICS
from aisle.experiments.report import Report, report
from aisle.experiments.timeline import timeline
from aisle.shop.moments import DAY
from tests.experiments.shoppers import TRIAL, shoppers

PLANNED = 4_000
TODAY = 20_000 * DAY


def _report(units: pl.DataFrame, days: int = 14, trial: object = TRIAL) -> Report:
    return report(trial, units, PLANNED, days, {})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def better() -> Report:
    return _report(shoppers(1.3))


def test_the_samples_of_the_last_day_are_those_of_all_that_was_done() -> None:
    units = shoppers(1.2, number=300)
    totals = units.group_by("unit", "variant", "known").agg(pl.col("orders", "shelves", "clicks").sum())

    lines = timeline(units, METRICS["click_rate"], 14)

    for (variant, known), sample in lines.samples.items():
        some = totals.filter(pl.col("variant") == variant, pl.col("known") == known)
        columns = np.stack([some["clicks"].to_numpy(), some["shelves"].to_numpy()])
        assert sample.n[-1] == some.height
        assert sample.means[-1, :2] == pytest.approx(columns.mean(axis=1))
        assert sample.covariances[-1, :2, :2] == pytest.approx(np.cov(columns), abs=1e-9)


def test_a_day_of_the_line_is_what_was_known_by_then() -> None:
    units = shoppers(1.2, number=300)
    metric = METRICS["conversion"]

    whole, part = timeline(units, metric, 14), timeline(units.filter(pl.col("day") <= 6), metric, 7)

    for key, sample in part.samples.items():
        assert sample.means[-1] == pytest.approx(whole.samples[key].means[6])
        assert sample.covariances[-1] == pytest.approx(whole.samples[key].covariances[6])


def test_a_better_variant_is_seen_and_shipped(better: Report) -> None:
    (goal,) = better.of("goal")
    decision = decide(better, TODAY)

    assert goal.low is not None
    assert goal.low > 0
    assert goal.verdict == "better"
    assert (decision.kind, decision.variant) == ("ship", "popular")
    assert decision.sentence.startswith("Ship popular: the goal is reached. Revenue per visitor: +")


def test_figures_are_as_they_were_counted(better: Report) -> None:
    rows = {row.metric: row for row in better.rows}
    units = shoppers(1.3)
    baseline = units.filter(pl.col("variant") == "as-is")

    assert better.units == {"as-is": 2_000, "popular": 2_000}
    assert rows["revenue_per_visitor"].baseline.top == pytest.approx(baseline["revenue"].sum())
    assert rows["revenue_per_visitor"].baseline.under == 2_000
    assert rows["click_rate"].baseline.value == pytest.approx(np.mean(baseline["clicks"].to_numpy()) / 2)
    assert rows["conversion"].baseline.value == rows["conversion"].baseline.top / 2_000 < 1
    assert set(rows) == set(METRICS)


def test_the_past_makes_intervals_narrower_and_capping_says_what_it_cut(better: Report) -> None:
    (goal,) = better.of("goal")

    assert goal.narrower is not None
    assert goal.narrower > 0.03
    assert goal.cap is not None
    assert 0 < goal.removed < 0.05
    assert goal.capped_units > 0


def test_the_line_ends_where_the_row_stands(better: Report) -> None:
    (goal,) = better.of("goal")

    assert (goal.days[-1].low, goal.days[-1].high) == (goal.low, goal.high)
    assert len(goal.days) > 10


def test_nothing_is_shipped_before_it_has_seen_a_whole_week() -> None:
    decision = decide(_report(shoppers(1.5, days=4), days=4), TODAY)

    assert decision.kind == "wait"
    assert "whole week, 2024-10-07" in decision.sentence


def test_what_does_harm_is_stopped() -> None:
    trial = msgspec.structs.replace(TRIAL, guardrails=("click_rate",))
    harmful = _report(shoppers(0.6), trial=trial)

    assert [row.verdict for row in harmful.of("guardrail")] == ["worse"]
    assert decide(harmful, TODAY).sentence.startswith("Stop popular: a guardrail broke. Clicks per shelf: -")
    assert decide(
        _report(shoppers(0.6), trial=msgspec.structs.replace(TRIAL, guardrails=())), TODAY
    ).sentence.startswith("Stop popular: it does harm")


def test_without_a_difference_it_is_waited_for_until_the_planned_size() -> None:
    young = decide(report(TRIAL, shoppers(1.0), 40_000, 14, {}), TODAY)
    grown = decide(_report(shoppers(1.0)), TODAY)

    assert young.kind == "wait"
    assert young.sentence.startswith("Wait until 2024-10-18, when it ends")
    assert grown.kind == "stop"
    assert "no change that is more than chance" in grown.sentence


def test_where_more_visitors_come_in_time_their_day_is_named() -> None:
    assert decide(report(TRIAL, shoppers(1.0), 5_000, 14, {}), TODAY).sentence == (
        "Wait until 2024-10-08: 1,000 more visitors are needed, as planned."
    )


def test_uneven_variants_stop_the_report() -> None:
    units = shoppers(1.5)
    lost = units.filter((pl.col("variant") == "as-is") | ~pl.col("unit").str.contains("[12]$"))

    uneven = _report(lost)

    assert uneven.is_broken
    assert decide(uneven, TODAY).sentence.startswith("Believe no figure: the variants do not have the visitors")


def test_a_variant_without_traffic_is_told() -> None:
    alone = _report(shoppers(1.0, variants=("as-is",)))

    assert alone.units == {"as-is": 2_000, "popular": 0}
    assert not alone.rows
    assert decide(alone, TODAY).kind == "broken"


def test_nobody_yet_is_waited_for() -> None:
    nobody = _report(shoppers(1.0).clear())

    assert decide(nobody, TODAY).sentence == "Wait: nobody has seen it yet."


def test_a_holdout_has_no_metrics_of_shelves() -> None:
    trial = msgspec.structs.replace(TRIAL, variants=(TRIAL.variants[0], Variant(name="popular", holdout=True)))

    metrics = {row.metric for row in _report(shoppers(1.0), trial=trial).rows}

    assert "click_rate" not in metrics
    assert "revenue_per_visitor" in metrics


def test_a_metric_that_is_the_same_for_all_has_no_verdict() -> None:
    still = shoppers(1.0).with_columns(pl.lit(0.0).alias("returned_units"), pl.lit(0.0).alias("fallbacks"))

    rows = {row.metric: row for row in _report(still).rows}

    assert rows["return_rate"].change is None
    assert rows["fallback_rate"].verdict is None


def test_of_several_variants_the_best_is_shipped() -> None:
    trial = msgspec.structs.replace(
        TRIAL, variants=(*TRIAL.variants, Variant(name="trending", settings={"strategy": "trending"}))
    )
    units = pl.concat(
        [shoppers(1.3), shoppers(1.6, variants=("as-is", "trending")).filter(pl.col("variant") == "trending")]
    )

    assert decide(_report(units.sort("unit", "day"), trial=trial), TODAY).variant == "trending"
