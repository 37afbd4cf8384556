"""The page that compares models on the held-out weeks: one file, nothing to load, no scripts."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from jinja2 import Environment

from aisle._version import __version__
from aisle.app.training.measuring import Measured
from aisle.evaluation.bootstrap import Interval
from aisle.evaluation.compare import FEWEST, Comparison, Finding
from aisle.report.charts import Chart, Row, bar_chart
from aisle.report.environment import environment
from aisle.shop import moments

if TYPE_CHECKING:
    from aisle.app.settings import ShopSection

TONES: Final = {Finding.BETTER: "better", Finding.WORSE: "worse", Finding.NO_DIFFERENCE: "same"}
"""The class that colours each finding."""


def models_page(measured: Sequence[Measured], shop: "ShopSection") -> str:
    """Return the page.

    Parameters
    ----------
    measured
        At least one model, all asked about the same weeks.
    shop
        Whose models they are, and whether the shop is simulated.
    """
    report = measured[0].report
    return _environment().get_template("models.html").render(
        shop=shop,
        version=__version__,
        made=moments.now(),
        report=report,
        days=round((report.end - report.cut) / moments.DAY),
        measured=measured,
        charts=_charts(measured),
        verdicts=_verdicts(measured),
        fewest=FEWEST,
        any_novel=report.novel is not None,
        any_stars=any(one.report.stars for one in measured),
    )  # fmt: skip


def number(value: float | None) -> str:
    """Write a figure."""
    return "–" if value is None else f"{value:.3f}"


def ranged(interval: Interval) -> str:
    """Write a figure with its interval."""
    return f"{interval.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"


def spread(interval: Interval) -> str:
    """Write a figure with half the width of its interval."""
    return f"{interval.value:.3f} ± {(interval.high - interval.low) / 2:.3f}"


def change(comparison: Comparison) -> str:
    """Write a difference with its interval, with proper minus signs."""
    found = comparison.difference
    return f"{found.value:+.4f} ({found.low:+.4f} to {found.high:+.4f})".replace("-", "−")


def seconds(value: float) -> str:
    """Write a time that was taken."""
    return f"{value:.2f} s" if value < 10 else f"{value:,.0f} s"


def _charts(measured: Sequence[Measured]) -> list[Chart]:
    """Return the headline figures of all models as drawings."""
    k = measured[0].report.k
    all_of = [(one.model, one.report.intervals) for one in measured]
    novel = [(one.model, one.report.novel_intervals) for one in measured if one.report.novel_intervals]
    stars = [(one.model, one.report.stars.rmse) for one in measured if one.report.stars]
    wanted = {
        f"NDCG@{k}, all items": [(model, found.ndcg) for model, found in all_of],
        f"NDCG@{k}, items new to the shopper": [(model, found.ndcg) for model, found in novel],
        f"Recall@{k}, all items": [(model, found.recall) for model, found in all_of],
        "RMSE of predicted stars: shorter is better": stars,
    }
    return [
        bar_chart(title, [Row(model, spread(found), found) for model, found in rows])
        for title, rows in wanted.items()
        if rows
    ]


def _verdicts(measured: Sequence[Measured]) -> Chart | None:
    """Return the differences from the first model as a drawing, if it was compared with any."""
    rows = [
        Row(one.model, found.finding.value, found.difference, TONES[found.finding])
        for one in measured
        if one.versus and (found := one.versus.ndcg)
    ]
    report = measured[0].report
    return bar_chart(f"Difference in NDCG@{report.k} from {measured[0].model}", rows) if rows else None


def _environment() -> Environment:
    made = environment()
    filters = [change, moments.format_day, number, ranged, seconds, spread]
    made.filters |= {one.__name__: one for one in filters}
    return made
