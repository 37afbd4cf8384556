"""The page that compares models on the held-out weeks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from aisle.app.training.measuring import Measured
from aisle.evaluation.bootstrap import Interval
from aisle.evaluation.compare import FEWEST, Comparison, Finding
from aisle.report.charts import Chart, Row, bar_chart
from aisle.report.page import render
from aisle.shop import moments

if TYPE_CHECKING:
    from aisle.app.settings import ShopSection
    from aisle.app.training.calibrating import Reliability

TONES: Final = {Finding.BETTER: "better", Finding.WORSE: "worse", Finding.NO_DIFFERENCE: "same"}
"""The CSS class that colours each finding."""


def models_page(models: Sequence[Measured], shop: "ShopSection", reliability: "Reliability | None" = None) -> str:
    """Return the page.

    Parameters
    ----------
    models
        The figures of at least one model; all on the same weeks. The first is the one that others are compared with.
    shop
        Whose models they are, and whether the shop is simulated.
    reliability
        How the chances of the first model compare with what was observed; None where none were stated.
    """
    report = models[0].report
    return render(
        "models.html",
        shop,
        (change, number, percent, ranged, seconds, spread),
        report=report,
        days=round((report.end - report.cut) / moments.DAY),
        models=models,
        reliability=reliability,
        charts=_charts(models),
        differences=_differences(models),
        fewest=FEWEST,
        any_novel=report.novel is not None,
        any_stars=any(model.report.stars for model in models),
    )


def number(value: float | None) -> str:
    """Write a figure."""
    return "–" if value is None else f"{value:.3f}"


def percent(value: float) -> str:
    """Write a chance."""
    return f"{value:.2%}"


def ranged(interval: Interval) -> str:
    """Write a figure with its interval."""
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def spread(interval: Interval) -> str:
    """Write a figure with half the width of its interval."""
    return f"{interval.value:.3f} ± {(interval.high - interval.low) / 2:.3f}"


def change(comparison: Comparison) -> str:
    """Write a difference with its interval, with proper minus signs."""
    difference = comparison.difference
    return f"{difference.value:+.4f} ({difference.low:+.4f} to {difference.high:+.4f})".replace("-", "−")


def seconds(value: float) -> str:
    """Write a duration."""
    return f"{value:.2f} s" if value < 10 else f"{value:,.0f} s"


def _charts(models: Sequence[Measured]) -> list[Chart]:
    """Return the charts of the main figures."""
    k = models[0].report.k
    every = [(model.model, model.report.intervals) for model in models]
    novel = [(model.model, model.report.novel_intervals) for model in models if model.report.novel_intervals]
    stars = [(model.model, model.report.stars.rmse) for model in models if model.report.stars]
    figures = {
        f"NDCG@{k}, all items": [(name, intervals.ndcg) for name, intervals in every],
        f"NDCG@{k}, items new to the shopper": [(name, intervals.ndcg) for name, intervals in novel],
        f"Recall@{k}, all items": [(name, intervals.recall) for name, intervals in every],
        "RMSE of predicted stars: shorter is better": stars,
    }
    return [
        bar_chart(title, [Row(name, spread(interval), interval) for name, interval in rows])
        for title, rows in figures.items()
        if rows
    ]


def _differences(models: Sequence[Measured]) -> Chart | None:
    """Return the chart of differences from the first model, or None if no model was compared with it."""
    rows = [
        Row(model.model, ndcg.finding.value, ndcg.difference, TONES[ndcg.finding])
        for model in models
        if model.versus and (ndcg := model.versus.ndcg)
    ]
    report = models[0].report
    return bar_chart(f"Difference in NDCG@{report.k} from {models[0].model}", rows) if rows else None
