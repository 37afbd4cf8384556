"""The page that compares models on the held-out weeks."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import polars as pl

from aisle.app.training.measuring import Measured
from aisle.evaluation.bootstrap import Interval
from aisle.evaluation.compare import FEWEST, Comparison, Finding
from aisle.report.charts import BETTER, FIGURE, SAME, WORSE, Axis, bars
from aisle.report.figure import Figure
from aisle.report.page import render
from aisle.shop import moments

if TYPE_CHECKING:
    from aisle.app.settings import ShopSection
    from aisle.app.training.calibrating import Reliability

TONES: Final = {Finding.BETTER: BETTER, Finding.WORSE: WORSE, Finding.NO_DIFFERENCE: SAME}
"""The colour of each finding."""


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
        figures=_figures(models),
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


def _figures(models: Sequence[Measured]) -> list[Figure]:
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
        _figure(title, [(name, spread(interval), interval, BETTER) for name, interval in rows])
        for title, rows in figures.items()
        if rows
    ]


def _differences(models: Sequence[Measured]) -> Figure | None:
    """Return the chart of differences from the first model, or None if no model was compared with it."""
    rows = [
        (model.model, ndcg.finding.value, ndcg.difference, TONES[ndcg.finding])
        for model in models
        if model.versus and (ndcg := model.versus.ndcg)
    ]
    report = models[0].report
    return _figure(f"Difference in NDCG@{report.k} from {models[0].model}", rows) if rows else None


def _figure(title: str, rows: Sequence[tuple[str, str, Interval, str]]) -> Figure:
    """Return bars with their intervals: of each its name, what is written beside it, its interval and its colour."""
    frame = pl.DataFrame(
        [(name, interval.value, interval.low, interval.high, text, tone) for name, text, interval, tone in rows],
        schema={
            "model": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64,
            "figure": pl.String, "tone": pl.String,
        },
        orient="row",
    )  # fmt: skip
    chart = bars(frame, Axis("value", "", FIGURE), Axis("model", ""), text="figure", tone="tone")
    return Figure(title, chart, frame.drop("figure", "tone"))
