"""The page about a shop's data: one file, nothing to load, no scripts."""

from typing import TYPE_CHECKING, Final

from aisle._version import __version__
from aisle.evaluation.bootstrap import Interval
from aisle.insights.finding import Severity
from aisle.insights.quality import Quality, Step
from aisle.report.charts import Chart, Row, bar_chart
from aisle.report.environment import environment
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
    shop
        Whose data it is, and whether the shop is simulated.
    """
    made = environment()
    made.filters |= {one.__name__: one for one in (moments.format_day, percent)}
    return made.get_template("quality.html").render(
        shop=shop,
        version=__version__,
        made=moments.now(),
        quality=quality,
        severities=[one.value for one in Severity],
        course=_course(quality),
        charts=[chart for chart in (_activity(quality), _coverage(quality)) if chart],
    )  # fmt: skip


def percent(share: float) -> str:
    """Write a share so that little is not nothing, and nearly all is not all."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    return "> 99.9 %" if 0.999 < share < 1 else f"{100 * share:.1f} %"


def _course(quality: Quality) -> Timeline:
    labels = [moments.format_day(period.start) for period in quality.course]
    kinds = {kind: [period.kinds[kind] for period in quality.course] for kind in quality.course[0].kinds}
    days = round((quality.course[0].end - quality.course[0].start) / moments.DAY)
    return stacked_columns(f"Events per {'day' if days == 1 else f'{days} days'}, by kind", labels, kinds)


def _activity(quality: Quality) -> Chart | None:
    rows = [Row(_between(step), f"{step.visitors:,}", _exactly(step.visitors)) for step in quality.activity]
    return bar_chart("Visitors by how many events they have", rows) if rows else None


def _coverage(quality: Quality) -> Chart | None:
    rows = [Row(NAMES[name], percent(share), _exactly(share)) for name, share in quality.coverage.items()]
    return bar_chart("Share of items with each", rows) if rows else None


def _between(step: Step) -> str:
    if step.most is None:
        return f"{step.least:,} and more"
    return f"{step.least:,}" if step.least == step.most else f"{step.least:,} to {step.most:,}"


def _exactly(value: float) -> Interval:
    return Interval(value, value, value)
