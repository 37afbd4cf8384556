"""The page about the quality of a shop's data."""

from typing import TYPE_CHECKING, Final

from aisle.evaluation.bootstrap import Interval
from aisle.insights.quality import Quality, Step
from aisle.report.charts import Chart, Row, bar_chart
from aisle.report.page import render
from aisle.report.timeline import Timeline, stacked_columns
from aisle.shop import moments
from aisle.shop.columns import CATEGORY, IMAGE_URL, PRICE, TITLE

if TYPE_CHECKING:
    from aisle.app.settings import ShopSection

NAMES: Final = {TITLE: "title", IMAGE_URL: "image", PRICE: "price", CATEGORY: "category"}
"""What the page calls the columns whose coverage it shows."""


def quality_page(quality: Quality, shop: "ShopSection") -> str:
    """Return the page.

    Parameters
    ----------
    quality
        What was found in the data.
    shop
        Whose data it is, and whether the shop is simulated.
    """
    charts = [chart for chart in (_activity(quality), _coverage(quality)) if chart]
    return render("quality.html", shop, (percent,), quality=quality, course=_course(quality), charts=charts)


def percent(share: float) -> str:
    """Write a share; a small one is not shown as 0 %, and nearly all not as 100 %."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    return "> 99.9 %" if 0.999 < share < 1 else f"{100 * share:.1f} %"


def _course(quality: Quality) -> Timeline:
    labels = [moments.format_day(period.start) for period in quality.course]
    kinds = {kind: [period.kinds[kind] for period in quality.course] for kind in quality.course[0].kinds}
    days = round((quality.course[0].end - quality.course[0].start) / moments.DAY)
    return stacked_columns(f"Events per {'day' if days == 1 else f'{days} days'}, by kind", labels, kinds)


def _activity(quality: Quality) -> Chart | None:
    rows = [Row(_range(step), f"{step.visitors:,}", _exactly(step.visitors)) for step in quality.activity]
    return bar_chart("Visitors by their number of events", rows) if rows else None


def _coverage(quality: Quality) -> Chart | None:
    rows = [Row(NAMES[name], percent(share), _exactly(share)) for name, share in quality.coverage.items()]
    return bar_chart("Share of items that have each of these", rows) if rows else None


def _range(step: Step) -> str:
    if step.most is None:
        return f"{step.least:,} and more"
    return f"{step.least:,}" if step.least == step.most else f"{step.least:,} to {step.most:,}"


def _exactly(value: float) -> Interval:
    return Interval(value, value, value)
